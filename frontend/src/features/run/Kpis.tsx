import { Anchor } from "@mantine/core";
import { Fragment } from "react";
import { Link } from "react-router";
import type { Run } from "@/api/types";
import { Tile } from "@/components/Tile";
import { VerdictBadge } from "@/components/VerdictBadge";
import { verdictOf } from "@/lib/expressions";
import { count, number, percent, withError } from "@/lib/format";
import classes from "./run.module.css";

/** The figures that decide whether the run is good: return, cost against limit, regret, best. */
export function Kpis({ run }: { run: Run }) {
  const { latest, summary } = run;
  const best = summary.best_feasible;
  return (
    <dl className={classes.tiles}>
      <Tile
        label="Return"
        value={withError(latest?.return, latest?.return_se)}
        note="mean of the newest batch"
      />
      {run.costs.map((cost) =>
        run.costs.length > 1 ? (
          <CostTile key={cost.name} run={run} cost={cost} />
        ) : (
          <CostTiles key={cost.name} run={run} cost={cost} />
        ),
      )}
      <Tile
        label="KL of the last update"
        value={number(latest?.kl)}
        note={latest?.delta ? `limit δ ${number(latest.delta)}` : undefined}
      />
      <Tile
        label="Best feasible policy"
        value={best ? number(best.return) : "–"}
        note={
          best ? (
            <Anchor
              component={Link}
              to={`/policies/${run.id}?iteration=${best.iteration}`}
              inherit
              underline="always"
            >
              return of the policy of iteration {best.iteration}
            </Anchor>
          ) : (
            "no checkpoint within every limit yet"
          )
        }
      />
    </dl>
  );
}

interface CostProps {
  run: Run;
  cost: Run["costs"][number];
}

/** One tile per cost when there are several: what it is, and how often it was over. */
function CostTile({ run, cost }: CostProps) {
  const latest = run.latest?.costs[cost.name];
  const over = run.summary.over_limit[cost.name];
  return (
    <Tile
      label={`${cost.title}, limit ${number(cost.limit)}`}
      value={withError(latest?.mean, latest?.se)}
      note={
        <>
          <VerdictBadge verdict={verdictOf(latest?.mean, latest?.se, latest?.limit)} />
          {over && (
            <div>
              {over.count > 0 && `over ${over.count} of ${run.iteration}: `}
              {overWords(over)}
            </div>
          )}
          {over && over.count > 0 && (
            <div>
              regret {number(run.summary.regret[cost.name])}, maximum violation{" "}
              {number(over.worst_excess)}
            </div>
          )}
        </>
      }
    />
  );
}

/** With a single cost there is room for a tile each. */
function CostTiles({ run, cost }: CostProps) {
  const latest = run.latest?.costs[cost.name];
  const over = run.summary.over_limit[cost.name];
  const worst = over?.worst_excess ?? 0;
  return (
    <Fragment>
      <Tile
        label={`${cost.title}, limit ${number(cost.limit)}`}
        value={withError(latest?.mean, latest?.se)}
        note={<VerdictBadge verdict={verdictOf(latest?.mean, latest?.se, latest?.limit)} />}
      />
      <Tile
        label="Over the limit"
        value={over && run.latest ? `${over.count} of ${run.iteration}` : "–"}
        note={over && run.latest && overWords(over)}
      />
      <Tile
        label="Cost regret"
        value={run.latest ? number(run.summary.regret[cost.name]) : "–"}
        note={
          !run.latest
            ? undefined
            : worst > 0
              ? `maximum violation ${number(worst)}`
              : "never over the limit"
        }
      />
    </Fragment>
  );
}

type Over = NonNullable<Run["summary"]["over_limit"][string]>;

function overWords(over: Over): string {
  if (over.count === 0) return "always within the limit";
  const first =
    over.first_feasible === null
      ? "no feasible iteration yet"
      : `first feasible iteration ${over.first_feasible}`;
  const last = over.last === null ? "" : `, last at ${over.last}`;
  return `${percent(over.share)}, longest ${count(over.longest, "iteration")}${last}, ${first}`;
}
