import { Alert, Button } from "@mantine/core";
import { IconAlertTriangle, IconRocket } from "@tabler/icons-react";
import { messageOf } from "@/api/problem";
import type { Estimate, Run } from "@/api/types";
import { Pairs } from "@/components/Pairs";
import { Panel } from "@/components/Panel";
import { plainText } from "@/lib/difference";
import { about, count } from "@/lib/format";
import { type Draft, differencesFrom, requestedConfig } from "./draft";
import classes from "./launch.module.css";

interface Props {
  draft: Draft;
  base: Record<string, unknown>;
  parent: Run | null;
  seeds: number;
  problems: Record<string, string>;
  estimate: Estimate | undefined;
  error: unknown;
  busy: boolean;
}

/** Summary of what starts, how long it takes, and the button. */
export function LaunchSide({ draft, base, parent, seeds, problems, estimate, error, busy }: Props) {
  const wrong = Object.keys(problems).length;
  const iterations = Number(draft.changes.iterations ?? base.iterations ?? 0);
  const batch = Number(draft.changes.batch_size ?? base.batch_size ?? 0);
  return (
    <>
      <Panel title="Summary">
        <Pairs
          pairs={[
            ["Runs", count(seeds, "run, one seed", "runs, one per seed")],
            [
              "Training",
              `${count(iterations, "iteration")} of ${batch.toLocaleString("en")} steps`,
            ],
            ["Takes", <Takes key="takes" estimate={estimate} seeds={seeds} />],
          ]}
        />
        {parent ? (
          <Changes
            title="Differences from its parent"
            none="Nothing differs yet: with the same seed this would be the same run."
            rows={differencesFrom(parent, draft, base).map((d) => [d.path, d.from, d.to])}
          />
        ) : (
          <Changes
            title="Changes from the preset"
            none="None."
            rows={Object.entries(requestedConfig(draft, base)).map(([k, v]) => [k, base[k], v])}
          />
        )}
        {Boolean(error) && wrong === 0 && (
          <Alert color="red" icon={<IconAlertTriangle size={18} />} mt="md">
            {messageOf(error)}
          </Alert>
        )}
      </Panel>
      <div className={classes.action}>
        <Button
          type="submit"
          fullWidth
          size="md"
          loading={busy}
          leftSection={<IconRocket size={17} />}
        >
          Start {seeds > 1 ? `${seeds} runs` : "the run"}
        </Button>
        {wrong > 0 && (
          <p className={classes.note} role="status">
            {count(wrong, "field needs", "fields need")} attention.
          </p>
        )}
      </div>
    </>
  );
}

function Takes({ estimate, seeds }: { estimate: Estimate | undefined; seeds: number }) {
  if (!estimate) return <>–</>;
  if (estimate.seconds === null) return <>unknown until one such run has been measured here</>;
  return (
    <>
      {about(estimate.seconds)} {seeds > 1 ? "each" : ""} (from {count(estimate.based_on, "run")}{" "}
      here)
    </>
  );
}

interface ChangesProps {
  title: string;
  none: string;
  rows: [string, unknown, unknown][];
}

function Changes({ title, none, rows }: ChangesProps) {
  return (
    <>
      <h3 style={{ margin: "18px 0 6px", fontSize: 13 }}>{title}</h3>
      {rows.length === 0 && <p className={classes.note}>{none}</p>}
      <ul className={classes.diff}>
        {rows.map(([path, from, to]) => (
          <li key={path}>
            {path}: <del>{plainText(from)}</del> → <ins>{plainText(to)}</ins>
          </li>
        ))}
      </ul>
    </>
  );
}
