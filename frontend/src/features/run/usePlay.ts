import { useEffect, useState } from "react";

/** The whole of training in about ten seconds, however long it was. */
const FRAMES = 100;
const FRAME_MS = 100;

/** Steps the chosen iteration forward until the newest; starts over when it is at the end. */
export function usePlay(
  newest: number,
  chosen: number,
  choose: (iteration: number) => void,
): [boolean, () => void] {
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    if (!playing) return;
    if (chosen >= newest) {
      setPlaying(false);
      return;
    }
    const step = Math.max(1, Math.round(newest / FRAMES));
    const pause = newest < FRAMES ? Math.min(400, (FRAME_MS * FRAMES) / newest) : FRAME_MS;
    const timer = setTimeout(() => choose(Math.min(chosen + step, newest)), pause);
    return () => clearTimeout(timer);
  }, [playing, chosen, newest, choose]);
  const toggle = () => {
    if (!playing && chosen >= newest) choose(1);
    setPlaying(!playing);
  };
  return [playing, toggle];
}
