import { describe, expect, it } from "vitest";
import { indexOfIteration, mergeRows } from "@/lib/columns";

const held = { iteration: [1, 2, 3], return: [10, 20, 30] };

describe("mergeRows", () => {
  it("appends rows after the newest", () => {
    expect(mergeRows(held, 3, { iteration: [4], return: [40] })).toEqual({
      iteration: [1, 2, 3, 4],
      return: [10, 20, 30, 40],
    });
  });

  it("takes a message that comes twice once", () => {
    const once = mergeRows(held, 3, { iteration: [4], return: [40] });
    expect(mergeRows(once, 3, { iteration: [4], return: [40] })).toEqual(once);
  });

  it("drops rows past a checkpoint to which the run stepped back", () => {
    const merged = mergeRows(held, 1, { iteration: [2], return: [21] });
    expect(merged).toEqual({ iteration: [1, 2], return: [10, 21] });
  });

  it("fills a column that appears later with nulls, so that all stay equally long", () => {
    const merged = mergeRows(held, 3, { iteration: [4], return: [40], kl: [0.01] });
    expect(merged.kl).toEqual([null, null, null, 0.01]);
  });

  it("keeps a partial table partial", () => {
    const rows = { iteration: [4], return: [40], kl: [0.01] };
    expect(Object.keys(mergeRows(held, 3, rows, ["iteration", "return"]))).toEqual([
      "iteration",
      "return",
    ]);
  });
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
