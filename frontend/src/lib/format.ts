/** Numbers, durations and times in the words of the page. "–" is "not known". */
const NONE = "–";

/** A number at `digits` significant digits, with a true minus sign and grouped thousands. */
export function number(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return minus(value.toExponential(digits - 1));
  const integerDigits = Math.floor(Math.log10(size)) + 1;
  const decimals = Math.max(0, digits - integerDigits);
  const precision =
    size < 1 ? { maximumSignificantDigits: digits } : { maximumFractionDigits: decimals };
  return minus(value.toLocaleString("en", precision));
}

/** A mean with its standard error at the same number of decimals: `4.80 ± 0.21`. */
export function withError(mean: number | null | undefined, se: number | null | undefined): string {
  if (mean === null || mean === undefined) return NONE;
  if (se === null || se === undefined || !Number.isFinite(se) || se === 0) return number(mean);
  const decimals = Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(Math.abs(se)))));
  const fixed = (v: number) =>
    v.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return `${minus(fixed(mean))} ± ${fixed(se)}`;
}

export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return NONE;
  return `${number(share * 100, share > 0 && share < 0.1 ? 2 : 3)} %`;
}

export function count(value: number, one: string, many = `${one}s`): string {
  return `${value.toLocaleString("en")} ${value === 1 ? one : many}`;
}

/** Seconds in words, two units at most: `1 min 20 s`, `3 h 5 min`, `2 days`. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NONE;
  if (seconds < 1) return "less than 1 s";
  // Rounded before it is divided: 119.7 s are 2 min, never 1 min 60 s.
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return two(Math.floor(whole / 60), "min", whole % 60, "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return two(Math.floor(minutes / 60), "h", minutes % 60, "min");
  return `${Math.round(minutes / (24 * 60))} days`;
}

/** "about 2 min left" is easier than "1 min 53 s": one rounded unit. */
export function about(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NONE;
  if (seconds < 10) return "a few seconds";
  if (seconds < 55) return `about ${Math.round(seconds / 10) * 10} s`;
  if (seconds < 3570) return `about ${Math.max(1, Math.round(seconds / 60))} min`;
  if (seconds < 36 * 3600) return `about ${number(seconds / 3600, 2)} h`;
  return `about ${Math.round(seconds / 86400)} days`;
}

/** How long ago, in words. */
export function ago(time: string | Date, now: Date = new Date()): string {
  const seconds = (now.getTime() - new Date(time).getTime()) / 1000;
  if (seconds < 5) return "just now";
  if (seconds < 59.5) return `${Math.round(seconds)} s ago`;
  if (seconds < 3570) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

export function exactTime(time: string | Date): string {
  return new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

export function bytes(size: number | null | undefined): string {
  if (size === null || size === undefined) return NONE;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = size;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${number(value, 3)} ${units[unit]}`;
}

function two(a: number, unitA: string, b: number, unitB: string): string {
  return b === 0 ? `${a} ${unitA}` : `${a} ${unitA} ${b} ${unitB}`;
}

function minus(text: string): string {
  return text.replace("-", "−").replace("e−", "e-").replace("e+", "e");
}
