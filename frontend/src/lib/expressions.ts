import { type Cell, type Columns, rowCount } from "./columns";

/** The twin of cpo_core/figures/expressions.py; both are tested on the same table. */
export type Expression =
  | { column: string; previous?: boolean }
  | { column: string; plus: string; times?: number }
  | { column: string; equals: Cell }
  | { cost: string; verdict: Verdict }
  | { mean_gap: [string, string] };

/** `noise`: over the limit by no more than one standard error. */
export type Verdict = "within" | "noise" | "over";

export function verdictOf(
  mean: number | null | undefined,
  se: number | null | undefined,
  limit: number | null | undefined,
): Verdict | null {
  if (mean === null || mean === undefined || limit === null || limit === undefined) return null;
  if (mean <= limit) return "within";
  return mean <= limit + (se ?? 0) ? "noise" : "over";
}

/** One value per row of `columns`; an absent column gives null throughout. */
export function evaluate(expression: Expression, columns: Columns): Cell[] {
  if ("verdict" in expression) return verdicts(expression.cost, expression.verdict, columns);
  if ("mean_gap" in expression) {
    const [measured, promised] = expression.mean_gap;
    return meanGap(column(columns, measured), column(columns, promised));
  }
  if (!("column" in expression))
    throw new Error(`unknown expression ${JSON.stringify(expression)}`);
  const values = column(columns, expression.column);
  if ("equals" in expression) return values.map((v) => (v === expression.equals ? 1 : 0));
  if ("plus" in expression) {
    const others = column(columns, expression.plus);
    const times = expression.times ?? 1;
    return values.map((a, i) => {
      const b = others[i];
      return typeof a === "number" && typeof b === "number" ? a + times * b : null;
    });
  }
  return expression.previous ? delayed(values) : values;
}

function column(columns: Columns, name: string): Cell[] {
  return columns[name] ?? new Array<null>(rowCount(columns)).fill(null);
}

function delayed(values: Cell[]): Cell[] {
  return values.length === 0 ? [] : [null, ...values.slice(0, -1)];
}

function verdicts(cost: string, wanted: Verdict, columns: Columns): Cell[] {
  const [means, errors, limits] = ["cost", "cost_se", "limit"].map((kind) =>
    column(columns, `${kind}_${cost}`),
  ) as [Cell[], Cell[], Cell[]];
  return means.map((mean, i) => {
    const found = verdictOf(number(mean), number(errors[i]), number(limits[i]));
    return found === null ? null : Number(found === wanted);
  });
}

function meanGap(measured: Cell[], promised: Cell[]): Cell[] {
  let total = 0;
  let count = 0;
  return measured.map((now, i) => {
    const before = i === 0 ? null : promised[i - 1];
    if (typeof now === "number" && typeof before === "number") {
      total += now - before;
      count += 1;
    }
    return count === 0 ? null : total / count;
  });
}

function number(value: Cell | undefined): number | null {
  return typeof value === "number" ? value : null;
}
