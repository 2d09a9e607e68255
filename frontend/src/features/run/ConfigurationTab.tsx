import { useCatalog } from "@/api/queries";
import { useRun } from "@/api/runs";
import type { Run } from "@/api/types";
import { Code } from "@/components/Code";
import { Failed, Loading } from "@/components/Empty";
import { Pairs } from "@/components/Pairs";
import { differences, plainText } from "@/lib/difference";

/** What was asked for: first what differs from the parent or the preset, then everything. */
export function ConfigurationTab({ run }: { run: Run }) {
  const catalog = useCatalog();
  const preset = catalog.data?.tasks.find((t) => t.name === run.task)?.presets[run.preset];
  return (
    <>
      {run.parent_id && <FromParent run={run} parentId={run.parent_id} />}
      {preset && (
        <Difference
          title={`Changes from the preset “${preset.title}”`}
          from={{ ...preset.config, seed: run.seed, algorithm: run.algorithm }}
          to={run.config}
        />
      )}
      <h3>All settings</h3>
      <Code label="The run's configuration" text={JSON.stringify(run.config, null, 2)} />
    </>
  );
}

function FromParent({ run, parentId }: { run: Run; parentId: string }) {
  const parent = useRun(parentId);
  if (parent.isPending) return <Loading what="its parent" />;
  if (!parent.data)
    return <Failed what="Its parent" error={parent.error} retry={() => parent.refetch()} />;
  return (
    <Difference title="Differences from its parent" from={parent.data.config} to={run.config} />
  );
}

interface DifferenceProps {
  title: string;
  from: Record<string, unknown>;
  to: Record<string, unknown>;
}

function Difference({ title, from, to }: DifferenceProps) {
  const rows = differences(from, to);
  return (
    <>
      <h3 style={{ marginTop: 0 }}>{title}</h3>
      {rows.length === 0 ? (
        <p>None.</p>
      ) : (
        <Pairs pairs={rows.map((d) => [d.path, `${plainText(d.from)} → ${plainText(d.to)}`])} />
      )}
    </>
  );
}
