import { Stack } from "@mantine/core";
import { useRuns } from "@/api/runs";
import { Failed, Loading } from "@/components/Empty";
import { PageHead } from "@/components/PageHead";
import { FinishedRuns } from "./FinishedRuns";
import { FirstSteps } from "./FirstSteps";
import { Queue } from "./Queue";
import { RunningRuns } from "./RunningRuns";

/** What runs, what waits, what is done. */
export function HomePage() {
  const active = useRuns({
    state: ["starting", "running", "pausing", "paused", "stopping"],
    limit: 100,
  });
  const queued = useRuns({ state: ["queued"], limit: 200 });
  const any = useRuns({ limit: 1 });
  if (any.isPending) return <Loading what="runs" />;
  if (any.isError && !any.data)
    return <Failed what="The runs" error={any.error} retry={() => any.refetch()} />;
  if (any.data.total === 0) return <FirstSteps />;
  return (
    <>
      <PageHead title="Runs" tab="Costline" />
      <Stack gap="md">
        <RunningRuns runs={active.data?.runs ?? []} />
        <Queue runs={queued.data?.runs ?? []} />
        <FinishedRuns />
      </Stack>
    </>
  );
}
