import { describe, expect, it } from "vitest";
import { keepInStep, type Playable } from "@/features/shared/comparison/inStep";

/** A video of some seconds that moves only when it plays. */
class Reel implements Playable {
  currentTime = 0;
  paused = true;
  constructor(readonly duration: number) {}
  get ended(): boolean {
    return this.currentTime >= this.duration;
  }
  play(): Promise<void> {
    this.paused = false;
    return Promise.resolve();
  }
  pause(): void {
    this.paused = true;
  }
  pass(seconds: number): void {
    if (this.paused) return;
    this.currentTime = Math.min(this.duration, this.currentTime + seconds);
    if (this.ended) this.paused = true;
  }
}

/** Looks every 0.2 s for some seconds; the times of all videos after each look. */
function play(reels: Reel[], seconds: number): number[][] {
  const seen = [];
  for (let at = 0; at < seconds; at += 0.2) {
    keepInStep(reels);
    seen.push(reels.map((reel) => Number(reel.currentTime.toFixed(2))));
    for (const reel of reels) reel.pass(0.2);
  }
  return seen;
}

describe("videos side by side", () => {
  it("hold a shorter one at its end until the longest has ended, then begin together", () => {
    const seen = play([new Reel(1), new Reel(3)], 3.1);
    const shorter = seen.map(([time]) => time);
    expect(shorter.slice(0, 6)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(new Set(shorter.slice(6, 15))).toEqual(new Set([1]));
    expect(seen.at(-1)).toEqual([0, 0]);
  });

  it("bring one that fell behind or came late to the time of the longest", () => {
    const [first, late] = [new Reel(4), new Reel(2)];
    play([first], 1.1);
    play([first, late], 0.3);
    expect(Math.abs(first.currentTime - late.currentTime)).toBeLessThanOrEqual(0.2);
  });

  it("wait for one whose length is not known yet", () => {
    const unknown = new Reel(Number.NaN);
    expect(play([unknown, new Reel(2)], 0.5).at(-1)).toEqual([0, 0.4]);
    expect(unknown.paused).toBe(true);
  });
});
