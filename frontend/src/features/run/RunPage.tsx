import { Button, Stack } from "@mantine/core";
import { Link, useParams } from "react-router";
import { ApiProblem } from "@/api/problem";
import { useRun } from "@/api/runs";
import type { Run } from "@/api/types";
import { useRunMetrics } from "@/api/useMetrics";
import { ChartGroupProvider } from "@/components/chart/group";
import { Empty, Failed, Loading } from "@/components/Empty";
import { PageHead } from "@/components/PageHead";
import { Panel } from "@/components/Panel";
import { DeletedNote } from "@/features/shared/DeletedNote";
import { Charts } from "./Charts";
import { Details } from "./Details";
import { Failure } from "./Failure";
import { Kpis } from "./Kpis";
import { RunHeader } from "./RunHeader";
import { TimelineBar } from "./TimelineBar";
import { TimelineProvider } from "./timeline";

/** One run: how it does, what each update did, what it looks like, and its policy. */
export function RunPage() {
  const { runId = "" } = useParams();
  const run = useRun(runId);
  if (run.isPending) return <Loading what="the run" />;
  if (run.data) return <Loaded key={runId} run={run.data} />;
  if (run.error instanceof ApiProblem && run.error.notFound) return <Unknown id={runId} />;
  return <Failed what="The run" error={run.error} retry={() => run.refetch()} />;
}

function Loaded({ run }: { run: Run }) {
  const table = useRunMetrics(run.id);
  return (
    <TimelineProvider>
      <RunHeader run={run} />
      <DeletedNote run={run} />
      {run.state === "failed" && <Failure run={run} />}
      <Kpis run={run} />
      <TimelineBar run={run} table={table} />
      <ChartGroupProvider>
        <Stack gap="md">
          <Charts run={run} table={table} />
          <Details run={run} />
        </Stack>
      </ChartGroupProvider>
    </TimelineProvider>
  );
}

function Unknown({ id }: { id: string }) {
  return (
    <>
      <PageHead title="No such run" tab="No such run" />
      <Panel>
        <Empty
          order={2}
          title={`There is no run ${id}`}
          actions={
            <Button component={Link} to="/">
              Go to the runs
            </Button>
          }
        >
          <p>It may have been deleted, or the address is mistyped.</p>
        </Empty>
      </Panel>
    </>
  );
}
