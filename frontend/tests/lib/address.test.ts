import { describe, expect, it } from "vitest";
import { numberOf, put, putRange, rangeOf } from "@/lib/address";

describe("what an address says", () => {
  it("is a number only where it is one", () => {
    expect(["2.5", "-1e3"].map(numberOf)).toEqual([2.5, -1000]);
    expect([null, "", " ", "x", "Infinity"].map(numberOf)).toEqual([null, null, null, null, null]);
  });

  it("is a stretch only with both ends, in order", () => {
    expect(rangeOf(new URLSearchParams("from=1&to=2"))).toEqual([1, 2]);
    for (const text of ["from=1", "to=2", "from=2&to=1", "from=1&to=1"])
      expect(rangeOf(new URLSearchParams(text))).toBeNull();
  });

  it("goes in with six digits and out again with null", () => {
    const params = new URLSearchParams("from=9");
    putRange(params, [1 / 3, 2e6]);
    expect(params.toString()).toBe("from=0.333333&to=2000000");
    putRange(params, null);
    put(params, "x", "env_steps");
    expect(params.toString()).toBe("x=env_steps");
  });
});
