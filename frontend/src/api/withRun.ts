import { isFinished, type Run, type Study } from "./types";

/** The study with a newer version of one of its runs, and its progress with it. */
export function withRun(study: Study, run: Run): Study {
  const runs = study.runs.map((old) => (old.id === run.id ? run : old));
  const states: Record<string, number> = {};
  let [done, total, finished] = [0, 0, 0];
  const left: number[] = [];
  for (const each of runs) {
    states[each.state] = (states[each.state] ?? 0) + 1;
    total += each.iterations;
    done += isFinished(each.state) ? each.iterations : each.iteration;
    if (isFinished(each.state)) finished += 1;
    if (each.eta_seconds !== null) left.push(each.eta_seconds);
  }
  const progress = {
    total: runs.length,
    finished,
    fraction: total ? done / total : 0,
    eta_seconds: left.length > 0 ? Math.max(...left) : null,
  };
  return { ...study, runs, states, progress };
}
