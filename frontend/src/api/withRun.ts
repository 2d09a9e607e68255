import { isFinished, type Run, type Study } from "./types";

/**
 * The study with a newer version of one of its runs, and its progress with it. The time left is the
 * server's, who knows the pace and the slots.
 */
export function withRun(study: Study, run: Run): Study {
  const runs = study.runs.map((old) => (old.id === run.id ? run : old));
  const states: Record<string, number> = {};
  let [done, total, finished] = [0, 0, 0];
  for (const each of runs) {
    states[each.state] = (states[each.state] ?? 0) + 1;
    total += each.iterations;
    done += isFinished(each.state) ? each.iterations : each.iteration;
    if (isFinished(each.state)) finished += 1;
  }
  const progress = {
    total: runs.length,
    finished,
    fraction: total ? done / total : 0,
    eta_seconds: study.progress.eta_seconds,
  };
  return { ...study, runs, states, progress };
}
