import { Anchor, Group, Spoiler, Badge as Tag, Title } from "@mantine/core";
import { useEffect } from "react";
import { Link } from "react-router";
import type { Run } from "@/api/types";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { RunActions } from "@/features/shared/RunActions";
import { useNow } from "@/features/shared/useNow";
import { about, duration } from "@/lib/format";
import { isActive, runKind, runTitle, startWords } from "@/lib/runs";
import { MoreActions } from "./MoreActions";
import { ParentWords } from "./ParentWords";
import classes from "./run.module.css";

/** Name, state, progress, and what can be done. */
export function RunHeader({ run }: { run: Run }) {
  const title = runTitle(run);
  useEffect(() => {
    document.title = `${run.state}: ${title} · Costline`;
  }, [run.state, title]);
  const share = run.iterations ? run.iteration / run.iterations : 0;
  return (
    <>
      <header className={classes.head}>
        <div className={classes.headText}>
          <div className={classes.headTitle}>
            <Title order={1}>{title}</Title>
            <StateBadge state={run.state} />
            {run.tags.map((tag) => (
              <Tag key={tag} variant="default" size="sm" tt="none">
                {tag}
              </Tag>
            ))}
          </div>
          <div className={classes.sub}>
            {run.name && `${runKind(run)}, `}
            <span data-testid="progress">
              iteration {run.iteration} of {run.iterations}
            </span>
            <Remaining run={run} />
            {run.study_id && (
              <>
                , part of{" "}
                <Anchor component={Link} to={`/studies/${run.study_id}`} inherit underline="always">
                  its study
                </Anchor>
              </>
            )}
            {run.parent_id && <ParentWords run={run} parentId={run.parent_id} />}
          </div>
          {run.reason && run.state !== "failed" && <div className={classes.sub}>{run.reason}</div>}
        </div>
        <Group gap={6}>
          <RunActions run={run} />
          {run.deleted_at === null && <MoreActions run={run} />}
        </Group>
      </header>
      {run.notes && (
        <Spoiler
          className={classes.notes}
          maxHeight={84}
          showLabel="Show all notes"
          hideLabel="Show less"
        >
          {run.notes}
        </Spoiler>
      )}
      {run.state !== "succeeded" && (
        <div className={classes.progress} aria-hidden>
          <i style={{ width: `${100 * share}%` }} />
        </div>
      )}
    </>
  );
}

function Remaining({ run }: { run: Run }) {
  if (run.state === "queued") return <Waiting run={run} />;
  if (isActive(run.state) && run.eta_seconds !== null) return <>, {about(run.eta_seconds)} left</>;
  if (!run.finished_at) return null;
  const seconds = run.started_at
    ? (new Date(run.finished_at).getTime() - new Date(run.started_at).getTime()) / 1000
    : null;
  return (
    <>
      , ended <Time at={run.finished_at} />
      {seconds !== null && ` after ${duration(seconds)}`}
    </>
  );
}

function Waiting({ run }: { run: Run }) {
  const now = useNow(1000);
  const place = run.queue_position ? `, number ${run.queue_position} in the queue` : "";
  return `${place}, ${startWords(run, now)}`;
}
