import { QueryClient } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { keys } from "@/api/keys";
import { rememberRun } from "@/api/runs";
import type { Run, Study } from "@/api/types";

function buildRun(id: string, iteration: number): Run {
  return { id, study_id: "s", state: "running", iteration, iterations: 10 } as Run;
}

it("a newer run takes its old place in lists and its study, whose progress stays the server's", () => {
  const client = new QueryClient();
  const runs = [buildRun("a", 0), buildRun("b", 0)];
  const progress = { total: 2, finished: 0, fraction: 0, eta_seconds: 60 };
  client.setQueryData(keys.study("s"), { runs, progress });
  client.setQueryData(keys.runList({ limit: 2 }), { runs, total: 2 });
  rememberRun(client, buildRun("b", 5));
  const study = client.getQueryData<Study>(keys.study("s"));
  expect(study?.runs.map((run) => run.iteration)).toEqual([0, 5]);
  expect(study?.progress).toEqual(progress);
  const list = client.getQueryData<{ runs: Run[] }>(keys.runList({ limit: 2 }));
  expect(list?.runs.map((run) => run.iteration)).toEqual([0, 5]);
});
