import { useReducedMotion } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";

const LASTS_MS = 260;

type Numbers = Record<string, number | null>;

/**
 * Goes from the numbers shown to new ones in a moment; at once for people who asked for less
 * motion. A number that was or becomes unknown (null) does not travel.
 */
export function useEased<T extends Numbers>(target: T): T {
  const still = useReducedMotion();
  const [shown, setShown] = useState(target);
  const from = useRef(target);
  const key = JSON.stringify(target);
  useEffect(() => {
    const to = JSON.parse(key) as T;
    const start = { at: performance.now(), values: from.current };
    let request = 0;
    const step = (now: number) => {
      const time = still ? 1 : Math.min(Math.max((now - start.at) / LASTS_MS, 0), 1);
      const share = 1 - (1 - time) ** 3;
      from.current = between(start.values, to, share);
      setShown(from.current);
      if (time < 1) request = requestAnimationFrame(step);
    };
    step(start.at);
    return () => cancelAnimationFrame(request);
  }, [key, still]);
  return shown;
}

/** The numbers at `share` of the way, 1 being `to` itself. */
export function between<T extends Numbers>(from: T, to: T, share: number): T {
  const entries = Object.entries(to).map(([name, end]) => {
    const begin = from[name] ?? null;
    const moves = begin !== null && end !== null && share < 1;
    return [name, moves ? begin + (end - begin) * share : end];
  });
  return Object.fromEntries(entries) as T;
}
