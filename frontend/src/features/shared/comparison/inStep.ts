import { type RefObject, useEffect } from "react";

/** The part of a video element that playing in step needs. */
export type Playable = Pick<
  HTMLVideoElement,
  "currentTime" | "duration" | "ended" | "paused" | "play" | "pause"
>;

const LOOK_MS = 200;
/** Seconds apart from which the eye sees that two videos are not in step. */
const DRIFT = 0.15;

/**
 * One look at videos that play together. The longest leads; a shorter one holds its last picture
 * until the longest has ended, then all begin again.
 */
export function keepInStep(videos: Playable[]): void {
  const known = videos.filter((video) => video.duration > 0);
  const lead = known.reduce<Playable | null>(
    (best, video) => (best && best.duration >= video.duration ? best : video),
    null,
  );
  if (!lead) return;
  const begin = lead.ended;
  const at = begin ? 0 : lead.currentTime;
  for (const video of known) {
    const goal = Math.min(at, video.duration);
    if (begin || (video !== lead && Math.abs(video.currentTime - goal) > DRIFT))
      video.currentTime = goal;
    if (at >= video.duration) video.pause();
    else if (video.paused) void video.play().catch(() => {});
  }
}

/** Plays all videos in a box together while `playing`. */
export function useInStep(box: RefObject<HTMLElement | null>, playing: boolean): void {
  useEffect(() => {
    const all = () => [...(box.current?.querySelectorAll("video") ?? [])];
    if (!playing) {
      for (const video of all()) video.pause();
      return;
    }
    const look = () => keepInStep(all());
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [box, playing]);
}
