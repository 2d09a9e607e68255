import { expect, it } from "vitest";
import { between } from "@/features/run/useEased";

it("ends exactly where it should and never moves what is unknown", () => {
  const [from, to] = [
    { a: 0, b: null as number | null },
    { a: 10, b: 3 },
  ];
  expect(between(from, to, 0.5)).toEqual({ a: 5, b: 3 });
  expect(between(from, to, 1)).toEqual(to);
  expect(between({ a: 0, b: 3 }, { a: 10, b: null }, 0.1)).toEqual({ a: 1, b: null });
});
