import { Button, Stack, Table } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconFileDownload, IconPlayerStop } from "@tabler/icons-react";
import { Link, useParams } from "react-router";
import { ApiProblem } from "@/api/problem";
import { useStudy } from "@/api/queries";
import { useMove } from "@/api/runs";
import type { Run, Study } from "@/api/types";
import { Confirm } from "@/components/Confirm";
import { Empty, Failed, Loading } from "@/components/Empty";
import { PageHead } from "@/components/PageHead";
import { Panel } from "@/components/Panel";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { VerdictBadge } from "@/components/VerdictBadge";
import { ComparisonView } from "@/features/shared/comparison/ComparisonView";
import { RunActions } from "@/features/shared/RunActions";
import { count, withError } from "@/lib/format";
import { outcome } from "@/lib/outcome";
import { runTitle, runVerdict } from "@/lib/runs";
import { StudyProgress } from "./StudyProgress";
import classes from "./studies.module.css";

/** One study: how far the whole is, what it says so far, and its runs. */
export function StudyPage() {
  const { studyId = "" } = useParams();
  const study = useStudy(studyId);
  if (study.isPending) return <Loading what="the study" />;
  if (study.data) return <Loaded study={study.data} />;
  if (study.error instanceof ApiProblem && study.error.notFound) return <Unknown id={studyId} />;
  return <Failed what="The study" error={study.error} retry={() => study.refetch()} />;
}

function Loaded({ study }: { study: Study }) {
  const name = study.name || study.preset || study.id;
  return (
    <>
      <PageHead
        title={name}
        tab={name}
        lead={
          <>
            {count(study.runs.length, "run")}, created <Time at={study.created_at} />
          </>
        }
      >
        <StopAll runs={study.runs} />
        <Button
          component="a"
          href={`/api/studies/${study.id}/report`}
          download
          variant="default"
          size="xs"
          leftSection={<IconFileDownload size={15} />}
        >
          Download the report
        </Button>
      </PageHead>
      <Stack gap="md">
        <Panel title="Progress">
          <StudyProgress study={study} />
        </Panel>
        <ComparisonView
          study={study.id}
          empty={
            <Panel>
              <Empty title="This study has no runs left" order={2} />
            </Panel>
          }
        />
        <Runs runs={study.runs} />
      </Stack>
    </>
  );
}

function StopAll({ runs }: { runs: Run[] }) {
  const move = useMove();
  const going = runs.filter((run) => run.moves.includes("stop"));
  if (going.length === 0) return null;
  const stop = async () => {
    const results = await Promise.allSettled(
      going.map((run) => move.mutateAsync({ id: run.id, move: "stop" })),
    );
    const refused = results.some((result) => result.status === "rejected");
    notifications.show({
      message: outcome("asked to stop", results),
      color: refused ? "red" : undefined,
    });
  };
  return (
    <Confirm
      title="Stop the whole study?"
      body="Runs in progress end after their current iteration and keep what they have; queued ones leave the queue."
      action={`Stop ${count(going.length, "run")}`}
      onConfirm={stop}
    >
      {(ask) => (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlayerStop size={15} />}
          onClick={ask}
        >
          Stop all
        </Button>
      )}
    </Confirm>
  );
}

function Runs({ runs }: { runs: Run[] }) {
  return (
    <Panel title={`Runs (${runs.length})`} flush>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take focus */}
      <section className={classes.scroll} tabIndex={0} aria-label="Runs of the study">
        <Table highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Run</Table.Th>
              <Table.Th scope="col">Seed</Table.Th>
              <Table.Th scope="col">State</Table.Th>
              <Table.Th scope="col">Iteration</Table.Th>
              <Table.Th scope="col">Return</Table.Th>
              <Table.Th scope="col">Cost</Table.Th>
              <Table.Th>
                <span className="visually-hidden">Actions</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {runs.map((run) => (
              <Table.Tr key={run.id}>
                <Table.Td>
                  <Link to={`/runs/${run.id}`}>{runTitle(run)}</Link>
                </Table.Td>
                <Table.Td>{run.seed}</Table.Td>
                <Table.Td>
                  <StateBadge state={run.state} />
                </Table.Td>
                <Table.Td>
                  {run.iteration} of {run.iterations}
                </Table.Td>
                <Table.Td>{withError(run.latest?.return, run.latest?.return_se)}</Table.Td>
                <Table.Td>
                  <VerdictBadge verdict={runVerdict(run)} />
                </Table.Td>
                <Table.Td>
                  <RunActions run={run} form="icons" />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </section>
    </Panel>
  );
}

function Unknown({ id }: { id: string }) {
  return (
    <>
      <PageHead title="No such study" tab="No such study" />
      <Panel>
        <Empty
          order={2}
          title={`There is no study ${id}`}
          actions={
            <Button component={Link} to="/studies">
              Go to the studies
            </Button>
          }
        >
          <p>The address may be mistyped.</p>
        </Empty>
      </Panel>
    </>
  );
}
