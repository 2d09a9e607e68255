import { describe, expect, it } from "vitest";
import { aggregate, interquartileMean, smooth, valueAt } from "@/lib/statistics";

describe("aggregates over seeds", () => {
  it("gives the t interval of a mean", () => {
    const found = aggregate([1, 2, 3]);
    expect(found?.mean).toBeCloseTo(2);
    // s = 1, t(2) = 4.303, half = 4.303 / sqrt(3)
    expect(found?.half).toBeCloseTo(2.4843, 3);
  });

  it("claims no interval from one seed, and nothing from none", () => {
    expect(aggregate([4])).toEqual({ n: 1, mean: 4, half: null, iqm: 4 });
    expect(aggregate([])).toBeNull();
  });

  it("ignores outliers in the interquartile mean", () => {
    expect(interquartileMean([-1000, 1, 2, 3, 4, 5, 6, 1000])).toBeCloseTo(3.5);
    // n = 5: from 1.25 to 3.75, so a quarter of the second and fourth are cut off
    expect(interquartileMean([0, 1, 2, 3, 100])).toBeCloseTo((0.75 * 1 + 2 + 0.75 * 3) / 2.5);
  });
});

describe("curves", () => {
  it("interpolates inside and knows nothing outside", () => {
    expect(valueAt([0, 10], [0, 5], 4)).toBeCloseTo(2);
    expect(valueAt([0, 10], [0, 5], 11)).toBeNull();
  });

  it("smooths without bias at the start and keeps gaps", () => {
    expect(smooth([2, 2, null, 2], 0.9)).toEqual([
      expect.closeTo(2),
      expect.closeTo(2),
      null,
      expect.closeTo(2),
    ]);
    const raw = [1, 50, 1];
    expect(smooth(raw, 0)).toBe(raw);
  });
});
