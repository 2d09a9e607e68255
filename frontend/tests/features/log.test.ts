import { expect, it } from "vitest";
import { lineOf } from "@/features/run/LogTab";

const LINES = [
  "INFO costline action=train from=0",
  "INFO costline action=iteration iteration=1 return=2",
  "INFO costline action=checkpoint iteration=1 sha256=ab",
  "INFO costline action=iteration iteration=12 return=2",
  "INFO costline action=iteration iteration=1 return=3",
];

it("the line of an iteration is its own report, the newest one after a step back", () => {
  expect(lineOf(LINES, 1)).toBe(4);
  expect(lineOf(LINES, 12)).toBe(3);
  expect(lineOf(LINES, 2)).toBe(-1);
});
