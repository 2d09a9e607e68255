import { describe, expect, it } from "vitest";
import type { ComparedFigure } from "@/api/compare";
import { groupTraces } from "@/features/shared/comparison/traces";
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
    const [first, second] = groupTraces(figure, "dark", new Set());
    expect(groupTraces(figure, "dark", new Set([0]))).toEqual([second]);
    expect(first?.line?.color).not.toBe(second?.line?.color);
  });

  it("differ in the pair of colour and dash up to 48 groups", () => {
    const pairs = Array.from({ length: 48 }, (_, i) => JSON.stringify(category(i, "light")));
    expect(new Set(pairs).size).toBe(48);
  });
});
