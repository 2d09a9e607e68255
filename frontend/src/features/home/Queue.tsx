import { ActionIcon, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { Link } from "react-router";
import { messageOf } from "@/api/problem";
import { usePlaceRun } from "@/api/runs";
import type { Run } from "@/api/types";
import { Panel } from "@/components/Panel";
import { Shown } from "@/components/Shown";
import { RunActions } from "@/features/shared/RunActions";
import { useNow } from "@/features/shared/useNow";
import { runTitle, startWords } from "@/lib/runs";
import classes from "./home.module.css";

interface Props {
  /** Those at its front. */
  runs: Run[];
  total: number;
}

/** The queue in the order in which workers will claim it. */
export function Queue({ runs, total }: Props) {
  const place = usePlaceRun();
  const now = useNow(1000);
  if (runs.length === 0) return null;
  const ordered = [...runs].sort((a, b) => (a.queue_position ?? 1e9) - (b.queue_position ?? 1e9));
  const move = (body: { id: string; before?: string; after?: string }) =>
    place.mutate(body, {
      onError: (error) =>
        notifications.show({ color: "red", title: "Could not move", message: messageOf(error) }),
    });
  return (
    <Panel title={`Queue (${total})`} flush>
      <ol className={classes.queue} aria-label="Queue">
        {ordered.map((run, at) => {
          const [above, below] = [ordered[at - 1], ordered[at + 1]];
          return (
            <li key={run.id}>
              <span className={classes.position}>{run.queue_position ?? "–"}</span>
              <span className={classes.grow}>
                <Link to={`/runs/${run.id}`} className={classes.title}>
                  {runTitle(run)}
                </Link>
                <div className={classes.sub}>
                  {startWords(run, now)}
                  {run.priority !== 0 && `, priority ${run.priority}`}
                </div>
                {run.reason && <div className={classes.sub}>{run.reason}</div>}
              </span>
              <span className={classes.buttons}>
                <MoveButton
                  word="Up"
                  run={run}
                  onClick={above && (() => move({ id: run.id, before: above.id }))}
                >
                  <IconArrowUp size={16} />
                </MoveButton>
                <MoveButton
                  word="Down"
                  run={run}
                  onClick={below && (() => move({ id: run.id, after: below.id }))}
                >
                  <IconArrowDown size={16} />
                </MoveButton>
                <RunActions run={run} form="icons" />
              </span>
            </li>
          );
        })}
      </ol>
      <Shown count={runs.length} total={total} />
    </Panel>
  );
}

interface MoveButtonProps {
  word: string;
  run: Run;
  /** Absent at the end of the queue. */
  onClick: (() => void) | undefined;
  children: React.ReactNode;
}

function MoveButton({ word, run, onClick, children }: MoveButtonProps) {
  return (
    <Tooltip label={`${word} one place`}>
      <ActionIcon
        variant="default"
        size={32}
        disabled={!onClick}
        onClick={onClick}
        aria-label={`${word} one place: ${runTitle(run)}`}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
