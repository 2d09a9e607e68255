import type { Trace } from "./figure";

/** The shown data of a chart as CSV: one block of rows per distinct x column. */
export function toCsv(traces: Trace[]): string {
  const { head, rows } = toTable(traces);
  return [head, ...rows].map((row) => row.map(quote).join(",")).join("\n");
}

export interface Table {
  head: string[];
  rows: string[][];
}

/** x and every named trace as columns; rows in order of x. */
export function toTable(traces: Trace[]): Table {
  const named = traces.filter((t) => t.showlegend !== false || t.meta?.smooth);
  const rows = new Map<number, (string | null)[]>();
  named.forEach((trace, column) => {
    trace.x.forEach((x, i) => {
      if (typeof x !== "number") return;
      const row = rows.get(x) ?? new Array<null>(named.length).fill(null);
      const y = trace.y[i];
      row[column] = y === null || y === undefined ? null : String(y);
      rows.set(x, row);
    });
  });
  const sorted = [...rows.entries()].sort(([a], [b]) => a - b);
  return {
    head: ["x", ...named.map((t) => t.name ?? "")],
    rows: sorted.map(([x, values]) => [String(x), ...values.map((v) => v ?? "")]),
  };
}

export function download(name: string, content: string, type = "text/csv"): void {
  const url = content.startsWith("data:")
    ? content
    : URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  if (url !== content) setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function quote(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
