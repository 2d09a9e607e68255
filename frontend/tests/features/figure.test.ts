import { describe, expect, it } from "vitest";
import { pictureOf, toCsv, toTable } from "@/components/chart/exports";
import {
  alongX,
  dressed,
  type FigureJson,
  fill,
  inked,
  legendOf,
  needsLegend,
  smoothed,
  switched,
  yRangeWithin,
} from "@/components/chart/figure";
import { ink, roleColour } from "@/lib/palette";

const figure: FigureJson = {
  data: [
    {
      name: "cost",
      x: [1],
      y: [9],
      line: { dash: "dot" },
      meta: { role: "cost", x: { column: "iteration" }, y: { column: "cost_a" }, smooth: true },
    },
  ],
  layout: {
    title: { text: "Cost" },
    shapes: [{ type: "line", name: "limit", line: {}, label: { text: "limit 5" } }],
    xaxis: { title: { text: "iteration" } },
    yaxis: {},
  },
};
const columns = { iteration: [1, 2, 3], cost_a: [9, null, 4] };

describe("a figure from the server", () => {
  it("is filled from the page's columns without touching them", () => {
    const [trace] = fill(figure, columns);
    expect(trace?.y).toEqual([9, null, 4]);
    trace?.y.push(1);
    expect(columns.cost_a).toHaveLength(3);
  });

  it("is recoloured by role and keeps its dash", () => {
    const [trace] = inked(fill(figure, columns), "dark");
    expect(trace?.line).toEqual({ dash: "dot", color: roleColour("cost", "dark") });
  });

  it("keeps the raw curve under the smoothed one", () => {
    const traces = smoothed(fill(figure, columns), 0.5);
    expect(traces.map((t) => t.name)).toEqual(["cost", "cost, smoothed"]);
    expect(traces[0]?.y).toEqual([9, null, 4]);
    expect(traces[1]?.y[1]).toBeNull();
  });

  it("keeps its labelled limit and gains the mark of the chosen iteration", () => {
    const layout = dressed(figure.layout, { scheme: "light", mark: 2 });
    const shapes = layout.shapes as { x0?: number; label?: { text: string } }[];
    expect(shapes[0]?.label?.text).toBe("limit 5");
    expect(shapes[1]?.x0).toBe(2);
    expect(layout).not.toHaveProperty("title");
  });

  it("shares the page's range and forgets it with it", () => {
    const zoomed = dressed(figure.layout, { scheme: "light", range: [2, 3] }).xaxis;
    expect(zoomed).toMatchObject({ range: [2, 3], uirevision: "[2,3]" });
    expect(dressed(figure.layout, { scheme: "light" }).xaxis).toMatchObject({ autorange: true });
  });

  it("shows all of the data without a zoom, the same for all charts", () => {
    const axis = dressed(figure.layout, { scheme: "light", extent: [1, 90] }).xaxis;
    expect(axis).toMatchObject({ range: [1, 90] });
    const wide = dressed(figure.layout, { scheme: "light" }).margin;
    expect(dressed({ ...figure.layout, margin: { r: 1 } }, { scheme: "dark" }).margin).toEqual(
      wide,
    );
  });

  it("measures long curves without running out of stack", () => {
    const x = Array.from({ length: 300_000 }, (_, i) => i);
    expect(yRangeWithin([{ x, y: x }], { yaxis: {} }, [0, 1e9])).not.toBeNull();
  });

  it("shows the height of what the zoom shows, with the limit always in sight", () => {
    const traces = [{ x: [1, 2, 3], y: [90, 4, 6] }];
    const layout = { shapes: [{ y0: 5 }], yaxis: {} };
    const [low, high] = yRangeWithin(traces, layout, [2, 3]) ?? [0, 0];
    expect(low).toBeLessThan(4);
    expect(high).toBeGreaterThan(6);
    expect(high).toBeLessThan(7);
    expect(yRangeWithin(traces, layout, [50, 60])).toBeNull();
  });

  it("is zoomed along its horizontal axis alone, whatever axes stand upright", () => {
    const layout = alongX({ xaxis: {}, yaxis: { type: "log" }, yaxis2: {} });
    expect(layout).toEqual({
      xaxis: {},
      yaxis: { type: "log", fixedrange: true },
      yaxis2: { fixedrange: true },
    });
  });

  it("draws and hides the curves of its legend by name", () => {
    const theory = { name: "theory", x: [], y: [], visible: "legendonly" };
    const traces = [{ name: "cost", x: [], y: [] }, theory, { ...theory, showlegend: false }];
    expect(legendOf(traces)).toEqual([
      { name: "cost", shown: true },
      { name: "theory", shown: false },
    ]);
    const other = switched(traces, { cost: false, theory: true });
    expect(legendOf(other).map(({ shown }) => shown)).toEqual([false, true]);
    expect(switched(traces, {})).toEqual(traces);
  });

  it("needs a legend only for more than one curve", () => {
    expect(needsLegend(figure.data)).toBe(false);
    expect(needsLegend([...figure.data, ...figure.data])).toBe(true);
  });
});

describe("a chart's data", () => {
  it("has curves, intervals and limits as columns, named", () => {
    const band = { x: [1, 2], fill: "tonexty", name: "± standard error" };
    const traces = [
      { ...band, fill: undefined, y: [8, 1] },
      { ...band, y: [10, 3] },
      { x: [1, 2], y: [9, 2], name: "cost" },
      { x: [1, 2], y: [1, 0], name: "over", fillpattern: {} },
    ];
    const shapes = [{ y0: 5, y1: 5, label: { text: "limit 5" } }];
    const csv = toCsv(traces, { shapes, xaxis: { title: { text: "iteration" } } });
    expect(csv.split("\n")).toEqual([
      'iteration,"± standard error, lower","± standard error, upper",cost,limit',
      "1,8,10,9,5",
      "2,1,3,2,5",
    ]);
  });

  it("tells several limits apart by their values", () => {
    const shapes = [5, 9].map((y) => ({ y0: y, y1: y, label: { text: `limit ${y}` } }));
    const { head, rows } = toTable([{ x: [1], y: [2], name: "cpo" }], { shapes });
    expect(head).toEqual(["x", "cpo", "limit 5", "limit 9"]);
    expect(rows).toEqual([["1", "2", "5", "9"]]);
  });

  it("says of how many runs a mean is, and leaves gaps where a curve has no point", () => {
    const traces = [
      { x: [1, 2], y: [9, null], name: "cpo", customdata: [3, 2] },
      { x: [2, 3], y: [1, 2], name: "trpo" },
    ];
    expect(toTable(traces, {})).toEqual({
      head: ["x", "cpo", "cpo, n", "trpo"],
      rows: [
        ["1", "9", "3", ""],
        ["2", "", "2", "1"],
        ["3", "", "", "2"],
      ],
    });
  });
});

describe("a chart as a picture", () => {
  it("stands alone: on the scheme's ground, with a title and a legend, zoomed as it is", () => {
    const plot = {
      data: [{ name: "cost", x: [1], y: [2] }],
      layout: { margin: { t: 12, l: 60 }, showlegend: false, xaxis: { range: [3, 4] } },
      clientWidth: 600,
      clientHeight: 260,
    } as unknown as Parameters<typeof pictureOf>[0];
    const { figure: picture, size } = pictureOf(plot, "Cost: outside", "dark");
    expect(picture.layout).toMatchObject({
      paper_bgcolor: ink("dark").surface,
      showlegend: true,
      title: { text: "Cost: outside" },
      xaxis: { range: [3, 4] },
    });
    expect(size.height).toBeGreaterThan(260);
  });
});
