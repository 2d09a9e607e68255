import type { PlotElement } from "plotly.js/lib/core";
import { type RefObject, useEffect, useRef, useState } from "react";
import classes from "./chart.module.css";
import type { Plain, Trace } from "./figure";

export interface PlotHandlers {
  onRange?: (range: [number, number] | null) => void;
  onPick?: (x: number) => void;
  /** A curve was clicked in the legend: once, or twice to see it alone. */
  onLegend?: (name: string, alone: boolean) => void;
}

interface Props extends PlotHandlers {
  traces: Trace[];
  layout: Plain;
  height: number;
  /** Receives the element while a plot is drawn in it, for export and for the shared crosshair. */
  onElement?: (element: PlotElement | null) => void;
}

type Engine = typeof import("./engine").default;
const CONFIG = { displayModeBar: false, responsive: true, doubleClick: "autosize" };

/** A Plotly figure that lives as long as its place on the page; data goes in, zoom stays. */
export function Plot({ traces, layout, height, onElement, ...given }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  /** The figure in the element: new with every first drawing, null when it was cleared. */
  const drawn = useRef<object | null>(null);
  const handlers = useRef<PlotHandlers>({});
  const [engine, setEngine] = useState<Engine | null>(null);
  const [problem, setProblem] = useState(false);
  const dragging = useDragging(holder);
  handlers.current = given;

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
    // Under a finger a drag is how the page is scrolled.
    const dragmode = matchMedia("(pointer: coarse)").matches ? false : "zoom";
    const figure = [element, traces, { ...layout, dragmode }, CONFIG] as const;
    if (drawn.current) {
      void engine.react(...figure);
      return;
    }
    const mine = {};
    drawn.current = mine;
    void engine.newPlot(...figure).then((plot) => {
      // Cleared while it was being drawn: what is gone must not join the others.
      if (drawn.current !== mine) return;
      listen(plot, handlers);
      onElement?.(plot);
    });
  }, [engine, traces, layout, onElement, dragging]);

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
  for (const [click, alone] of [
    ["plotly_legendclick", false],
    ["plotly_legenddoubleclick", true],
  ] as const)
    plot.on(click, ({ curveNumber }: { curveNumber: number }) => {
      handlers.current.onLegend?.(String(plot.data[curveNumber]?.name), alone);
      // What is shown is the page's to say: Plotly would keep a state of its own.
      return false;
    });
}
