import { Button, Group, Select, Tabs } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { usePolicies } from "@/api/policies";
import type { Policy, Run } from "@/api/types";
import { Code } from "@/components/Code";
import { Empty, Failed, Loading } from "@/components/Empty";
import { bytes } from "@/lib/format";
import { isFinished } from "@/lib/runs";

interface Props {
  run: Run;
  /** The checkpoint, where the page around already lets people choose. */
  iteration?: number;
}

/** The policy of any kept iteration in every format, with a program that runs it. */
export function PolicyDownloads({ run, iteration }: Props) {
  const [chosen, setChosen] = useState<number | null>(null);
  const [asked, setAsked] = useState<string | null>(null);
  const list = usePolicies(run, asked !== null);
  // An export is awaited until its hash is there, or its checkpoint is no longer kept.
  if (asked && list.data && !list.data.policies.some((p) => p.url === asked && p.sha256 === null))
    setAsked(null);
  if (list.isPending) return <Loading what="policies" />;
  if (!list.data) return <Failed what="Policies" error={list.error} retry={() => list.refetch()} />;
  const { iterations, best_feasible: best } = list.data;
  if (iterations.length === 0) return <NoPolicy run={run} />;
  const wanted =
    [iteration, chosen, best].find((it) => it != null && iterations.includes(it)) ??
    iterations.at(-1);
  const last = iterations.at(-1);
  const label = (it: number) =>
    `iteration ${it}${it === best ? ", best feasible" : ""}${it === last ? ", newest" : ""}`;
  const formats = list.data.policies.filter((policy) => policy.iteration === wanted);
  return (
    <>
      {iteration === undefined && (
        <Select
          label="Checkpoint"
          maw={340}
          mb="md"
          data={[...iterations].reverse().map((it) => ({ value: String(it), label: label(it) }))}
          value={String(wanted)}
          onChange={(value) => setChosen(Number(value))}
          allowDeselect={false}
        />
      )}
      <Tabs defaultValue={formats[0]?.format} variant="pills" keepMounted={false}>
        <Tabs.List mb="md">
          {formats.map((policy) => (
            <Tabs.Tab key={policy.format} value={policy.format}>
              {policy.title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {formats.map((policy) => (
          <Tabs.Panel key={policy.format} value={policy.format}>
            <Download policy={policy} onDownload={() => setAsked(policy.url)} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  );
}

function Download({ policy, onDownload }: { policy: Policy; onDownload: () => void }) {
  return (
    <>
      <Group mb="sm" gap="sm">
        <Button
          component="a"
          href={policy.url}
          download={policy.filename}
          leftSection={<IconDownload size={16} />}
          onClick={onDownload}
        >
          Download {policy.title}
        </Button>
        {policy.size !== null && <span>{bytes(policy.size)}</span>}
      </Group>
      <p style={{ overflowWrap: "anywhere" }}>
        {policy.sha256 ? (
          <>
            sha256 <code>{policy.sha256}</code>
          </>
        ) : (
          "Its sha256 is shown here once the file has been made, at the first download."
        )}
      </p>
      <p>
        Observation statistics and the actions' range are inside the file, and so are the
        configuration and the limits. Run it with <code>{policy.install}</code> and:
      </p>
      <Code label={`Run the ${policy.title} policy`} text={policy.snippet.trimEnd()} />
    </>
  );
}

function NoPolicy({ run }: { run: Run }) {
  if (isFinished(run.state))
    return (
      <Empty title="No policy was kept">
        <p>The run ended before its first checkpoint.</p>
      </Empty>
    );
  return (
    <Empty title="No policy yet">
      <p>
        The first checkpoint comes with iteration {String(run.config.checkpoint_every ?? "")}; it
        can be downloaded while the run goes on.
      </p>
    </Empty>
  );
}
