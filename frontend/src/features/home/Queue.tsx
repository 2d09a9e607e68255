import { ActionIcon, Tooltip } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { Link } from "react-router";
import { usePatchRun } from "@/api/runs";
import type { Run } from "@/api/types";
import { Panel } from "@/components/Panel";
import { StateBadge } from "@/components/StateBadge";
import { RunActions } from "@/features/shared/RunActions";
import { about } from "@/lib/format";
import { runTitle } from "@/lib/runs";
import classes from "./home.module.css";

/** The queue in the order in which workers will claim it; order follows priority. */
export function Queue({ runs }: { runs: Run[] }) {
  const patch = usePatchRun();
  if (runs.length === 0) return null;
  const ordered = [...runs].sort((a, b) => (a.queue_position ?? 1e9) - (b.queue_position ?? 1e9));
  const raise = (run: Run, by: number) =>
    patch.mutate({ id: run.id, body: { priority: run.priority + by } });
  return (
    <Panel title={`Queue (${runs.length})`} flush>
      <ol className={classes.queue}>
        {ordered.map((run) => (
          <li key={run.id}>
            <span className={classes.position}>{run.queue_position ?? "–"}</span>
            <span className={classes.grow}>
              <Link to={`/runs/${run.id}`} className={classes.title}>
                {runTitle(run)}
              </Link>
              <div className={classes.sub}>
                {startWords(run)}
                {run.priority !== 0 && `, priority ${run.priority}`}
              </div>
              {run.reason && <div className={classes.sub}>{run.reason}</div>}
            </span>
            <StateBadge state={run.state} />
            <Tooltip label="Higher priority">
              <ActionIcon
                variant="default"
                size="md"
                onClick={() => raise(run, 1)}
                aria-label={`Higher priority: ${runTitle(run)}`}
              >
                <IconArrowUp size={15} />
              </ActionIcon>
            </Tooltip>
            <Tooltip label="Lower priority">
              <ActionIcon
                variant="default"
                size="md"
                onClick={() => raise(run, -1)}
                aria-label={`Lower priority: ${runTitle(run)}`}
              >
                <IconArrowDown size={15} />
              </ActionIcon>
            </Tooltip>
            <RunActions run={run} compact />
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function startWords(run: Run): string {
  if (run.expected_start === null) return "starts when a worker has a free slot";
  const seconds = (new Date(run.expected_start).getTime() - Date.now()) / 1000;
  return seconds <= 1 ? "starts next" : `starts in ${about(seconds)}`;
}
