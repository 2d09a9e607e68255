import { Stack } from "@mantine/core";
import { useHealth, useWorkers } from "@/api/queries";
import { useRuns } from "@/api/runs";
import { Code } from "@/components/Code";
import { Empty, Failed, Loading } from "@/components/Empty";
import { PageHead } from "@/components/PageHead";
import { Panel } from "@/components/Panel";
import { ACTIVE } from "@/lib/runs";
import { HealthPanel } from "./HealthPanel";
import { WorkerCard } from "./WorkerCard";
import classes from "./workers.module.css";

const PRESENT = ["running", "stopping"];

/** Which processes train, what each is doing, and how the service is. */
export function WorkersPage() {
  const workers = useWorkers();
  const health = useHealth();
  const active = useRuns({ state: ACTIVE, limit: 200 });
  const all = workers.data?.workers ?? [];
  const present = all.filter((worker) => PRESENT.includes(worker.state));
  const gone = all.filter((worker) => !PRESENT.includes(worker.state));
  const runs = active.data?.runs ?? [];
  const slots = present.reduce((sum, worker) => sum + worker.slots, 0);
  const used = runs.reduce((sum, run) => sum + (run.resources.slots ?? 1), 0);
  return (
    <>
      <PageHead
        title="Workers"
        tab="Workers"
        lead={
          present.length > 0
            ? `${used} of ${slots} slots in use. Workers take runs from the queue; the web server itself never trains.`
            : "Workers take runs from the queue; the web server itself never trains."
        }
      />
      <Stack gap="md">
        {workers.isPending && <Loading what="workers" />}
        {workers.isError && !workers.data && (
          <Failed what="Workers" error={workers.error} retry={() => workers.refetch()} />
        )}
        {workers.data && present.length === 0 && (
          <Panel>
            <Empty title="No worker runs" order={2}>
              <p>Queued runs wait. Start one here, or on any machine that reaches the database:</p>
              <Code label="Start a worker" text="costline worker" />
            </Empty>
          </Panel>
        )}
        {present.length > 0 && (
          <ul className={classes.cards} aria-label="Workers">
            {present.map((worker) => (
              <WorkerCard key={worker.id} worker={worker} runs={runs} />
            ))}
          </ul>
        )}
        {health.data && <HealthPanel health={health.data} />}
        {gone.length > 0 && (
          <Panel title="Stopped in the last 24 h">
            <ul className={classes.cards} aria-label="Stopped workers">
              {gone.map((worker) => (
                <WorkerCard key={worker.id} worker={worker} runs={runs} />
              ))}
            </ul>
          </Panel>
        )}
      </Stack>
    </>
  );
}
