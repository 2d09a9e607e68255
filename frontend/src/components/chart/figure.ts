import { type Cell, type Columns, extremes } from "@/lib/columns";
import { type Expression, evaluate } from "@/lib/expressions";
import { ink, roleColour, type Scheme, translucent } from "@/lib/palette";
import { smooth } from "@/lib/smooth";

export type Plain = Record<string, unknown>;

export interface TraceMeta {
  role: string;
  x: Expression;
  y: Expression;
  band?: boolean;
  smooth?: boolean;
}

export interface Trace extends Plain {
  name?: string;
  x: Cell[];
  y: Cell[];
  line?: Plain;
  meta?: TraceMeta;
}

export interface FigureJson {
  data: Trace[];
  layout: Plain;
}

/** The figure's traces with the data of `columns`, by each trace's own expressions. */
export function fill(figure: FigureJson, columns: Columns): Trace[] {
  return figure.data.map((trace) =>
    trace.meta
      ? { ...trace, x: copy(trace.meta.x, columns), y: copy(trace.meta.y, columns) }
      : trace,
  );
}

/** A copy, for Plotly appends to the arrays it was given. */
function copy(expression: Expression, columns: Columns): Cell[] {
  return [...evaluate(expression, columns)];
}

/** Adds a smoothed twin over each trace that allows it; the raw curve stays visible below. */
export function smoothed(traces: Trace[], weight: number): Trace[] {
  if (weight <= 0) return traces;
  return traces.flatMap((trace) => {
    if (!trace.meta?.smooth) return [trace];
    const y = smooth(
      trace.y.map((v) => (typeof v === "number" ? v : null)),
      weight,
    );
    const raw = { ...trace, opacity: 0.35, showlegend: false };
    const line = { ...trace.line, width: 2.25 };
    return [raw, { ...trace, y, line, name: `${trace.name}, smoothed`, hoverinfo: "skip" }];
  });
}

/** Recolours traces by role for the scheme; patterns and dashes stay. */
export function inked(traces: Trace[], scheme: Scheme): Trace[] {
  return traces.map((trace) => {
    if (!trace.meta) return trace;
    const colour = roleColour(trace.meta.role, scheme);
    const result: Trace = { ...trace, line: { ...trace.line, color: colour } };
    if (trace.marker) result.marker = { ...(trace.marker as Plain), color: colour };
    if (trace.fillcolor) {
      const alpha = trace.meta.band ? (scheme === "dark" ? 0.22 : 0.16) : 0.9;
      result.fillcolor = translucent(colour, alpha);
    }
    if (trace.fillpattern) {
      const fgcolor = ink(scheme).surface;
      result.fillpattern = { ...(trace.fillpattern as Plain), fgcolor };
    }
    return result;
  });
}

export interface View {
  scheme: Scheme;
  logY?: boolean;
  range?: [number, number] | null;
  /** The whole of the data: what all charts show without a zoom, so that their axes line up. */
  extent?: [number, number] | null;
  /** The vertical range that shows what lies in `range`; absent: all of it. */
  yRange?: [number, number] | null;
  /** Marks a position on the horizontal axis: the chosen iteration. */
  mark?: number | null;
  legend?: boolean;
  /** On a narrow screen: the caption has to do for the title of the vertical axis. */
  narrow?: boolean;
}

/** The same for all charts, so that stacked ones line up; room for labels beside the plot. */
const MARGIN = { wide: { l: 64, r: 64, b: 40 }, narrow: { l: 46, r: 50, b: 38 } };

/** The layout as the page draws it: no title (the caption has it), the page's type and colours. */
export function dressed(layout: Plain, view: View): Plain {
  const tone = ink(view.scheme);
  const { title: _title, meta: _meta, ...rest } = layout;
  const result: Plain = {
    ...rest,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: '"Inter Variable", sans-serif', size: 11.5, color: tone.muted },
    legend: { ...(rest.legend as Plain), font: { size: 11.5, color: tone.text } },
    hoverlabel: {
      bgcolor: tone.hover,
      bordercolor: tone.grid,
      font: { size: 12, color: tone.text, family: '"Inter Variable", sans-serif' },
    },
    shapes: shapes(rest.shapes, view),
    autosize: true,
  };
  for (const name of Object.keys(rest).filter((key) => /^[xy]axis\d*$/.test(key))) {
    result[name] = axis(rest[name] as Plain, name, view);
  }
  if (view.legend === false) result.showlegend = false;
  const t = result.showlegend === false ? 12 : 28;
  result.margin = { ...MARGIN[view.narrow ? "narrow" : "wide"], t };
  return result;
}

/** The layout with a zoom along the horizontal axis alone, which the address can say. */
export function alongX(layout: Plain): Plain {
  const upright = Object.keys(layout).filter((key) => key.startsWith("yaxis"));
  const fixed = upright.map((key) => [key, { ...(layout[key] as Plain), fixedrange: true }]);
  return { ...layout, ...Object.fromEntries(fixed) };
}

function axis(plain: Plain, name: string, view: View): Plain {
  const tone = ink(view.scheme);
  const result: Plain = {
    gridcolor: tone.grid,
    linecolor: tone.grid,
    tickcolor: tone.grid,
    hoverformat: name.startsWith("y") ? ".4~g" : ",.6~g",
    automargin: false,
    ...plain,
    title: { standoff: 6, ...(plain.title as Plain), font: { size: 11.5, color: tone.muted } },
  };
  if (view.narrow && name.startsWith("y")) result.title = { text: "" };
  if (name === "xaxis") {
    // The range is the page's own (all charts share it), so it has a revision of its own.
    const range = view.range ?? view.extent;
    result.uirevision = JSON.stringify(range ?? null);
    Object.assign(result, range ? { range: [...range] } : { autorange: true });
    Object.assign(result, { spikecolor: tone.muted, spikethickness: 1, spikedash: "dot" });
  }
  if (name === "yaxis" && view.logY) {
    result.type = "log";
    result.rangemode = "normal";
    result.uirevision = "log";
  } else if (name === "yaxis" && view.yRange) {
    result.range = [...view.yRange];
  }
  return result;
}

function shapes(given: unknown, view: View): Plain[] {
  const lines = ((given as Plain[]) ?? []).map((shape) => {
    const colour = roleColour(String(shape.name ?? "limit"), view.scheme);
    const label = shape.label as Plain | undefined;
    return {
      ...shape,
      line: { ...(shape.line as Plain), color: colour },
      ...(label && { label: { ...label, font: { ...(label.font as Plain), color: colour } } }),
    };
  });
  if (view.mark === null || view.mark === undefined) return lines;
  const mark = {
    type: "line",
    xref: "x",
    x0: view.mark,
    x1: view.mark,
    yref: "paper",
    y0: 0,
    y1: 1,
    layer: "below",
    line: { color: ink(view.scheme).muted, width: 1.25 },
  };
  return [...lines, mark];
}

/** The vertical extent of the curves within `range`, lines of limits included, with some air. */
export function yRangeWithin(
  traces: Trace[],
  layout: Plain,
  range: [number, number],
): [number, number] | null {
  if ((layout.yaxis as Plain | undefined)?.range) return null;
  const shown = traces.filter(
    (t) => (t.yaxis ?? "y") === "y" && t.visible !== "legendonly" && !t.stackgroup,
  );
  const values = shown.flatMap((t) => extremes(t.y, (i) => within(t.x[i], range)));
  if (values.length === 0) return null;
  const lines = ((layout.shapes as Plain[]) ?? []).map((shape) => shape.y0 as Cell);
  const [low = 0, high = 0] = extremes([...values, ...lines]);
  const air = (high - low || Math.abs(high) || 1) * 0.06;
  return [low - air, high + air];
}

function within(x: Cell | undefined, [from, to]: [number, number]): boolean {
  return typeof x === "number" && x >= from && x <= to;
}

/** A legend of a single curve says nothing that the title does not. */
export function needsLegend(traces: Trace[]): boolean {
  return legendOf(traces).length > 1;
}

/** The curves that a legend lists, and whether each is drawn. */
export function legendOf(traces: Trace[]): { name: string; shown: boolean }[] {
  return traces.flatMap(({ name, showlegend, visible }) =>
    name && showlegend !== false ? [{ name, shown: visible !== "legendonly" }] : [],
  );
}

/** The traces, with the curves that somebody switched on or off, by name. */
export function switched(traces: Trace[], choice: Record<string, boolean>): Trace[] {
  return traces.map((trace) => {
    const shown = choice[trace.name ?? ""];
    return shown === undefined ? trace : { ...trace, visible: shown || "legendonly" };
  });
}
