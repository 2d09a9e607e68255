import { Link } from "react-router";
import type { MetricsTable } from "@/api/metricsStore";
import type { Run } from "@/api/types";
import { useManyMetrics } from "@/api/useMetrics";
import { Empty } from "@/components/Empty";
import { Panel } from "@/components/Panel";
import { Sparkline } from "@/components/Sparkline";
import { StateBadge } from "@/components/StateBadge";
import { VerdictBadge } from "@/components/VerdictBadge";
import { RunActions } from "@/features/shared/RunActions";
import { numbers } from "@/lib/columns";
import { verdictOf } from "@/lib/expressions";
import { about, number, withError } from "@/lib/format";
import { runKind, runTitle, sparkColumns } from "@/lib/runs";
import classes from "./home.module.css";

/** One card per run in progress: return, cost against its limit, and what can be done. */
export function RunningRuns({ runs }: { runs: Run[] }) {
  const tables = useManyMetrics(
    runs.map((run) => run.id),
    sparkColumns(runs),
  );
  if (runs.length === 0)
    return (
      <Panel title="Running">
        <Empty title="Nothing is running">
          <p>A new run starts as soon as a worker has a free slot.</p>
        </Empty>
      </Panel>
    );
  return (
    <Panel title={`Running (${runs.length})`} flush>
      {runs.map((run) => (
        <RunCard key={run.id} run={run} table={tables.get(run.id)} />
      ))}
    </Panel>
  );
}

function RunCard({ run, table }: { run: Run; table: MetricsTable | undefined }) {
  const done = run.iterations ? run.iteration / run.iterations : 0;
  return (
    <article className={classes.card} aria-label={runTitle(run)}>
      <div>
        <div className={classes.row}>
          <Link to={`/runs/${run.id}`} className={classes.title}>
            {runTitle(run)}
          </Link>
          <StateBadge state={run.state} />
        </div>
        <div className={classes.sub}>
          {run.name ? `${runKind(run)}, ` : ""}
          iteration {run.iteration} of {run.iterations}
          {run.eta_seconds !== null && `, ${about(run.eta_seconds)} left`}
        </div>
        <div className={classes.bar} aria-hidden>
          <i style={{ width: `${100 * done}%` }} />
        </div>
      </div>
      <ReturnCell run={run} table={table} />
      <div>
        {run.costs.map((cost) => (
          <CostCell key={cost.name} run={run} cost={cost} table={table} />
        ))}
      </div>
      <RunActions run={run} form="words" />
    </article>
  );
}

function ReturnCell({ run, table }: { run: Run; table: MetricsTable | undefined }) {
  return (
    <div className={classes.measure}>
      <div className={classes.measureHead}>
        return <b>{withError(run.latest?.return, run.latest?.return_se)}</b>
      </div>
      {table?.status === "ready" && (
        <Sparkline
          values={numbers(table.columns, "return")}
          colour="var(--cl-return)"
          label={`Return by iteration, now ${number(run.latest?.return)}`}
        />
      )}
    </div>
  );
}

interface CostCellProps {
  run: Run;
  cost: Run["costs"][number];
  table: MetricsTable | undefined;
}

function CostCell({ run, cost, table }: CostCellProps) {
  const latest = run.latest?.costs[cost.name];
  const verdict = verdictOf(latest?.mean, latest?.se, latest?.limit);
  return (
    <div className={classes.measure}>
      <div className={classes.measureHead}>
        {cost.title} <b>{withError(latest?.mean, latest?.se)}</b>, limit {number(cost.limit)}
        <VerdictBadge verdict={verdict} />
      </div>
      {table?.status === "ready" && (
        <Sparkline
          values={numbers(table.columns, `cost_${cost.name}`)}
          limit={cost.limit}
          colour="var(--cl-cost)"
          label={`${cost.title} by iteration against the limit ${number(cost.limit)}, now ${number(latest?.mean)}`}
        />
      )}
    </div>
  );
}
