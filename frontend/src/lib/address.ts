/** The number that a part of an address says; null where it says none, or no number. */
export function numberOf(text: string | null): number | null {
  if (text === null || text.trim() === "") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

/** The stretch of an axis from `from` to `to`; null unless both are said and in order. */
export function rangeOf(params: URLSearchParams): [number, number] | null {
  const [from, to] = [numberOf(params.get("from")), numberOf(params.get("to"))];
  return from !== null && to !== null && from < to ? [from, to] : null;
}

/** Say that stretch; null leaves it out. Six digits are as exact as a pixel. */
export function putRange(params: URLSearchParams, range: [number, number] | null): void {
  put(params, "from", range && rounded(range[0]));
  put(params, "to", range && rounded(range[1]));
}

/** Say one thing in an address; null leaves it out. */
export function put(params: URLSearchParams, name: string, value: string | null): void {
  if (value === null) params.delete(name);
  else params.set(name, value);
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(6)));
}
