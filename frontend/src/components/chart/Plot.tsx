import type { PlotElement } from "plotly.js/lib/core";
import { type RefObject, useEffect, useRef, useState } from "react";
import classes from "./chart.module.css";
import type { Plain, Trace } from "./figure";

export interface PlotHandlers {
  onRange?: (range: [number, number] | null) => void;
  onPick?: (x: number) => void;
}

interface Props extends PlotHandlers {
  traces: Trace[];
  layout: Plain;
  /** While this stays the same and rows only grew, new points are appended. */
  revision: string;
  height: number;
  /** Receives the element while a plot is drawn in it, for export and for the shared crosshair. */
  onElement?: (element: PlotElement | null) => void;
}

type Engine = typeof import("./engine").default;
const CONFIG = { displayModeBar: false, responsive: true, doubleClick: "reset" };

interface Drawn {
  revision: string;
  layout: Plain;
  lengths: number[];
}

/** A Plotly figure that lives as long as its place on the page; data goes in, zoom stays. */
export function Plot({ traces, layout, revision, height, onRange, onPick, onElement }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawn | null>(null);
  const handlers = useRef<PlotHandlers>({});
  const [engine, setEngine] = useState<Engine | null>(null);
  const [problem, setProblem] = useState(false);
  const dragging = useDragging(holder);
  handlers.current = { onRange, onPick };

  useEffect(() => {
    let gone = false;
    import("./engine").then(
      (module) => !gone && setEngine(() => module.default),
      () => !gone && setProblem(true),
    );
    return () => {
      gone = true;
    };
  }, []);

  useEffect(() => {
    const element = holder.current;
    // Drawing anew would take the rectangle of a zoom from under the pointer.
    if (!engine || !element || dragging) return;
    const next = { revision, layout, lengths: traces.map((t) => t.x.length) };
    const before = drawn.current;
    drawn.current = next;
    if (before === null) {
      void engine.newPlot(element, traces, layout, CONFIG).then((plot) => {
        listen(plot, handlers);
        onElement?.(plot);
      });
    } else if (before.revision === revision && before.layout === layout && grew(before, next)) {
      append(engine, element, traces, before.lengths);
    } else {
      void engine.react(element, traces, layout, CONFIG);
    }
  }, [engine, traces, layout, revision, onElement, dragging]);

  useEffect(() => {
    const element = holder.current;
    if (!engine || !element) return;
    return () => {
      drawn.current = null;
      onElement?.(null);
      engine.purge(element);
    };
  }, [engine, onElement]);

  if (problem)
    return <p className={classes.note}>The chart library could not be loaded. Reload the page.</p>;
  return <div ref={holder} className={classes.plot} style={{ height }} />;
}

/** Whether a pointer is held down that went down on the plot. */
function useDragging(holder: RefObject<HTMLElement | null>): boolean {
  const [dragging, setDragging] = useState(false);
  useEffect(() => {
    const element = holder.current;
    const begin = () => setDragging(true);
    // Plotly ends its own drag on the mouse event that follows the pointer's.
    const end = () => setTimeout(() => setDragging(false));
    element?.addEventListener("pointerdown", begin);
    window.addEventListener("pointerup", end);
    window.addEventListener("pointercancel", end);
    return () => {
      element?.removeEventListener("pointerdown", begin);
      window.removeEventListener("pointerup", end);
      window.removeEventListener("pointercancel", end);
    };
  }, [holder]);
  return dragging;
}

function grew(before: Drawn, next: Drawn): boolean {
  return (
    before.lengths.length === next.lengths.length &&
    next.lengths.every((n, i) => n >= (before.lengths[i] as number))
  );
}

function append(engine: Engine, element: HTMLElement, traces: Trace[], lengths: number[]): void {
  const longer = traces.flatMap((t, i) => (t.x.length > (lengths[i] as number) ? [i] : []));
  if (longer.length === 0) return;
  const rest = (axis: "x" | "y") =>
    longer.map((i) => (traces[i] as Trace)[axis].slice(lengths[i] as number));
  // Plotly extends the arrays it was given; they are ours, so it gets copies at the start.
  void engine.extendTraces(element, { x: rest("x"), y: rest("y") }, longer);
}

function listen(plot: PlotElement, handlers: { current: PlotHandlers }): void {
  plot.on("plotly_relayout", (change: Record<string, unknown>) => {
    const [from, to] = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
    if (typeof from === "number" && typeof to === "number") handlers.current.onRange?.([from, to]);
    else if (change["xaxis.autorange"]) handlers.current.onRange?.(null);
  });
  plot.on("plotly_click", (event: { points: { x: unknown }[] }) => {
    const x = event.points[0]?.x;
    if (typeof x === "number") handlers.current.onPick?.(x);
  });
}
