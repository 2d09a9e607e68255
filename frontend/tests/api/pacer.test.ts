import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Pacer } from "@/api/pacer";

/** A task of a given length that notes when each turn began. */
function task(ms: number): { begun: number[]; run: () => Promise<void> } {
  const begun: number[] = [];
  return {
    begun,
    run: () => {
      begun.push(Date.now());
      return new Promise((done) => setTimeout(done, ms));
    },
  };
}

describe("a pacer", () => {
  beforeEach(() => vi.useFakeTimers({ now: 0 }));
  afterEach(() => vi.useRealTimers());

  it("takes several messages of one moment for one", async () => {
    const { begun, run } = task(5);
    const pacer = new Pacer(run);
    pacer.ask();
    await vi.advanceTimersByTimeAsync(10);
    pacer.ask();
    await vi.advanceTimersByTimeAsync(5000);
    expect(begun).toEqual([25]);
  });

  it("begins soon and lets a turn finish however often it is asked for", async () => {
    const { begun, run } = task(1000);
    const pacer = new Pacer(run);
    for (let at = 0; at < 1000; at += 50) {
      pacer.ask();
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(begun).toEqual([25]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(begun).toHaveLength(2);
  });

  it("rests four times as long as a turn took, and keeps to the least time", async () => {
    const slow = task(1000);
    const quick = task(10);
    for (const { run } of [slow, quick]) {
      const pacer = new Pacer(run);
      setInterval(() => pacer.ask(), 5);
    }
    await vi.advanceTimersByTimeAsync(12_000);
    const gaps = (begun: number[]) => begun.slice(1).map((at, i) => at - (begun[i] as number));
    expect(Math.min(...gaps(slow.begun))).toBeGreaterThanOrEqual(5000);
    expect(Math.min(...gaps(quick.begun))).toBeGreaterThanOrEqual(400);
    expect(Math.max(...gaps(quick.begun))).toBeLessThan(440);
  });

  it("does nothing once it is stopped", async () => {
    let turns = 0;
    const pacer = new Pacer(() => {
      turns += 1;
      return Promise.resolve();
    });
    pacer.ask();
    await vi.advanceTimersByTimeAsync(500);
    pacer.ask();
    pacer.stop();
    pacer.ask();
    await vi.advanceTimersByTimeAsync(500);
    expect(turns).toBe(1);
  });
});
