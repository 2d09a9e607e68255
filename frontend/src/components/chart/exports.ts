import type { PlotElement } from "plotly.js/lib/core";
import { ink, type Scheme } from "@/lib/palette";
import type { Plain, Trace } from "./figure";

export interface Table {
  head: string[];
  rows: string[][];
}

type Column = { head: string; at: (x: number) => unknown };

/** The data of a chart as CSV: see `toTable`. */
export function toCsv(traces: Trace[], layout: Plain): string {
  const { head, rows } = toTable(traces, layout);
  return [head, ...rows].map((row) => row.map(quote).join(",")).join("\n");
}

/** x, every curve with its interval and n, and the limits, as columns; rows in order of x. */
export function toTable(traces: Trace[], layout: Plain): Table {
  const columns = [...traces.flatMap(columnsOf), ...limits(layout)];
  const places = new Set<number>();
  for (const trace of traces) for (const x of trace.x) if (typeof x === "number") places.add(x);
  const rows = [...places].sort((a, b) => a - b);
  const axis = (layout.xaxis as Plain | undefined)?.title as { text?: string } | undefined;
  return {
    head: [axis?.text || "x", ...columns.map(({ head }) => head)],
    rows: rows.map((x) => [x, ...columns.map(({ at }) => at(x))].map(plain)),
  };
}

/** The ribbon of verdicts says nothing that cost and limit do not. */
function columnsOf(trace: Trace, index: number, all: Trace[]): Column[] {
  if (trace.fillpattern) return [];
  const name = String(trace.name ?? "");
  const upper = trace.fill === "tonexty";
  const lower = all[index + 1]?.fill === "tonexty";
  const head = upper ? `${name}, upper` : lower ? `${name}, lower` : name;
  const found = [column(head, trace, trace.y)];
  // Comparisons say of how many runs each mean is.
  if (Array.isArray(trace.customdata)) found.push(column(`${name}, n`, trace, trace.customdata));
  return found;
}

function column(head: string, trace: Trace, values: unknown[]): Column {
  const known = new Map(trace.x.map((x, i) => [x, values[i]]));
  return { head, at: (x) => known.get(x) };
}

/** Named without their value, unless there are several: then the value tells them apart. */
function limits(layout: Plain): Column[] {
  const lines = ((layout.shapes as Plain[]) ?? []).flatMap((shape) => {
    const label = (shape.label as { text?: string } | undefined)?.text;
    const value = shape.y0;
    if (!label || typeof value !== "number" || value !== shape.y1) return [];
    return [{ label, short: label.replace(/ \S+$/, ""), at: () => value }];
  });
  return lines.map(({ label, short, at }) => {
    const several = lines.filter((line) => line.short === short).length > 1;
    return { head: several ? label : short, at };
  });
}

function plain(value: unknown): string {
  return value === null || value === undefined ? "" : String(value);
}

const TITLE_HEIGHT = 34;

/**
 * What is drawn now as a picture that stands alone: on the page's ground, with title and legend.
 * The element's own figure is copied, so what was hidden or zoomed stays so.
 */
export function pictureOf(plot: PlotElement, title: string, scheme: Scheme) {
  const tone = ink(scheme);
  const { data, layout } = plot;
  const margin = layout.margin as { t: number };
  const { clientWidth: width, clientHeight: height } = plot;
  return {
    figure: {
      data,
      layout: {
        ...layout,
        title: {
          text: title,
          font: { size: 16, color: tone.text },
          x: 0,
          xref: "paper",
          y: 1,
          yref: "container",
          yanchor: "top",
          pad: { t: 12 },
        },
        paper_bgcolor: tone.surface,
        plot_bgcolor: tone.surface,
        showlegend: data.some((trace) => trace.name && trace.showlegend !== false),
        margin: { ...margin, t: Math.max(margin.t, 28) + TITLE_HEIGHT },
      },
    },
    size: { width, height: height + TITLE_HEIGHT },
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
