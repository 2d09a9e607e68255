import { useDebouncedCallback } from "@mantine/hooks";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { currentParams } from "@/features/shared/currentParams";
import { useAddress } from "@/features/shared/useAddress";
import { numberOf, put, putRange, rangeOf } from "@/lib/address";
import { type XAxis, xAxisOf } from "@/lib/axis";

/** What all parts of the run page share: axis, zoom, smoothing, and the chosen iteration. */
export interface View {
  x: XAxis;
  logY: boolean;
  smoothing: number;
  range: [number, number] | null;
  /** null: the latest one, as it grows. */
  iteration: number | null;
  /** Name of the cost in whose plane updates are drawn; null: the first. */
  cost: string | null;
}

interface Timeline extends View {
  change: (part: Partial<View>) => void;
  /** Whether training is being played through; not part of the address. */
  playing: boolean;
  setPlaying: (playing: boolean) => void;
}

const Context = createContext<Timeline | null>(null);
export function useTimeline(): Timeline {
  const timeline = useContext(Context);
  if (!timeline) throw new Error("useTimeline needs a TimelineProvider above it");
  return timeline;
}

export function TimelineProvider({ children }: { children: ReactNode }) {
  const [params, replace] = useAddress();
  const [view, setView] = useState(() => readView(params));
  const [playing, setPlaying] = useState(false);
  // The address follows a moment later: a slider moves faster than browsers allow.
  const publish = useDebouncedCallback(
    (next: View) => replace(writeView(currentParams(), next)),
    300,
  );
  useEffect(() => publish(view), [view, publish]);
  const timeline = useMemo(
    () => ({
      ...view,
      playing,
      setPlaying,
      change: (part: Partial<View>) =>
        setView((old) => {
          const moved = part.x !== undefined && part.x !== old.x;
          return { ...old, ...(moved && { range: null }), ...part };
        }),
    }),
    [view, playing],
  );
  return <Context.Provider value={timeline}>{children}</Context.Provider>;
}

/** The view that an address describes; what it does not say, or says wrongly, is the default. */
export function readView(params: URLSearchParams): View {
  const x = xAxisOf(params);
  const smoothing = numberOf(params.get("smooth")) ?? 0;
  return {
    x,
    logY: params.get("log") === "1",
    smoothing: Math.min(Math.max(smoothing, 0), 0.99),
    range: rangeOf(params),
    iteration: numberOf(params.get("it")),
    cost: params.get("cost"),
  };
}

export function writeView(old: URLSearchParams, view: View): URLSearchParams {
  const next = new URLSearchParams(old);
  put(next, "x", view.x === "iteration" ? null : view.x);
  put(next, "log", view.logY ? "1" : null);
  put(next, "smooth", view.smoothing > 0 ? String(view.smoothing) : null);
  putRange(next, view.range);
  put(next, "it", view.iteration === null ? null : String(view.iteration));
  put(next, "cost", view.cost);
  return next;
}
