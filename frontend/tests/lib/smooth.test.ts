import { expect, it } from "vitest";
import { smooth } from "@/lib/smooth";

it("smooths without bias at the start and keeps gaps", () => {
  expect(smooth([2, 2, null, 2], 0.9)).toEqual([
    expect.closeTo(2),
    expect.closeTo(2),
    null,
    expect.closeTo(2),
  ]);
});

it("leaves the values as they are without a weight", () => {
  const raw = [1, 50, 1];
  expect(smooth(raw, 0)).toBe(raw);
});
