import { IconBookmark, IconFlag, IconShieldCheck, IconTrendingUp } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Kept } from "@/api/policies";
import type { PolicyList, Run } from "@/api/types";
import { VerdictBadge } from "@/components/VerdictBadge";
import { verdictOf } from "@/lib/expressions";
import { number, withError } from "@/lib/format";
import classes from "./policies.module.css";

interface Props {
  run: Run;
  list: PolicyList;
  chosen: number;
  choose: (iteration: number) => void;
}

/** The checkpoints: the best within the limits, the best return, and the last. */
export function Checkpoints({ run, list, chosen, choose }: Props) {
  const order = [list.best_feasible, list.best_return, list.iterations.at(-1)];
  const places = new Set([...order, ...[...list.iterations].reverse()]);
  const shown = [...places]
    .map((iteration) => list.checkpoints.find((kept) => kept.iteration === iteration))
    .filter((kept): kept is Kept => kept !== undefined);
  return (
    <>
      {list.best_feasible === null && (
        <p className={classes.warning}>
          No checkpoint has been measured within every limit. The one with the best return breaks
          one.
        </p>
      )}
      <fieldset className={classes.checkpoints}>
        <legend className="visually-hidden">Policy</legend>
        {shown.map((kept) => (
          <label key={kept.iteration} className={classes.checkpoint}>
            <input
              type="radio"
              name="policy"
              value={kept.iteration}
              checked={kept.iteration === chosen}
              onChange={() => choose(kept.iteration)}
            />
            <span className={classes.roles}>{roles(list, kept.iteration)}</span>
            <span className={classes.sub}>iteration {kept.iteration}</span>
            <Figures run={run} kept={kept} />
          </label>
        ))}
      </fieldset>
      <p className={classes.sub}>
        Figures are of the batch that the policy itself drew in training, one iteration later.
      </p>
    </>
  );
}

function roles(list: PolicyList, iteration: number): ReactNode {
  const found = [
    iteration === list.best_feasible && (
      <span key="feasible" className={classes.feasible}>
        <IconShieldCheck size={16} aria-hidden /> Best feasible
      </span>
    ),
    iteration === list.best_return && (
      <span key="return">
        <IconTrendingUp size={16} aria-hidden /> Best return
      </span>
    ),
    iteration === list.iterations.at(-1) && (
      <span key="last">
        <IconFlag size={16} aria-hidden /> Last
      </span>
    ),
  ].filter(Boolean);
  if (found.length > 0) return found;
  return (
    <span>
      <IconBookmark size={16} aria-hidden /> Checkpoint
    </span>
  );
}

function Figures({ run, kept }: { run: Run; kept: Kept }) {
  if (kept.return === null)
    return (
      <span className={classes.figures}>
        Not measured in training: no batch followed. Evaluate it to know.
      </span>
    );
  return (
    <span className={classes.figures}>
      <span>
        return <b>{withError(kept.return, kept.return_se)}</b>
      </span>
      {run.costs.map(({ name, title }) => {
        const cost = kept.costs[name];
        if (!cost) return null;
        return (
          <span key={name}>
            {title.toLowerCase()} <b>{withError(cost.mean, cost.se)}</b>, limit {number(cost.limit)}{" "}
            <VerdictBadge verdict={verdictOf(cost.mean, cost.se, cost.limit)} />
          </span>
        );
      })}
    </span>
  );
}
