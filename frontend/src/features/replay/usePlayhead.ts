import { useCallback, useEffect, useRef, useState } from "react";

export interface Playhead {
  frame: number;
  playing: boolean;
  seek: (frame: number) => void;
  toggle: () => void;
}

/** Frames at `fps` times `speed`; stops at the end, starts over from there. */
export function usePlayhead(frames: number, fps: number, speed: number): Playhead {
  const [frame, setFrame] = useState(0);
  const [playing, setPlaying] = useState(false);
  const exact = useRef(0);
  useEffect(() => {
    if (!playing) return;
    let last = performance.now();
    let request = 0;
    const step = (now: number) => {
      exact.current = Math.min(exact.current + ((now - last) / 1000) * fps * speed, frames - 1);
      last = now;
      setFrame(Math.floor(exact.current));
      if (exact.current >= frames - 1) setPlaying(false);
      else request = requestAnimationFrame(step);
    };
    request = requestAnimationFrame(step);
    return () => cancelAnimationFrame(request);
  }, [playing, frames, fps, speed]);
  const seek = useCallback(
    (to: number) => {
      exact.current = Math.max(0, Math.min(Math.round(to), frames - 1));
      setFrame(exact.current);
    },
    [frames],
  );
  const toggle = () => {
    if (!playing && frame >= frames - 1) seek(0);
    setPlaying(!playing);
  };
  return { frame, playing, seek, toggle };
}
