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

/** One row as a record. */
export function rowAt(columns: Columns, index: number): Record<string, Cell> {
  return Object.fromEntries(Object.entries(columns).map(([k, v]) => [k, v[index] ?? null]));
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

/**
 * Drop rows after iteration `after`, then append `rows`: the one way in which history changes.
 * A resumed run may have stepped back to its checkpoint, and a message may come twice; both end
 * with every iteration exactly once. `only` keeps the columns of a partial table as they are.
 */
export function mergeRows(old: Columns, after: number, rows: Columns, only?: string[]): Columns {
  const keep = indexOfIteration(old, after) + 1;
  const names = only ?? [...new Set([...Object.keys(old), ...Object.keys(rows)])];
  const added = rowCount(rows);
  const merged: Columns = {};
  for (const name of names) {
    const head = old[name]?.slice(0, keep) ?? new Array<null>(keep).fill(null);
    merged[name] = head.concat(rows[name] ?? new Array<null>(added).fill(null));
  }
  return merged;
}
