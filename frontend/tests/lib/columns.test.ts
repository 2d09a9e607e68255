import { describe, expect, it } from "vitest";
import { appendRows, dropAfter, indexOfIteration, iterationNear } from "@/lib/columns";

const build = () => ({ iteration: [1, 2, 3], return: [10, 20, 30] });

describe("appending rows", () => {
  it("puts newer rows at the end, in place, and shows the change by a new object", () => {
    const held = build();
    const grown = appendRows(held, { iteration: [4], return: [40] });
    expect(grown).toEqual({ iteration: [1, 2, 3, 4], return: [10, 20, 30, 40] });
    expect(grown).not.toBe(held);
    expect(grown.return).toBe(held.return);
  });

  it("takes a message that comes twice, or late, once", () => {
    const held = build();
    expect(appendRows(held, { iteration: [2, 3], return: [20, 30] })).toBe(held);
    const grown = appendRows(held, { iteration: [3, 4], return: [30, 40] });
    expect(grown.iteration).toEqual([1, 2, 3, 4]);
  });

  it("fills a column that appears later with nulls, so that all stay equally long", () => {
    const grown = appendRows(build(), { iteration: [4], return: [40], kl: [0.01] });
    expect(grown.kl).toEqual([null, null, null, 0.01]);
  });

  it("fills a column that is missing later with nulls", () => {
    const grown = appendRows(build(), { iteration: [4] });
    expect(grown.return).toEqual([10, 20, 30, null]);
  });

  it("keeps a partial table partial", () => {
    const rows = { iteration: [4], return: [40], kl: [0.01] };
    const grown = appendRows(build(), rows, ["iteration", "return"]);
    expect(Object.keys(grown)).toEqual(["iteration", "return"]);
  });
});

it("drops rows past a checkpoint to which the run stepped back, leaving the table as it was", () => {
  const held = build();
  expect(dropAfter(held, 1)).toEqual({ iteration: [1], return: [10] });
  expect(held).toEqual(build());
});

describe("indexOfIteration", () => {
  const thinned = { iteration: [1, 5, 9] };
  it.each([
    [0, -1],
    [1, 0],
    [4, 0],
    [5, 1],
    [100, 2],
  ])("finds the row at or before iteration %d", (iteration, index) => {
    expect(indexOfIteration(thinned, iteration)).toBe(index);
  });
});

describe("a place on a chart", () => {
  const table = { iteration: [4, 5, 9], env_steps: [4100, 5050, null], elapsed_seconds: [1, 2, 6] };

  it("is the nearest row's iteration, also between rows, before the first and beyond the last", () => {
    const near = (x: string, place: number) => iterationNear(table, x, place);
    expect([near("iteration", 3), near("iteration", 5), near("iteration", 99)]).toEqual([4, 5, 9]);
    expect([near("elapsed_seconds", 1.4), near("elapsed_seconds", 4.1)]).toEqual([4, 9]);
    expect(near("env_steps", 1e6)).toBe(5);
  });

  it("is none without rows", () => {
    expect(iterationNear({}, "iteration", 3)).toBeNull();
  });
});
