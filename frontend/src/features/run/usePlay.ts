import { useEffect, useRef } from "react";
import { useTimeline } from "./timeline";

/** The whole of training in about ten seconds, however long it was. */
const FRAMES = 100;
const FRAME_MS = 100;

/** Steps the chosen iteration forward until the newest; starts over when it is at the end. */
export function usePlay(newest: number): [boolean, () => void] {
  const { playing, setPlaying, iteration, change } = useTimeline();
  const chosen = iteration ?? newest;
  // Read at each tick: new rows must not start the clock anew.
  const now = useRef({ chosen, newest, change });
  now.current = { chosen, newest, change };
  const pause = newest < FRAMES ? Math.min(400, (FRAME_MS * FRAMES) / newest) : FRAME_MS;
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => {
      const { chosen: at, newest: end, change: to } = now.current;
      if (at >= end) setPlaying(false);
      else to({ iteration: Math.min(at + Math.max(1, Math.round(end / FRAMES)), end) });
    }, pause);
    return () => clearInterval(timer);
  }, [playing, pause, setPlaying]);
  const toggle = () => {
    if (!playing && chosen >= newest) change({ iteration: 1 });
    setPlaying(!playing);
  };
  return [playing, toggle];
}
