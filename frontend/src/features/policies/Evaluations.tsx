import { IconAlertTriangle, IconLoader2 } from "@tabler/icons-react";
import type { Evaluation } from "@/api/policies";
import type { Run } from "@/api/types";
import { Badge } from "@/components/Badge";
import { Time } from "@/components/Time";
import { VerdictBadge } from "@/components/VerdictBadge";
import { verdictOf } from "@/lib/expressions";
import { number, withError } from "@/lib/format";
import classes from "./policies.module.css";

/** Measurements, newest first: mean and standard error over whole episodes, against the limit. */
export function Evaluations({ run, list }: { run: Run; list: Evaluation[] }) {
  if (list.length === 0)
    return (
      <p className={classes.sub}>
        A worker plays that many whole episodes beside training and reports mean and standard error.
      </p>
    );
  return (
    <ul className={classes.results} aria-label="Evaluations" aria-live="polite">
      {list.map((evaluation) => (
        <li key={evaluation.id}>
          <div className={classes.resultHead}>
            <b>
              it. {evaluation.iteration}
              {evaluation.task !== run.task && `, ${evaluation.task}`}
            </b>
            <span className={classes.sub}>
              {evaluation.result?.episodes ?? evaluation.episodes} episodes
              {evaluation.deterministic && ", mean actions"}, <Time at={evaluation.created_at} />
            </span>
            <Progress evaluation={evaluation} />
          </div>
          <Result run={run} evaluation={evaluation} />
        </li>
      ))}
    </ul>
  );
}

function Progress({ evaluation }: { evaluation: Evaluation }) {
  if (evaluation.state === "ready") return null;
  if (evaluation.state === "failed")
    return (
      <Badge tone="over" icon={<IconAlertTriangle size={13} aria-hidden />}>
        failed
      </Badge>
    );
  return (
    <Badge tone="active" spin icon={<IconLoader2 size={13} aria-hidden />}>
      {evaluation.state === "waiting" ? "waiting for a worker" : "playing"}
    </Badge>
  );
}

function Result({ run, evaluation }: { run: Run; evaluation: Evaluation }) {
  const { result, problem } = evaluation;
  if (problem && !result) return <p className={classes.problem}>{problem}</p>;
  if (!result) return null;
  return (
    <dl className={classes.result}>
      <dt>return</dt>
      <dd>{withError(result.return, result.return_se)}</dd>
      {Object.entries(result.costs).map(([name, cost]) => (
        <CostRow
          key={name}
          title={run.costs.find((c) => c.name === name)?.title.toLowerCase() ?? name}
          cost={cost}
        />
      ))}
    </dl>
  );
}

interface CostRowProps {
  title: string;
  cost: { mean: number; se: number | null; limit: number };
}

function CostRow({ title, cost }: CostRowProps) {
  return (
    <>
      <dt>{title}</dt>
      <dd>
        {withError(cost.mean, cost.se)} of {number(cost.limit)}{" "}
        <VerdictBadge verdict={verdictOf(cost.mean, cost.se, cost.limit)} />
      </dd>
    </>
  );
}
