import { expect, it } from "vitest";
import { updateWords } from "@/features/run/updateWords";
import { drawUpdate } from "@/lib/geometry";

// In the metric of H: v = (3, 4) and w = (2, 0); the region's radius is 10.
const gram = [
  [25, 6],
  [6, 4],
];
const common = { geometry: { gram, coordinates: [1, 0] }, cost: 0, delta: 50 };

function said(excess: number, fraction: number, landed: { x: number; y: number } | null): string {
  const drawing = drawUpdate({ ...common, excess, fraction });
  if (!drawing) throw new Error("nothing to draw");
  return updateWords(drawing, landed, "steps outside");
}

it("the drawing says where its step goes, and where it landed, on which side of the limit", () => {
  // The limit lies at 4 along the first axis; the step goes to (3, 4).
  const words = said(-8, 1, { x: 5, y: -1 });
  expect(words).toContain("the limit cuts it, and the policy is on its right side.");
  expect(words).toContain("toward more cost and more reward, reaches 50 % of the way");
  expect(words).toContain("border, within the limit.");
  expect(words).toContain(
    "measured more cost than predicted: it landed toward more cost and less reward, over the limit.",
  );
});

it("the drawing says that there was no step, and that nobody knows yet where it landed", () => {
  expect(said(-8, 0, null)).toMatch(/No step was taken\. The next batch has not measured/);
});
