import type { ComparedFigure } from "@/api/compare";
import type { Plain, Trace } from "@/components/chart/figure";
import { category, type Scheme, translucent } from "@/lib/palette";

interface GroupMeta {
  group: number;
  part: "line" | "band" | "run" | "mark";
}

/** The figure's traces without those of hidden groups. */
export function withoutGroups(figure: ComparedFigure, hidden: Set<number>): Trace[] {
  const traces = figure.data as unknown as Trace[];
  return traces.filter((trace) => !hidden.has(metaOf(trace).group));
}

/** Traces in the scheme's colours, with arrays of their own: Plotly keeps what it is given. */
export function groupTraces(shown: Trace[], scheme: Scheme): Trace[] {
  return shown.map((trace) => {
    const { group, part } = metaOf(trace);
    const { colour } = category(group, scheme);
    const { meta: _meta, ...rest } = trace;
    if (part === "mark") return marked(rest as Trace, colour);
    const line = { ...trace.line, color: colour };
    const fill = trace.fill
      ? { fillcolor: translucent(colour, scheme === "dark" ? 0.2 : 0.15) }
      : {};
    return { ...rest, x: [...trace.x], y: [...trace.y], line, ...fill } as Trace;
  });
}

function metaOf(trace: Trace): GroupMeta {
  return trace.meta as unknown as GroupMeta;
}

function marked(trace: Trace, colour: string): Trace {
  const bars = Object.fromEntries(
    ["error_x", "error_y"].flatMap((name) =>
      trace[name] ? [[name, { ...(trace[name] as Plain), color: colour }]] : [],
    ),
  );
  return { ...trace, ...bars, marker: { ...(trace.marker as Plain), color: colour } };
}
