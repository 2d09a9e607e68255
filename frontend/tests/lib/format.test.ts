import { describe, expect, it } from "vitest";
import { about, ago, bytes, duration, number, percent, withError } from "@/lib/format";

describe("numbers", () => {
  it.each([
    [null, "–"],
    [Number.NaN, "–"],
    [0, "0"],
    [5, "5"],
    [-3.456, "−3.46"],
    [1234.5, "1,235"],
    [0.01, "0.01"],
    [0.0095, "0.0095"],
    [0.00123, "0.00123"],
    [0.12345, "0.123"],
    [0.00001234, "1.23e-5"],
    [-1e9, "−1.00e9"],
  ])("%d is %s", (value, text) => expect(number(value)).toBe(text));

  it("shows a mean at the precision of its error", () => {
    expect(withError(4.8021, 0.21)).toBe("4.80 ± 0.21");
    expect(withError(214.4, 6.2)).toBe("214.4 ± 6.2");
    expect(withError(5, null)).toBe("5");
    expect(withError(null, 1)).toBe("–");
  });

  it("says shares and sizes with their unit", () => {
    expect(percent(0.171)).toBe("17.1 %");
    expect(bytes(2_500_000)).toBe("2.5 MB");
  });
});

describe("times", () => {
  it.each([
    [0.2, "less than 1 s"],
    [59.7, "1 min"],
    [80, "1 min 20 s"],
    [119.7, "2 min"],
    [3599.8, "1 h"],
    [7199, "2 h"],
    [3600, "1 h"],
    [200_000, "2 days"],
  ])("%d s is %s", (seconds, text) => expect(duration(seconds)).toBe(text));

  it("rounds what is left to one unit", () => {
    expect(about(113)).toBe("about 2 min");
    expect(about(5)).toBe("a few seconds");
  });

  it("counts back from now", () => {
    const now = new Date("2026-01-01T00:10:00Z");
    expect(ago("2026-01-01T00:09:58Z", now)).toBe("just now");
    expect(ago("2026-01-01T00:05:00Z", now)).toBe("5 min ago");
  });
});
