import { type Cell, type Columns, rowCount } from "./columns";

/** The twin of cpo_core/figures/expressions.py; both are tested on the same table. */
export type Expression =
  | { column: string }
  | { start: string }
  | { column: string; plus: string; times?: number }
  | { column: string; equals: Cell }
  | { cost: string; verdict: Verdict };

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
  if ("start" in expression) return starts(expression.start, columns);
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
  return values;
}

function column(columns: Columns, name: string): Cell[] {
  return columns[name] ?? new Array<null>(rowCount(columns)).fill(null);
}

/** Where each row's iteration began on the axis `x`: rows before it may be missing. */
function starts(x: string, columns: Columns): Cell[] {
  const [ends, seconds, episodes, lengths] = [x, "seconds_total", "episodes", "episode_length"].map(
    (name) => column(columns, name),
  ) as [Cell[], Cell[], Cell[], Cell[]];
  return ends.map((end, i) => {
    const of = [end];
    if (x === "elapsed_seconds") of.push(seconds[i] ?? null);
    if (x === "env_steps") of.push(episodes[i] ?? null, lengths[i] ?? null);
    if (!of.every((value) => typeof value === "number")) return null;
    const [to = 0, one = 1, each = 1] = of;
    return x === "env_steps" ? to - Math.round(one * each) : to - one;
  });
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

function number(value: Cell | undefined): number | null {
  return typeof value === "number" ? value : null;
}
