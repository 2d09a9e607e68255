import { Button, Checkbox, Group, Table, TextInput, UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconChartDots, IconSearch } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { Link, useNavigate } from "react-router";
import { type RunFilter, useRuns } from "@/api/runs";
import type { Run } from "@/api/types";
import { Empty, Failed, Loading } from "@/components/Empty";
import { Panel } from "@/components/Panel";
import { Shown } from "@/components/Shown";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { VerdictBadge } from "@/components/VerdictBadge";
import { currentParams } from "@/features/shared/currentParams";
import { useAddress } from "@/features/shared/useAddress";
import { useAddressText } from "@/features/shared/useAddressText";
import { number, percent, withError } from "@/lib/format";
import { FINISHED, runKind, runTitle, runVerdict } from "@/lib/runs";
import classes from "./home.module.css";

type Sort = NonNullable<RunFilter["sort"]>;

/** Finished runs: searched, sorted, and chosen for comparison. */
export function FinishedRuns() {
  const [params, replace] = useAddress();
  const search = params.get("search") ?? "";
  const sort = (params.get("sort") ?? "created_at") as Sort;
  const order = params.get("order") === "asc" ? "asc" : "desc";
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<string[]>([]);
  const runs = useRuns({
    state: FINISHED,
    search: search || undefined,
    sort,
    order,
    limit: 100,
  });
  const set = (changes: Record<string, string>) => {
    const next = currentParams();
    for (const [key, value] of Object.entries(changes))
      value ? next.set(key, value) : next.delete(key);
    replace(next);
  };
  const [text, typed] = useAddressText(search, (value) => set({ search: value }));
  const toggle = (id: string) =>
    setChosen((old) => (old.includes(id) ? old.filter((o) => o !== id) : [...old, id]));
  const tools = (
    <Group gap="xs">
      <TextInput
        size="xs"
        w={220}
        leftSection={<IconSearch size={14} />}
        placeholder="Search name, task, tag…"
        aria-label="Search finished runs"
        value={text}
        onChange={(event) => typed(event.currentTarget.value)}
      />
      <Button
        size="xs"
        variant="default"
        leftSection={<IconChartDots size={15} />}
        disabled={chosen.length === 0}
        onClick={() => navigate(`/compare?runs=${chosen.join(",")}`)}
      >
        Compare {chosen.length || ""}
      </Button>
    </Group>
  );
  const list = runs.data?.runs ?? [];
  return (
    <Panel title="Finished" tools={tools} flush>
      {runs.isPending && <Loading what="finished runs" />}
      {runs.isError && !runs.data && (
        <Failed what="Finished runs" error={runs.error} retry={() => runs.refetch()} />
      )}
      {runs.data && list.length === 0 && (
        <Empty title={search ? `No finished run matches “${search}”` : "No run has finished yet"} />
      )}
      {list.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take focus
        <section className={classes.scroll} tabIndex={0} aria-label="Finished runs">
          <Table highlightOnHover>
            <Table.Thead>
              <Table.Tr>
                <Table.Th w={40}>
                  <span className="visually-hidden">Choose</span>
                </Table.Th>
                <Table.Th>Run</Table.Th>
                <Table.Th>State</Table.Th>
                <Heading column="return" {...{ sort, order, set }}>
                  Return
                </Heading>
                <Table.Th>Cost / limit</Table.Th>
                <Heading column="over_limit" {...{ sort, order, set }}>
                  Over limit
                </Heading>
                <Heading column="regret" {...{ sort, order, set }}>
                  Regret
                </Heading>
                <Heading column="created_at" {...{ sort, order, set }}>
                  Created
                </Heading>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {list.map((run) => (
                <Row key={run.id} run={run} chosen={chosen.includes(run.id)} toggle={toggle} />
              ))}
            </Table.Tbody>
          </Table>
        </section>
      )}
      <Shown count={list.length} total={runs.data?.total ?? 0} />
    </Panel>
  );
}

interface HeadingProps {
  column: string;
  sort: string;
  order: "asc" | "desc";
  set: (changes: Record<string, string>) => void;
  children: ReactNode;
}

function Heading({ column, sort, order, set, children }: HeadingProps) {
  const active = sort === column;
  const Icon = order === "asc" ? IconArrowUp : IconArrowDown;
  const next = active && order === "desc" ? "asc" : "desc";
  return (
    <Table.Th aria-sort={active ? (order === "asc" ? "ascending" : "descending") : undefined}>
      <UnstyledButton fz="sm" fw={700} mih={32} onClick={() => set({ sort: column, order: next })}>
        {children} {active && <Icon size={13} aria-hidden />}
      </UnstyledButton>
    </Table.Th>
  );
}

function Row({ run, chosen, toggle }: { run: Run; chosen: boolean; toggle: (id: string) => void }) {
  const title = runTitle(run);
  const over = Object.values(run.summary.over_limit);
  const regrets = Object.values(run.summary.regret);
  return (
    <Table.Tr>
      <Table.Td>
        <Checkbox
          size="xs"
          checked={chosen}
          onChange={() => toggle(run.id)}
          aria-label={`Choose ${title} for comparison`}
        />
      </Table.Td>
      <Table.Td className={classes.name}>
        <Link to={`/runs/${run.id}`} className={classes.title}>
          {title}
        </Link>
        {run.name && <div className={classes.sub}>{runKind(run)}</div>}
        {run.reason && run.state === "failed" && <div className={classes.sub}>{run.reason}</div>}
      </Table.Td>
      <Table.Td>
        <StateBadge state={run.state} />
      </Table.Td>
      <Table.Td className={classes.nowrap}>
        {withError(run.latest?.return, run.latest?.return_se)}
      </Table.Td>
      <Table.Td>
        <div className={classes.row}>
          {run.costs.map((cost) => {
            const latest = run.latest?.costs[cost.name];
            return (
              <span key={cost.name} className={classes.nowrap}>
                {withError(latest?.mean, latest?.se)} / {number(cost.limit)}
              </span>
            );
          })}
          <VerdictBadge verdict={runVerdict(run)} />
        </div>
      </Table.Td>
      <Table.Td>{over.map((o) => percent(o.share)).join(", ") || "–"}</Table.Td>
      <Table.Td>{regrets.map((r) => number(r)).join(", ") || "–"}</Table.Td>
      <Table.Td className={classes.nowrap}>
        <Time at={run.created_at} />
      </Table.Td>
    </Table.Tr>
  );
}
