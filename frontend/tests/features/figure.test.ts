import { describe, expect, it } from "vitest";
import { toCsv } from "@/components/chart/exports";
import {
  dressed,
  type FigureJson,
  fill,
  inked,
  needsLegend,
  smoothed,
  yRangeWithin,
} from "@/components/chart/figure";
import { roleColour } from "@/lib/palette";

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

  it("shows the height of what the zoom shows, with the limit always in sight", () => {
    const traces = [{ x: [1, 2, 3], y: [90, 4, 6] }];
    const layout = { shapes: [{ y0: 5 }], yaxis: {} };
    const [low, high] = yRangeWithin(traces, layout, [2, 3]) ?? [0, 0];
    expect(low).toBeLessThan(4);
    expect(high).toBeGreaterThan(6);
    expect(high).toBeLessThan(7);
    expect(yRangeWithin(traces, layout, [50, 60])).toBeNull();
  });

  it("needs a legend only for more than one curve", () => {
    expect(needsLegend(figure.data)).toBe(false);
    expect(needsLegend([...figure.data, ...figure.data])).toBe(true);
  });

  it("can be taken away as CSV", () => {
    expect(toCsv(fill(figure, columns))).toBe("x,cost\n1,9\n2,\n3,4");
  });
});
