import { ActionIcon, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { Link } from "react-router";
import { messageOf } from "@/api/problem";
import { usePlaceRun } from "@/api/runs";
import type { Run } from "@/api/types";
import { Panel } from "@/components/Panel";
import { RunActions } from "@/features/shared/RunActions";
import { about } from "@/lib/format";
import { runTitle } from "@/lib/runs";
import classes from "./home.module.css";
import { useNow } from "./useNow";

/** The queue in the order in which workers will claim it. */
export function Queue({ runs }: { runs: Run[] }) {
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
    <Panel title={`Queue (${runs.length})`} flush>
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

function startWords(run: Run, now: number): string {
  if (run.expected_start === null) return "starts when a worker has room for it";
  const seconds = (new Date(run.expected_start).getTime() - now) / 1000;
  if (seconds <= 1) return run.queue_position === 1 ? "starts next" : "starts soon";
  return `starts in ${about(seconds)}`;
}
