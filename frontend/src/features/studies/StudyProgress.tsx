import type { Study } from "@/api/types";
import { about } from "@/lib/format";
import { STATES } from "@/lib/runs";
import classes from "./studies.module.css";

/** Iterations done of all, and how many runs are in which state. */
export function StudyProgress({ study }: { study: Study }) {
  const { fraction, eta_seconds: eta, finished, total } = study.progress;
  const share = Math.round(fraction * 100);
  const states = STATES.filter((state) => study.states[state]);
  const left = eta !== null && share < 100 ? `, ${about(eta)} left` : "";
  return (
    <div>
      <div
        className={classes.progress}
        role="progressbar"
        aria-label={`Progress of ${study.name}`}
        aria-valuenow={share}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <i style={{ width: `${share}%` }} />
      </div>
      <span className={classes.note}>
        {share} % of all iterations{left}; {finished} of {total} runs finished (
        {states.map((state) => `${study.states[state]} ${state}`).join(", ")})
      </span>
    </div>
  );
}
