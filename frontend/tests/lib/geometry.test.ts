import { describe, expect, it } from "vitest";
import { drawUpdate } from "@/lib/geometry";

// In the metric of H: v = (3, 4) and w = (2, 0), so that w lies along the first axis.
const gram = [
  [25, 6],
  [6, 4],
];
const common = { cost: 0, delta: 0.5, excess: -1, fraction: 1 };

describe("drawUpdate", () => {
  it("puts the cost's direction on the first axis and the rest of the reward's on the second", () => {
    const drawing = drawUpdate({ ...common, geometry: { gram, coordinates: [1, 0] } });
    expect(drawing?.radius).toBeCloseTo(1);
    expect(drawing?.proposed.x).toBeCloseTo(3);
    expect(drawing?.proposed.y).toBeCloseTo(4);
    expect(drawing?.reward.x).toBeCloseTo(0.6);
  });

  it("draws the limit where c + b·x is zero", () => {
    const drawing = drawUpdate({ ...common, geometry: { gram, coordinates: [0, 0] } });
    // b·x = ‖w‖ x₁ = 2 x₁, so -1 + 2 x₁ = 0 at one half.
    expect(drawing?.edge).toBeCloseTo(0.5);
    expect(drawing?.landing(-3, null).x).toBeCloseTo(-1.5);
  });

  it("shortens the proposed step by the accepted fraction", () => {
    const geometry = { gram, coordinates: [1, -0.5] };
    const drawing = drawUpdate({ ...common, geometry, fraction: 0.5 });
    expect(drawing?.taken.x).toBeCloseTo(1);
    expect(drawing?.taken.y).toBeCloseTo(2);
  });

  it("lands where both measured changes meet, in the units of the promise", () => {
    // The step (3, 4) was promised 50 returns; g·x = v·x = 25, so a return is half a unit.
    const geometry = { gram, coordinates: [1, 0] };
    const drawing = drawUpdate({ ...common, geometry, promisedReturn: 50 });
    const landed = drawing?.landing(2, 22);
    expect(landed?.x).toBeCloseTo(1);
    // 3 · 1 + 4 · y = 11
    expect(landed?.y).toBeCloseTo(2);
    expect(drawing?.landing(6, 50).y).toBeCloseTo(4);
  });

  it("keeps the level of the step where the return cannot be placed", () => {
    const drawing = drawUpdate({ ...common, geometry: { gram, coordinates: [1, 0] }, fraction: 0 });
    expect(drawing?.landing(2, 9)).toEqual({ x: 1, y: 0 });
  });

  it("says nothing rather than something wrong when a direction is missing", () => {
    expect(drawUpdate({ ...common, geometry: {} })).toBeNull();
    const flat = [
      [25, 0],
      [0, 0],
    ];
    expect(drawUpdate({ ...common, geometry: { gram: flat, coordinates: [1, 0] } })).toBeNull();
  });
});
