import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Columns } from "@/lib/columns";
import { type Expression, evaluate } from "@/lib/expressions";

interface Shared {
  columns: Columns;
  table: { expression: Expression; values: (number | null)[] }[];
}
const shared: Shared = JSON.parse(
  readFileSync(`${__dirname}/../../../tests/core/figures/expressions.json`, "utf8"),
);

describe("expressions, on the table shared with cpo_core.figures", () => {
  it.each(shared.table)("evaluates $expression as Python does", ({ expression, values }) => {
    const found = evaluate(expression, shared.columns);
    expect(found.length).toBe(values.length);
    found.forEach((value, i) => {
      const wanted = values[i] ?? null;
      if (typeof wanted === "number") expect(value).toBeCloseTo(wanted, 12);
      else expect(value).toBeNull();
    });
  });

  it("refuses an expression of unknown form", () => {
    expect(() => evaluate({ median: "return" } as unknown as Expression, {})).toThrow(/median/);
  });
});
