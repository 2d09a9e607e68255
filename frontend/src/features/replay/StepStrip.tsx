import { type MouseEvent, useMemo } from "react";
import { number } from "@/lib/format";
import type { ReplayRecord } from "./record";
import classes from "./replay.module.css";

interface Props {
  title: string;
  record: ReplayRecord;
  steps: number[];
  step: number;
  seek: (frame: number) => void;
}

/** What each step cost; the line is the playhead. A click goes there, Enter to the next cost. */
export function StepStrip({ title, record, steps, step, seek }: Props) {
  const total = steps.reduce((sum, cost) => sum + cost, 0);
  const words = `${title} per step: ${number(total)} in ${steps.length} steps`;
  const drawing = useMemo(() => bars(steps), [steps]);
  const go = (event: MouseEvent<HTMLButtonElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    // A press of Enter has no position.
    const next = steps.findIndex((cost, k) => cost > 0 && k >= step);
    const to =
      event.detail === 0
        ? (next < 0 ? steps.findIndex((cost) => cost > 0) : next) + 1
        : ((event.clientX - box.left) / box.width) * steps.length;
    seek(Math.ceil(to / record.steps_per_frame));
  };
  return (
    <>
      <button
        type="button"
        className={classes.strip}
        onClick={go}
        title={words}
        aria-label={`${words}. Go to a step with cost.`}
      >
        <svg
          viewBox={`0 0 ${Math.max(steps.length, 1)} 1`}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          <path d={drawing} fill="var(--cl-over)" />
        </svg>
        <span
          className={classes.head}
          style={{ left: `${(100 * step) / Math.max(steps.length, 1)}%` }}
        />
      </button>
      <div className={classes.stripWords}>{words}</div>
    </>
  );
}

/** One upright bar per step with cost, in a box as wide as there are steps and 1 high. */
function bars(steps: number[]): string {
  const highest = steps.reduce((most, cost) => Math.max(most, cost), 1e-9);
  return steps
    .map((cost, k) => (cost > 0 ? `M${k} 1V${1 - cost / highest}H${k + 1}V1Z` : ""))
    .join("");
}
