import type { ReactNode } from "react";
import { Link } from "react-router";
import type { RunFilter } from "@/api/runs";
import type { Run } from "@/api/types";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { VerdictBadge } from "@/components/VerdictBadge";
import { duration, number, percent, withError } from "@/lib/format";
import { runVerdict } from "@/lib/runs";
import classes from "./runs.module.css";

export interface Column {
  name: string;
  title: string;
  /** What the server sorts by; absent: this column has no order. */
  sort?: NonNullable<RunFilter["sort"]>;
  /** Shown unless chosen otherwise. */
  usual: boolean;
  cell: (run: Run) => ReactNode;
}

/** From left to right; what a phone still shows comes first. */
export const COLUMNS: Column[] = [
  { name: "state", title: "State", sort: "state", usual: true, cell: stateCell },
  { name: "verdict", title: "Within limit?", usual: true, cell: verdictCell },
  { name: "task", title: "Task", sort: "task", usual: true, cell: (run) => run.task },
  {
    name: "algorithm",
    title: "Algorithm",
    sort: "algorithm",
    usual: true,
    cell: (r) => r.algorithm,
  },
  { name: "seed", title: "Seed", sort: "seed", usual: true, cell: (run) => run.seed },
  { name: "iteration", title: "Iteration", sort: "iteration", usual: true, cell: progressCell },
  {
    name: "return",
    title: "Return",
    sort: "return",
    usual: true,
    cell: (run) => withError(run.latest?.return, run.latest?.return_se),
  },
  { name: "cost", title: "Cost / limit", usual: true, cell: costCell },
  { name: "over", title: "Over limit", sort: "over_limit", usual: true, cell: overCell },
  { name: "regret", title: "Regret", sort: "regret", usual: true, cell: regretCell },
  { name: "tags", title: "Tags", usual: true, cell: tagsCell },
  { name: "notes", title: "Notes", usual: false, cell: (run) => firstLine(run.notes) },
  {
    name: "time",
    title: "Training time",
    sort: "elapsed_seconds",
    usual: false,
    cell: (run) => duration(seconds(run)),
  },
  { name: "preset", title: "Preset", usual: false, cell: (run) => run.preset },
  { name: "priority", title: "Priority", sort: "priority", usual: false, cell: (r) => r.priority },
  { name: "owner", title: "Owner", usual: false, cell: (run) => run.owner },
  {
    name: "created",
    title: "Created",
    sort: "created_at",
    usual: true,
    cell: (run) => <Time at={run.created_at} />,
  },
];

export const USUAL = COLUMNS.filter((column) => column.usual).map((column) => column.name);

function stateCell(run: Run): ReactNode {
  return (
    <>
      <StateBadge state={run.state} />
      {run.state === "failed" && run.reason && <div className={classes.small}>{run.reason}</div>}
    </>
  );
}

function progressCell(run: Run): string {
  return `${run.iteration} of ${run.iterations}`;
}

function costCell(run: Run): ReactNode {
  return run.costs.map((cost) => {
    const latest = run.latest?.costs[cost.name];
    return (
      <div key={cost.name} className={classes.nowrap}>
        {withError(latest?.mean, latest?.se)} / {number(cost.limit)}
      </div>
    );
  });
}

function verdictCell(run: Run): ReactNode {
  return <VerdictBadge verdict={runVerdict(run)} />;
}

function overCell(run: Run): string {
  return (
    Object.values(run.summary.over_limit)
      .map((over) => percent(over.share))
      .join(", ") || "–"
  );
}

function regretCell(run: Run): string {
  return (
    Object.values(run.summary.regret)
      .map((regret) => number(regret))
      .join(", ") || "–"
  );
}

function tagsCell(run: Run): ReactNode {
  return (
    <span className={classes.tags}>
      {run.tags.map((tag) => (
        <Link key={tag} to={`/runs?tag=${encodeURIComponent(tag)}`} className={classes.tag}>
          {tag}
        </Link>
      ))}
    </span>
  );
}

/** Wall time of a run that has ended; of one in progress, so far. */
function seconds(run: Run): number | null {
  if (!run.started_at) return null;
  const end = run.finished_at ? new Date(run.finished_at) : new Date();
  return (end.getTime() - new Date(run.started_at).getTime()) / 1000;
}

function firstLine(notes: string): string {
  const [line = ""] = notes.split("\n");
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
