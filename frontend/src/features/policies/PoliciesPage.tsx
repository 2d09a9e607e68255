import { Link } from "react-router";
import { useRuns } from "@/api/runs";
import type { Run } from "@/api/types";
import { Empty, Failed, Loading } from "@/components/Empty";
import { PageHead } from "@/components/PageHead";
import { Panel } from "@/components/Panel";
import { StateBadge } from "@/components/StateBadge";
import { VerdictBadge } from "@/components/VerdictBadge";
import { number } from "@/lib/format";
import { runKind, runTitle, runVerdict } from "@/lib/runs";
import classes from "./policies.module.css";

/** Runs that have trained something: their best feasible return, and where they stand now. */
export function PoliciesPage() {
  const runs = useRuns({ sort: "return", order: "desc", limit: 200 });
  const trained = (runs.data?.runs ?? []).filter((run) => run.iteration > 0);
  return (
    <>
      <PageHead
        title="Policies"
        tab="Policies"
        lead="What training has produced, to download, measure and play. Best feasible: the checkpoint of highest return with every cost within its limit, by the batch it drew."
      />
      {runs.isPending && <Loading what="policies" />}
      {runs.isError && !runs.data && (
        <Failed what="Policies" error={runs.error} retry={() => runs.refetch()} />
      )}
      {runs.data && trained.length === 0 && (
        <Panel>
          <Empty title="No policy yet" order={2}>
            <p>
              The first one is kept a few iterations into the first run.{" "}
              <Link to="/">See the runs</Link>.
            </p>
          </Empty>
        </Panel>
      )}
      {trained.length > 0 && (
        <ul className={classes.list}>
          {trained.map((run) => (
            <PolicyRow key={run.id} run={run} />
          ))}
        </ul>
      )}
      {runs.data && runs.data.total > runs.data.runs.length && (
        <p className={classes.sub}>
          Showing {trained.length} with the highest return, of{" "}
          {runs.data.total.toLocaleString("en")} runs.
        </p>
      )}
    </>
  );
}

function PolicyRow({ run }: { run: Run }) {
  const best = run.summary.best_feasible;
  return (
    <li className={classes.row}>
      <div>
        <Link className={classes.title} to={`/policies/${run.id}`}>
          {runTitle(run)}
        </Link>
        {run.name && <div className={classes.sub}>{runKind(run)}</div>}
      </div>
      <div>
        <div className={classes.sub}>best feasible return</div>
        {best ? (
          <>
            <b>{number(best.return)}</b> <span className={classes.sub}>it. {best.iteration}</span>
          </>
        ) : (
          "none within every limit yet"
        )}
      </div>
      <div>
        <div className={classes.sub}>newest</div>
        <b>{number(run.latest?.return)}</b>{" "}
        <span className={classes.sub}>
          it. {run.iteration} of {run.iterations}
        </span>
      </div>
      <div className={classes.badges}>
        <VerdictBadge verdict={runVerdict(run)} />
        <StateBadge state={run.state} />
      </div>
    </li>
  );
}
