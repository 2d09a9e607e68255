import { expect, it } from "vitest";
import type { Run, Study } from "@/api/types";
import { withRun } from "@/api/withRun";

function buildRun(id: string, more: Partial<Run>): Run {
  return { id, state: "running", iteration: 0, iterations: 10, eta_seconds: null, ...more } as Run;
}

it("a study follows each of its runs, counts a stopped one as done and keeps its time left", () => {
  const study = {
    runs: [buildRun("a", {}), buildRun("b", {})],
    states: { running: 2 },
    progress: { total: 2, finished: 0, fraction: 0, eta_seconds: 60 },
  } as unknown as Study;
  const half = withRun(study, buildRun("a", { iteration: 5, eta_seconds: 3 }));
  expect(half.progress).toEqual({ total: 2, finished: 0, fraction: 0.25, eta_seconds: 60 });
  const ended = withRun(half, buildRun("a", { iteration: 5, state: "stopped" }));
  expect(ended.progress).toEqual({ total: 2, finished: 1, fraction: 0.5, eta_seconds: 60 });
  expect(ended.states).toEqual({ running: 1, stopped: 1 });
});
