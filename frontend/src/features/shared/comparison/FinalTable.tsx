import { Table } from "@mantine/core";
import { Link } from "react-router";
import type { Aggregated, ComparedGroup, Comparison } from "@/api/compare";
import { Panel } from "@/components/Panel";
import { VerdictBadge } from "@/components/VerdictBadge";
import type { Verdict } from "@/lib/expressions";
import { duration, number, percent, withError } from "@/lib/format";
import classes from "./comparison.module.css";
import { Swatch, seeds } from "./GroupKey";

/** Results of each group over the last tenth of training, with their spread over seeds. */
export function FinalTable({ comparison }: { comparison: Comparison }) {
  const { groups, costs } = comparison;
  return (
    <Panel title="Final results" flush>
      <p className={classes.tableNote}>
        Mean of the last tenth of each run, ± the 95 % interval over seeds; IQM is the interquartile
        mean. A single run has no interval, so that its verdict is the plain mean's. Hidden groups
        count as well.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take focus */}
      <section className={classes.scroll} tabIndex={0} aria-label="Final results by group">
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Group</Table.Th>
              <Table.Th scope="col">Seeds</Table.Th>
              <Table.Th scope="col">Return</Table.Th>
              {costs.map((cost) => (
                <CostHeads key={cost.name} title={cost.title ?? ""} />
              ))}
              <Table.Th scope="col">Time</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {groups.map((group, i) => (
              <Row
                key={group.name}
                group={group}
                index={i}
                costs={costs.map((c) => c.name ?? "")}
              />
            ))}
          </Table.Tbody>
        </Table>
      </section>
    </Panel>
  );
}

function CostHeads({ title }: { title: string }) {
  return (
    <>
      <Table.Th scope="col">{title} / limit</Table.Th>
      <Table.Th scope="col">Within limit?</Table.Th>
      <Table.Th scope="col">Over limit</Table.Th>
      <Table.Th scope="col">Regret</Table.Th>
    </>
  );
}

function Row({ group, index, costs }: { group: ComparedGroup; index: number; costs: string[] }) {
  const [only] = group.runs.length === 1 ? group.runs : [];
  return (
    <Table.Tr>
      <Table.Th scope="row">
        <span className={classes.groupName}>
          <Swatch index={index} />
          {only ? <Link to={`/runs/${only.id}`}>{group.name}</Link> : group.name}
        </span>
      </Table.Th>
      <Table.Td>{seeds(group)}</Table.Td>
      <Table.Td>
        <Interval value={group.return_} iqm />
      </Table.Td>
      {costs.map((name) => {
        const cost = group.costs[name];
        if (!cost) return <Table.Td key={name} colSpan={4} />;
        return [
          <Table.Td key={`${name} value`}>
            <Interval value={cost.value} iqm limit={cost.limit} />
          </Table.Td>,
          <Table.Td key={`${name} verdict`}>
            <VerdictBadge verdict={cost.verdict as Verdict | null} />
          </Table.Td>,
          <Table.Td key={`${name} over`}>{percent(cost.over_share?.mean)}</Table.Td>,
          <Table.Td key={`${name} regret`}>
            <Interval value={cost.regret} />
          </Table.Td>,
        ];
      })}
      <Table.Td>{duration(group.seconds?.mean)}</Table.Td>
    </Table.Tr>
  );
}

interface IntervalProps {
  value: Aggregated | null | undefined;
  iqm?: boolean;
  limit?: number;
}

function Interval({ value, iqm, limit }: IntervalProps) {
  if (!value) return "–";
  return (
    <>
      <span className={classes.value}>
        {withError(value.mean, value.half)}
        {limit !== undefined && ` / ${number(limit)}`}
      </span>
      {iqm && value.n > 1 && <div className={classes.small}>IQM {number(value.iqm, 4)}</div>}
    </>
  );
}
