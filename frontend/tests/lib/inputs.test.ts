import { describe, expect, it } from "vitest";
import { spans } from "@/lib/cases";
import { differences, overrides } from "@/lib/difference";
import { parseSeeds } from "@/lib/seeds";

describe("seeds", () => {
  it("reads lists and ranges, each seed once", () => {
    expect(parseSeeds("0, 1 4-6, 1").seeds).toEqual([0, 1, 4, 5, 6]);
  });
  it.each([
    "",
    "1.5",
    "-1",
    "a",
    "5-3",
    "0-1000",
    "3000000000",
  ])("refuses “%s” in words", (text) => {
    expect(parseSeeds(text).problem).toMatch(/\w/);
  });
});

describe("differences of configurations", () => {
  const from = { delta: 0.01, limits: { outside: 5, speed: 10 }, hidden: [64, 32] };
  it("names the fields by path", () => {
    const to = { delta: 0.02, limits: { outside: 5, speed: 8 }, hidden: [64, 32] };
    expect(differences(from, to)).toEqual([
      { path: "delta", from: 0.01, to: 0.02 },
      { path: "limits.speed", from: 10, to: 8 },
    ]);
    expect(overrides(from, to)).toEqual({ delta: 0.02, limits: { speed: 8 } });
  });
  it("compares lists as wholes and finds nothing in copies", () => {
    expect(differences(from, { ...from, hidden: [64] })).toHaveLength(1);
    expect(differences(from, structuredClone(from))).toEqual([]);
  });
});

describe("cases", () => {
  it("joins neighbours of one family and marks rejected updates", () => {
    const found = spans(
      ["recovery", "recovery", "boundary", "boundary"],
      [true, true, true, false],
    );
    expect(found.map((s) => [s.family, s.from, s.to])).toEqual([
      ["recovery", 0, 1],
      ["boundary", 2, 2],
      ["rejected", 3, 3],
    ]);
  });
});
