import { Stack } from "@mantine/core";
import { QUEUE_EVERY_MS, useRuns } from "@/api/runs";
import type { Run } from "@/api/types";
import { Failed, Loading } from "@/components/Empty";
import { PageHead } from "@/components/PageHead";
import { ACTIVE } from "@/lib/runs";
import { Aside } from "./Aside";
import { FinishedRuns } from "./FinishedRuns";
import { FirstSteps } from "./FirstSteps";
import classes from "./home.module.css";
import { Queue } from "./Queue";
import { RunningRuns } from "./RunningRuns";

/** What runs, what waits, what is done. */
export function HomePage() {
  const active = useRuns({
    state: [...ACTIVE, "paused"],
    limit: 100,
  });
  const queued = useRuns(
    { state: ["queued"], sort: "priority", order: "desc", limit: 200 },
    QUEUE_EVERY_MS,
  );
  const any = useRuns({ limit: 1 });
  if (any.isPending) return <Loading what="runs" />;
  if (any.isError && !any.data)
    return <Failed what="The runs" error={any.error} retry={() => any.refetch()} />;
  if (any.data.total === 0) return <FirstSteps />;
  const running = active.data?.runs ?? [];
  const waiting = queued.data ?? { runs: [], total: 0 };
  return (
    <>
      <PageHead title="Home" tab="Costline" lead={summary(running, waiting.total)} />
      <div className={classes.top}>
        <Stack gap="md">
          <RunningRuns runs={running} />
          <Queue runs={waiting.runs} total={waiting.total} />
        </Stack>
        <Aside runs={running} />
      </div>
      <FinishedRuns />
    </>
  );
}

function summary(active: Run[], queued: number): string {
  const paused = active.filter((run) => run.state === "paused").length;
  const parts = [`${active.length - paused} running`, `${queued} queued`];
  return (paused > 0 ? [...parts, `${paused} paused`] : parts).join(", ");
}
