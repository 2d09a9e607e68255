import { type MouseEvent, type RefObject, useEffect, useRef } from "react";
import type { RolloutRecord } from "@/api/queries";
import { number } from "@/lib/format";
import classes from "./run.module.css";

interface Props {
  record: RolloutRecord;
  video: RefObject<HTMLVideoElement | null>;
  titles: Record<string, string>;
}

/** Where in the rollout cost arose, under the video; the line is the playhead, a click seeks. */
export function CostStrip({ record, video, titles }: Props) {
  return Object.entries(record.step_costs).map(([name, steps]) => (
    <Strip
      key={name}
      steps={steps}
      video={video}
      words={`${titles[name] ?? name} per step: ${number(record.costs[name])} in ${steps.length} steps`}
    />
  ));
}

interface StripProps {
  steps: number[];
  video: RefObject<HTMLVideoElement | null>;
  words: string;
}

function Strip({ steps, video, words }: StripProps) {
  const head = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    let frame = 0;
    // Every frame, past React: a playhead that lags is worse than none.
    const follow = () => {
      const { currentTime = 0, duration = 0 } = video.current ?? {};
      if (head.current)
        head.current.style.left = `${duration ? (100 * currentTime) / duration : 0}%`;
      frame = requestAnimationFrame(follow);
    };
    follow();
    return () => cancelAnimationFrame(frame);
  }, [video]);
  const seek = (event: MouseEvent<HTMLButtonElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    // A press of Enter has no position: it goes to the first step with cost.
    const first =
      Math.max(
        steps.findIndex((s) => s > 0),
        0,
      ) / Math.max(steps.length, 1);
    const share = event.detail === 0 ? first : (event.clientX - box.left) / box.width;
    if (video.current?.duration) video.current.currentTime = share * video.current.duration;
  };
  return (
    <>
      <button
        type="button"
        className={classes.costStrip}
        onClick={seek}
        title={words}
        aria-label={`${words}. Go to a step.`}
      >
        <svg viewBox={`0 0 ${steps.length} 1`} preserveAspectRatio="none" aria-hidden="true">
          <path d={bars(steps)} fill="var(--cl-over)" />
        </svg>
        <span ref={head} className={classes.head2} />
      </button>
      <div className={classes.sub}>{words}</div>
    </>
  );
}

/** One upright bar per step with cost, in a box as wide as there are steps and 1 high. */
function bars(steps: number[]): string {
  const highest = steps.reduce((most, step) => Math.max(most, step), 1e-9);
  return steps
    .map((step, i) => (step > 0 ? `M${i} 1V${1 - step / highest}H${i + 1}V1Z` : ""))
    .join("");
}
