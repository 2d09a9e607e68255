/** Aggregates over seeds. `n` is always shown beside them. */
export interface Aggregate {
  n: number;
  mean: number;
  /** Half-width of the 95 % interval of the mean (Student's t); null for a single seed. */
  half: number | null;
  /** Interquartile mean: of the middle half of the values (rliable). */
  iqm: number;
}

// Two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom.
const T95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
];

export function aggregate(values: number[]): Aggregate | null {
  const n = values.length;
  if (n === 0) return null;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  if (n === 1) return { n, mean, half: null, iqm: mean };
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1);
  const t = T95[n - 2] ?? 1.96;
  return { n, mean, half: t * Math.sqrt(variance / n), iqm: interquartileMean(values) };
}

/** Mean of the middle half; values at the quarter edges count in part, so every n works. */
export function interquartileMean(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const [low, high] = [n / 4, (3 * n) / 4];
  let [total, weight] = [0, 0];
  sorted.forEach((value, i) => {
    const share = Math.max(0, Math.min(i + 1, high) - Math.max(i, low));
    total += share * value;
    weight += share;
  });
  return total / weight;
}

/** Value of a curve at `x` by linear interpolation; null outside it. `xs` ascend. */
export function valueAt(xs: number[], ys: (number | null)[], x: number): number | null {
  if (xs.length === 0 || x < (xs[0] as number) || x > (xs[xs.length - 1] as number)) return null;
  let [low, high] = [0, xs.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((xs[middle] as number) <= x) low = middle;
    else high = middle;
  }
  const [x0, x1, y0, y1] = [xs[low], xs[high], ys[low], ys[high]] as (number | null)[];
  if (y0 === null || y0 === undefined) return null;
  if (x1 === x0 || y1 === null || y1 === undefined) return y0;
  return y0 + ((y1 - y0) * (x - (x0 as number))) / ((x1 as number) - (x0 as number));
}

/** Exponential smoothing that starts unbiased; gaps stay gaps. `weight` 0 leaves all as it is. */
export function smooth(values: (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0) return values;
  let [state, total] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    state = weight * state + (1 - weight) * value;
    total = weight * total + (1 - weight);
    return state / total;
  });
}
