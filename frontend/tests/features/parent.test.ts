import { expect, it } from "vitest";
import { changeWords } from "@/features/run/ParentWords";
import { differences } from "@/lib/difference";

const parent = { seed: 0, delta: 0.01, limits: { outside: 5 }, iterations: 50 };

it("a clone names its first differences and counts the others", () => {
  const clone = { seed: 1, delta: 0.02, limits: { outside: 9 }, iterations: 60 };
  expect(changeWords(differences(parent, clone))).toBe(
    "with seed 0 → 1, delta 0.01 → 0.02, limits.outside 5 → 9, 1 more",
  );
  expect(changeWords(differences(parent, { ...parent, seed: 3 }))).toBe("with seed 0 → 3");
  expect(changeWords(differences(parent, parent))).toBe("without a change");
});
