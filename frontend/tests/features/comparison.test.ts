import { describe, expect, it } from "vitest";
import type { ComparedFigure } from "@/api/compare";
import type { Trace } from "@/components/chart/figure";
import { scale } from "@/features/shared/comparison/scale";
import { groupTraces, withoutGroups } from "@/features/shared/comparison/traces";
import { asksForRuns, queryOf, readView, writeView } from "@/features/shared/comparison/view";
import { category } from "@/lib/palette";

function change(address: string, part: Parameters<typeof writeView>[1]): string {
  return writeView(new URLSearchParams(address), part).toString();
}

describe("the view of a comparison", () => {
  it("survives its address", () => {
    const address = "runs=a%2Cb&group=task&x=env_steps&statistic=iqm&log=1&from=1&to=5&hide=cpo";
    const view = readView(new URLSearchParams(address));
    expect(view.range).toEqual([1, 5]);
    expect(change(address, {})).toBe(address);
  });

  it("holds which rollouts are shown, and of when, without asking the server anew", () => {
    const chosen = { videos: ["", "b", ""], share: 0.35 };
    const params = new URLSearchParams(change("task=t", chosen));
    expect(readView(params)).toMatchObject(chosen);
    expect(queryOf(params, readView(params))).toEqual(
      queryOf(new URLSearchParams("task=t"), readView(new URLSearchParams())),
    );
    expect(change(params.toString(), { videos: [], share: 1 })).toBe("task=t");
  });

  it("loses its zoom with the axis and what was hidden with the grouping", () => {
    expect(change("from=1&to=5", { x: "env_steps" })).toBe("x=env_steps");
    expect(change("hide=cpo", { group: "task" })).toBe("group=task");
  });

  it("asks for the named runs, else by the filter", () => {
    const ask = (address: string) => {
      const params = new URLSearchParams(address);
      return queryOf(params, readView(params));
    };
    expect(ask("runs=a,b&task=t").run).toEqual(["a", "b"]);
    expect(ask("runs=a,b&task=t").task).toBeUndefined();
    expect(ask("task=t&hide=cpo")).toEqual({ x: "iteration", statistic: "mean", task: "t" });
    expect(asksForRuns(new URLSearchParams("x=env_steps"))).toBe(false);
  });
});

describe("the traces of groups", () => {
  const line = (group: number) => ({ x: [1], y: [2], line: {}, meta: { group, part: "line" } });
  const figure = { data: [line(0), line(1)] } as unknown as ComparedFigure;

  it("leave out hidden groups without recolouring the others", () => {
    const [first, second] = groupTraces(withoutGroups(figure, new Set()), "dark");
    expect(groupTraces(withoutGroups(figure, new Set([0])), "dark")).toEqual([second]);
    expect(first?.line?.color).not.toBe(second?.line?.color);
  });

  it("differ in the pair of colour and dash up to 48 groups", () => {
    const pairs = Array.from({ length: 48 }, (_, i) => JSON.stringify(category(i, "light")));
    expect(new Set(pairs).size).toBe(48);
  });
});

describe("the range of an axis", () => {
  const part = (part: string, y: number[]) =>
    ({ x: [1, 2], y, meta: { group: 0, part } }) as unknown as Trace;
  const curve = part("line", [0.008, 0.01]);
  const wide = [part("band", [-0.06, -0.06]), part("band", [0.07, 0.07]), curve];
  const kl = { yaxis: { rangemode: "nonnegative" } };

  it("shows the curves large and cuts bands that are much wider", () => {
    const [low, high] = scale(wide, {}, "y") ?? [0, 0];
    expect(high - low).toBeLessThan(2 * 0.002);
    expect(low).toBeLessThan(0.008);
    expect(high).toBeGreaterThan(0.01);
  });

  it("shows a narrow band whole", () => {
    const [low, high] = scale([part("band", [0.0078, 0.0098]), curve], {}, "y") ?? [0, 0];
    expect(low).toBeLessThan(0.0078);
    expect(high).toBeLessThan(0.0102);
  });

  it("never goes below zero for what cannot be negative", () => {
    const steep = [part("line", [0, 30]), part("band", [-9, 21])];
    expect(scale(steep, kl, "y")?.[0]).toBe(0);
    expect(scale(steep, {}, "y")?.[0]).toBeLessThan(-1);
  });

  it("keeps every limit in sight", () => {
    const limit = { yref: "y", xref: "paper", y0: 5, x0: 0 };
    const [low, high] = scale([curve], { shapes: [limit] }, "y") ?? [0, 0];
    expect(low).toBeLessThan(0.008);
    expect(high).toBeGreaterThan(5);
    expect(scale([curve], { shapes: [limit] }, "x")?.[1]).toBeLessThan(3);
  });

  it("is in powers of ten where the axis is logarithmic, without what has no logarithm", () => {
    const range = scale([part("line", [0, 1000]), part("line", [10, 100])], kl, "y", true);
    expect(range).toEqual([1 - 0.1, 3 + 0.1]);
    expect(scale([part("line", [0, -1])], kl, "y", true)).toBeNull();
  });

  it("gives error bars no more than bands", () => {
    const marks = { x: [1, 2], y: [50, 60], error_y: { array: [500, 0] } } as unknown as Trace;
    expect(scale([marks], {}, "y")?.[1]).toBeCloseTo(60 + 10 * 0.35);
  });
});
