import type { Plain, Trace } from "@/components/chart/figure";

/** Shares of the curves' extent: free space beside them, and the most that a band may add. */
const AIR = 0.05;
const WIDE_SHARE = 0.3;

/**
 * The range of an axis that shows curves and limits whole. Bands and error bars over two or three
 * seeds can be many times as wide as what they stand around: they add at most a share of it and are
 * cut at the edge. Null without data. On a logarithmic axis in powers of ten, as Plotly wants it.
 */
export function scale(
  traces: Trace[],
  layout: Plain,
  name: "x" | "y",
  log = false,
): [number, number] | null {
  const shown = (value: unknown): number | null => {
    if (typeof value !== "number" || !Number.isFinite(value)) return null;
    if (!log) return value;
    return value > 0 ? Math.log10(value) : null;
  };
  const numbers = (values: unknown[]) => values.map(shown).filter((v) => v !== null);
  const lines = ((layout.shapes as Plain[]) ?? []).filter((shape) => shape[`${name}ref`] === name);
  const curves = numbers([
    ...traces.filter((trace) => !isBand(trace)).flatMap((trace) => trace[name]),
    ...lines.map((line) => line[`${name}0`]),
  ]);
  if (curves.length === 0) return null;
  const [low, high] = extremes(curves);
  const size = high - low || Math.abs(high) || 1;
  const wide = extremes([low, high, ...numbers(traces.flatMap((trace) => spread(trace, name)))]);
  const from = Math.max(wide[0], low - WIDE_SHARE * size) - AIR * size;
  const to = Math.min(wide[1], high + WIDE_SHARE * size) + AIR * size;
  const axis = layout[`${name}axis`] as Plain | undefined;
  return [axis?.rangemode === "nonnegative" && !log ? Math.max(from, 0) : from, to];
}

/** The ends of a band or of error bars. */
function spread(trace: Trace, name: "x" | "y"): unknown[] {
  if (isBand(trace)) return trace[name];
  const bars = (trace[`error_${name}`] as { array?: number[] } | undefined)?.array ?? [];
  return bars.flatMap((bar, i) => {
    const value = trace[name][i];
    return typeof value === "number" ? [value - bar, value + bar] : [];
  });
}

function isBand(trace: Trace): boolean {
  return (trace.meta as { part?: string } | undefined)?.part === "band";
}

/** Least and greatest; the lists can be too long for the arguments of Math.min. */
function extremes(values: number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
