import type { ComparedFigure } from "@/api/compare";
import type { Plain, Trace } from "@/components/chart/figure";
import { category, type Scheme, translucent } from "@/lib/palette";

interface GroupMeta {
  group: number;
  part: "line" | "band" | "run" | "mark";
}

/** The figure's traces in the scheme's colours, without those of hidden groups. */
export function groupTraces(figure: ComparedFigure, scheme: Scheme, hidden: Set<number>): Trace[] {
  return (figure.data as unknown as Trace[]).flatMap((trace) => {
    const { group, part } = trace.meta as unknown as GroupMeta;
    if (hidden.has(group)) return [];
    const { colour } = category(group, scheme);
    const { meta: _meta, ...rest } = trace;
    if (part === "mark") return [marked(rest as Trace, colour)];
    const line = { ...trace.line, color: colour };
    const fill = trace.fill
      ? { fillcolor: translucent(colour, scheme === "dark" ? 0.2 : 0.15) }
      : {};
    return [{ ...rest, x: [...trace.x], y: [...trace.y], line, ...fill } as Trace];
  });
}

function marked(trace: Trace, colour: string): Trace {
  const bars = Object.fromEntries(
    ["error_x", "error_y"].flatMap((name) =>
      trace[name] ? [[name, { ...(trace[name] as Plain), color: colour }]] : [],
    ),
  );
  return { ...trace, ...bars, marker: { ...(trace.marker as Plain), color: colour } };
}
