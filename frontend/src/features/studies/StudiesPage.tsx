import { Button, Stack, Table } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconFlask2, IconPlayerPlay } from "@tabler/icons-react";
import { Link, useNavigate } from "react-router";
import { messageOf } from "@/api/problem";
import { useCatalog, useCreateStudy, useStudies, useStudyEstimate } from "@/api/queries";
import type { CatalogStudy, Study } from "@/api/types";
import { Empty, Failed, Loading } from "@/components/Empty";
import { PageHead } from "@/components/PageHead";
import { Panel } from "@/components/Panel";
import { Shown } from "@/components/Shown";
import { Time } from "@/components/Time";
import { useDemoRun } from "@/features/shared/useDemoRun";
import { about, count } from "@/lib/format";
import { OwnStudy } from "./OwnStudy";
import { StudyProgress } from "./StudyProgress";
import classes from "./studies.module.css";

/** Comparisons that answer one question, started in one click. */
export function StudiesPage() {
  const catalog = useCatalog();
  const studies = useStudies();
  return (
    <>
      <PageHead
        title="Studies"
        tab="Studies"
        lead="A study is a set of runs that answer one question together: algorithms by seeds, or a ready-made comparison."
      />
      <Stack gap="md">
        <Panel title="Start a study">
          <div className={classes.presets}>
            {catalog.data?.studies.map((preset) => (
              <Preset key={preset.name} preset={preset} />
            ))}
            {catalog.data?.studies.length === 0 && (
              <Empty title="This installation has no ready-made studies" />
            )}
            <Demo />
          </div>
        </Panel>
        <Panel title="Or a comparison of your own">
          {catalog.data ? <OwnStudy catalog={catalog.data} /> : <Loading what="tasks" />}
        </Panel>
        <Panel title="Studies so far" flush>
          {studies.isPending && <Loading what="studies" />}
          {studies.isError && !studies.data && (
            <Failed what="Studies" error={studies.error} retry={() => studies.refetch()} />
          )}
          {studies.data?.studies.length === 0 && (
            <Empty title="No study yet">
              <p>Start one above; its runs share the queue with all others.</p>
            </Empty>
          )}
          {studies.data && studies.data.studies.length > 0 && (
            <StudyTable studies={studies.data.studies} />
          )}
          <Shown count={studies.data?.studies.length ?? 0} total={studies.data?.total ?? 0} />
        </Panel>
      </Stack>
    </>
  );
}

function Preset({ preset }: { preset: CatalogStudy }) {
  const create = useCreateStudy();
  const navigate = useNavigate();
  const estimate = useStudyEstimate(preset.name);
  const start = () =>
    create.mutate(
      { preset: preset.name },
      {
        onSuccess: (study) => navigate(`/studies/${study.id}`),
        onError: (error) =>
          notifications.show({ color: "red", title: "Could not start", message: messageOf(error) }),
      },
    );
  return (
    <article className={classes.preset}>
      <h3>{preset.title}</h3>
      <p>{preset.summary}</p>
      <span className={classes.note}>
        {estimate.data && takes(estimate.data.seconds, preset.runs)}
      </span>
      <Button
        size="xs"
        leftSection={<IconFlask2 size={15} />}
        loading={create.isPending}
        onClick={start}
      >
        Start {count(preset.runs, "run")}
      </Button>
    </article>
  );
}

/** Not a study: one run, for whoever has two minutes. */
function Demo() {
  const demo = useDemoRun();
  return (
    <article className={classes.preset}>
      <h3>Point-Circle in two minutes</h3>
      <p>
        One run of small batches: the return rises while the cost settles at its limit. Nothing to
        compare, much to watch.
      </p>
      <Button
        size="xs"
        leftSection={<IconPlayerPlay size={15} />}
        loading={demo.busy}
        disabled={!demo.ready}
        onClick={demo.start}
      >
        Start a demo run
      </Button>
    </article>
  );
}

function takes(seconds: number | null, runs: number): string {
  if (seconds === null) return "How long it takes is known once such a run has been measured here.";
  return `Takes ${about(seconds)} here for all ${runs} runs.`;
}

function StudyTable({ studies }: { studies: Study[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take focus
    <section className={classes.scroll} tabIndex={0} aria-label="Studies">
      <Table highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Study</Table.Th>
            <Table.Th w="45%">Progress</Table.Th>
            <Table.Th>Created</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {studies.map((study) => (
            <Table.Tr key={study.id}>
              <Table.Td>
                <Link to={`/studies/${study.id}`}>{study.name || study.preset || study.id}</Link>
              </Table.Td>
              <Table.Td>
                <StudyProgress study={study} />
              </Table.Td>
              <Table.Td>
                <Time at={study.created_at} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
