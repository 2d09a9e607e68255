import { Table, UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconPencil } from "@tabler/icons-react";
import { type MouseEvent, useDeferredValue, useRef } from "react";
import { Link } from "react-router";
import type { RunFilter } from "@/api/runs";
import type { Run } from "@/api/types";
import { Hint } from "@/components/Hint";
import { runTitle } from "@/lib/runs";
import type { Column } from "./columns";
import classes from "./runs.module.css";

interface Props {
  runs: Run[];
  columns: Column[];
  chosen: Map<string, Run>;
  setChosen: (chosen: Map<string, Run>) => void;
  filter: RunFilter;
  set: (changes: Record<string, string | null>) => void;
  edit: (run: Run) => void;
}

const FIRST = 15;

/** The rows of one page. Shift and click chooses a range. */
export function RunTable({ runs, columns, chosen, setChosen, filter, set, edit }: Props) {
  const last = useRef<string | null>(null);
  // What fills the window is there first, the rest a moment later.
  const shown = useDeferredValue(runs, runs.slice(0, FIRST));
  const toggle = (run: Run, range: boolean) => {
    const next = new Map(chosen);
    const on = !chosen.has(run.id);
    for (const each of range ? between(runs, last.current, run.id) : [run])
      on ? next.set(each.id, each) : next.delete(each.id);
    last.current = run.id;
    setChosen(next);
  };
  const here = runs.filter((run) => chosen.has(run.id)).length;
  const toggleAll = () => {
    const next = new Map(chosen);
    for (const run of runs) here === runs.length ? next.delete(run.id) : next.set(run.id, run);
    setChosen(next);
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take focus
    <section className={classes.scroll} tabIndex={0} aria-label="Runs">
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={40}>
              <input
                type="checkbox"
                className={classes.choose}
                aria-label="Choose all runs of this page"
                checked={here === runs.length}
                ref={(box) => {
                  if (box) box.indeterminate = here > 0 && here < runs.length;
                }}
                onChange={toggleAll}
              />
            </Table.Th>
            <Heading title="Run" sort="name" filter={filter} set={set} />
            {columns.map((column) => (
              <Heading
                key={column.name}
                title={column.title}
                sort={column.sort}
                filter={filter}
                set={set}
              />
            ))}
            <Table.Th>
              <span className="visually-hidden">Edit</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.map((run) => (
            <Row
              key={run.id}
              run={run}
              columns={columns}
              chosen={chosen.has(run.id)}
              toggle={toggle}
              edit={edit}
            />
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

interface HeadingProps {
  title: string;
  sort: Column["sort"];
  filter: RunFilter;
  set: Props["set"];
}

function Heading({ title, sort, filter, set }: HeadingProps) {
  if (!sort) return <Table.Th scope="col">{title}</Table.Th>;
  const active = filter.sort === sort;
  const Icon = filter.order === "asc" ? IconArrowUp : IconArrowDown;
  const order = active && filter.order === "desc" ? "asc" : "desc";
  const words = filter.order === "asc" ? "ascending" : "descending";
  return (
    <Table.Th scope="col" aria-sort={active ? words : undefined}>
      <UnstyledButton className={classes.heading} onClick={() => set({ sort, order })}>
        {title} {active && <Icon size={13} aria-hidden />}
      </UnstyledButton>
    </Table.Th>
  );
}

interface RowProps {
  run: Run;
  columns: Column[];
  chosen: boolean;
  toggle: (run: Run, range: boolean) => void;
  edit: (run: Run) => void;
}

/** Plain elements: a page has 50 rows, and should be there at once. */
function Row({ run, columns, chosen, toggle, edit }: RowProps) {
  const title = runTitle(run);
  return (
    <tr data-chosen={chosen || undefined} className={classes.row}>
      <td>
        <input
          type="checkbox"
          className={classes.choose}
          checked={chosen}
          onChange={() => {}}
          onClick={(event: MouseEvent) => toggle(run, event.shiftKey)}
          aria-label={`Choose ${title} (${run.id})`}
        />
      </td>
      <td>
        <Link to={`/runs/${run.id}`} className={classes.title}>
          {title}
        </Link>
      </td>
      {columns.map((column) => (
        <td key={column.name}>{column.cell(run)}</td>
      ))}
      <td>
        <Hint label="Name, tags and notes">
          <button
            type="button"
            className={classes.edit}
            onClick={() => edit(run)}
            aria-label={`Name, tags and notes of ${title} (${run.id})`}
          >
            <IconPencil size={15} aria-hidden />
          </button>
        </Hint>
      </td>
    </tr>
  );
}

function between(runs: Run[], from: string | null, to: string): Run[] {
  const [a, b] = [from, to].map((id) => runs.findIndex((run) => run.id === id)) as [number, number];
  if (a < 0) return runs.filter((run) => run.id === to);
  return runs.slice(Math.min(a, b), Math.max(a, b) + 1);
}
