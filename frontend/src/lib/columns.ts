/** Metric columns of one run: equally long arrays by name, rows ordered by iteration. */
export type Cell = number | string | boolean | null;
export type Columns = Record<string, Cell[]>;

/** Number of rows: all columns are equally long. */
export function rowCount(columns: Columns): number {
  return Object.values(columns)[0]?.length ?? 0;
}

/** A column as numbers; anything that is not a number becomes null. */
export function numbers(columns: Columns, name: string): (number | null)[] {
  const found = columns[name];
  if (!found) return new Array<null>(rowCount(columns)).fill(null);
  return found.map((value) => (typeof value === "number" ? value : null));
}

/** The newest known value of a column, or null. */
export function newest<T>(values: readonly T[]): NonNullable<T> | null {
  for (let i = values.length - 1; i >= 0; i -= 1) {
    const value = values[i];
    if (value !== null && value !== undefined) return value as NonNullable<T>;
  }
  return null;
}

/** Least and greatest number of a column; nothing without one. A loop: columns can be long. */
export function extremes(values: Cell[], counts: (i: number) => boolean = () => true): number[] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  values.forEach((value, i) => {
    if (typeof value !== "number" || !counts(i)) return;
    if (value < low) low = value;
    if (value > high) high = value;
  });
  return low <= high ? [low, high] : [];
}

/**
 * Index of the row of `iteration`, or of the newest row at or before it; -1 when there is none.
 * Rows may be missing (downsampling), so this is a binary search, not a subtraction.
 */
export function indexOfIteration(columns: Columns, iteration: number): number {
  const iterations = columns.iteration ?? [];
  let low = 0;
  let high = iterations.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Number(iterations[middle]) <= iteration) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Iteration of the row that lies nearest to a place on the axis `x`; null without rows. */
export function iterationNear(columns: Columns, x: string, place: number): number | null {
  let [best, distance] = [-1, Number.POSITIVE_INFINITY];
  columns[x]?.forEach((value, i) => {
    const away = typeof value === "number" ? Math.abs(value - place) : distance;
    if (away < distance) [best, distance] = [i, away];
  });
  return numbers(columns, "iteration")[best] ?? null;
}

/** The table without its rows after `iteration`; a copy. */
export function dropAfter(columns: Columns, iteration: number): Columns {
  const keep = indexOfIteration(columns, iteration) + 1;
  return Object.fromEntries(Object.entries(columns).map(([k, v]) => [k, v.slice(0, keep)]));
}

/**
 * Puts those of `rows` at the end that are newer than the newest held; the same object comes back
 * when there are none. The arrays grow in place, so that a row costs the same after a long history;
 * the object around them is new, which is what a change is seen by. `only`: a table of some columns.
 */
export function appendRows(held: Columns, rows: Columns, only?: string[]): Columns {
  const count = rowCount(held);
  const last = count > 0 ? Number(held.iteration?.[count - 1]) : Number.NEGATIVE_INFINITY;
  const from = indexOfIteration(rows, last) + 1;
  const added = rowCount(rows) - from;
  if (added <= 0) return held;
  const names = only ?? [...new Set([...Object.keys(held), ...Object.keys(rows)])];
  const grown: Columns = {};
  for (const name of names) {
    const column = held[name] ?? new Array<Cell>(count).fill(null);
    const values = rows[name];
    for (let i = from; i < from + added; i += 1) column.push(values?.[i] ?? null);
    grown[name] = column;
  }
  return grown;
}
