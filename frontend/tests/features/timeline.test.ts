import { describe, expect, it } from "vitest";
import { readView, writeView } from "@/features/run/timeline";

describe("the address of a run's view", () => {
  it("gives back the view that was written to it", () => {
    const view = {
      x: "env_steps" as const,
      logY: true,
      smoothing: 0.6,
      range: [10, 250.5] as [number, number],
      iteration: 38,
      cost: "outside",
    };
    expect(readView(writeView(new URLSearchParams(), view))).toEqual(view);
  });

  it("is empty for the default view and keeps what is not its own", () => {
    const params = writeView(new URLSearchParams("other=1&it=4"), readView(new URLSearchParams()));
    expect(params.toString()).toBe("other=1");
  });

  it("falls back to the default where it makes no sense", () => {
    const view = readView(new URLSearchParams("x=day&from=9&to=2&it=abc&smooth=7"));
    expect(view).toEqual({
      x: "iteration",
      logY: false,
      smoothing: 0.99,
      range: null,
      iteration: null,
      cost: null,
    });
  });
});
