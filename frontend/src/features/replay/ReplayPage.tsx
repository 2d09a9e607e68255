import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { keys } from "@/api/keys";
import { type Replay, useReplays } from "@/api/policies";
import { ApiProblem } from "@/api/problem";
import { useRun } from "@/api/runs";
import type { Run } from "@/api/types";
import { Empty, Failed, Loading } from "@/components/Empty";
import { PageHead } from "@/components/PageHead";
import { Panel } from "@/components/Panel";
import { useAddress } from "@/features/shared/useAddress";
import { isFinished, runTitle } from "@/lib/runs";
import { Player } from "./Player";
import { fetchRecord } from "./record";
import classes from "./replay.module.css";

/** A recorded rollout, drawn by the browser: no OpenGL is needed where it was recorded. */
export function ReplayPage() {
  const { runId = "" } = useParams();
  const run = useRun(runId);
  if (run.isPending) return <Loading what="the run" />;
  if (run.data) return <RunReplays run={run.data} />;
  if (run.error instanceof ApiProblem && run.error.notFound)
    return (
      <Panel>
        <Empty title={`There is no run ${runId}`} order={1}>
          <p>
            <Link to="/">See the runs</Link>.
          </p>
        </Empty>
      </Panel>
    );
  return <Failed what="The run" error={run.error} retry={() => run.refetch()} />;
}

function RunReplays({ run }: { run: Run }) {
  const replays = useReplays(run.id);
  const [address, replace] = useAddress();
  const list = replays.data?.replays ?? [];
  const asked = Number(address.get("iteration") ?? Number.NaN);
  // A rollout is not recorded of every policy: the one before it is the nearest to what it does.
  const before = list.findLast((replay) => replay.iteration <= asked);
  const chosen = Number.isNaN(asked) ? list.at(-1) : (before ?? list[0]);
  const choose = (iteration: number) =>
    replace(new URLSearchParams({ iteration: String(iteration) }));
  return (
    <>
      <PageHead
        title={`Replay${chosen ? ` of iteration ${chosen.iteration}` : ""}: ${runTitle(run)}`}
        tab={`Replay of ${runTitle(run)}`}
        lead="A rollout rendered by your browser from its recorded states. Drag to turn, scroll to come nearer."
      >
        <Button component={Link} to={`/policies/${run.id}`} variant="default" size="xs">
          Its policies
        </Button>
        <Button component={Link} to={`/runs/${run.id}`} variant="default" size="xs">
          See the run
        </Button>
      </PageHead>
      {replays.isPending && <Loading what="rollouts" />}
      {replays.isError && !replays.data && (
        <Failed what="Rollouts" error={replays.error} retry={() => replays.refetch()} />
      )}
      {replays.data && !chosen && <NoReplay run={run} />}
      {chosen && (
        <>
          {asked > 0 && asked !== chosen.iteration && (
            <p className={classes.note} role="note">
              No rollout was recorded of iteration {asked}; the nearest one is shown.
            </p>
          )}
          <Recorded key={chosen.url} run={run} replay={chosen} />
          <fieldset className={classes.chips}>
            <legend>Rollouts in training</legend>
            {list.map(({ iteration }) => (
              <Button
                key={iteration}
                size="compact-sm"
                variant={iteration === chosen.iteration ? "filled" : "default"}
                aria-pressed={iteration === chosen.iteration}
                onClick={() => choose(iteration)}
              >
                it. {iteration}
              </Button>
            ))}
          </fieldset>
        </>
      )}
    </>
  );
}

function Recorded({ run, replay }: { run: Run; replay: Replay }) {
  const record = useQuery({
    queryKey: keys.recordStates(replay.url),
    queryFn: ({ signal }) => fetchRecord(replay.url, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (record.isPending) return <Loading what="the rollout" />;
  if (!record.data)
    return <Failed what="The rollout" error={record.error} retry={() => record.refetch()} />;
  if (!record.data.stage)
    return (
      <Panel>
        <Empty title="This rollout cannot be replayed" order={2}>
          <p>
            {run.task} keeps its state to itself, or the rollout was recorded by an older version.
            Its video is on the <Link to={`/runs/${run.id}`}>run's page</Link>.
          </p>
        </Empty>
      </Panel>
    );
  return (
    <Player run={run} iteration={replay.iteration} record={record.data} stage={record.data.stage} />
  );
}

function NoReplay({ run }: { run: Run }) {
  const every = Number(run.config.video_every ?? 0);
  const words = () => {
    if (every === 0) return "This run's “Video every” is 0. Clone it with another value.";
    if (isFinished(run.state)) return "The run ended before its first rollout was recorded.";
    return `One is recorded every ${every} iterations, and at the end.`;
  };
  return (
    <Panel>
      <Empty title="No rollout has been recorded yet" order={2}>
        <p>{words()}</p>
      </Empty>
    </Panel>
  );
}
