import type { Run, RunState } from "@/api/types";
import { type Verdict, verdictOf } from "./expressions";
import { about } from "./format";

/** States in which an attempt holds the run (server/domain/states.py). */
export const ACTIVE: RunState[] = ["starting", "running", "pausing", "stopping"];
export const FINISHED: RunState[] = ["succeeded", "stopped", "failed"];
/** Every state, in the order in which pages list them. */
export const STATES: RunState[] = ["queued", ...ACTIVE, "paused", ...FINISHED];

export function isActive(state: RunState): boolean {
  return ACTIVE.includes(state);
}

export function isFinished(state: RunState): boolean {
  return FINISHED.includes(state);
}

/** The run's own name, or what it is. */
export function runTitle(run: Run): string {
  return run.name || `${run.task} / ${run.algorithm} / seed ${run.seed}`;
}

/** What it is, beside a name of its own. */
export function runKind(run: Run): string {
  return `${run.task} / ${run.algorithm} / seed ${run.seed}`;
}

/** When a queued run is expected to begin; `now` in milliseconds. */
export function startWords(run: Run, now: number): string {
  if (run.expected_start === null) return "starts when a worker has room for it";
  const seconds = (new Date(run.expected_start).getTime() - now) / 1000;
  if (seconds <= 1) return run.queue_position === 1 ? "starts next" : "starts soon";
  return `starts in ${about(seconds)}`;
}

const ORDER: Verdict[] = ["within", "noise", "over"];

/** The worst verdict over all costs of the newest iteration; null before the first. */
export function runVerdict(run: Run): Verdict | null {
  const found = Object.values(run.latest?.costs ?? {}).map((c) => verdictOf(c.mean, c.se, c.limit));
  return found.reduce<Verdict | null>((worst, verdict) => {
    if (verdict === null) return worst;
    return worst === null || ORDER.indexOf(verdict) > ORDER.indexOf(worst) ? verdict : worst;
  }, null);
}

/** The columns a sparkline of these runs needs. */
export function sparkColumns(runs: Run[]): string[] {
  const costs = runs.flatMap((run) => run.costs.map((cost) => `cost_${cost.name}`));
  return ["iteration", "return", ...new Set(costs)].sort();
}
