import { Button, Pagination } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { useRuns } from "@/api/runs";
import type { Run } from "@/api/types";
import { Empty, Failed, Loading } from "@/components/Empty";
import { PageHead } from "@/components/PageHead";
import { Panel } from "@/components/Panel";
import { currentParams } from "@/features/shared/currentParams";
import { EditRun } from "@/features/shared/EditRun";
import { useAddress } from "@/features/shared/useAddress";
import { BulkActions } from "./BulkActions";
import { COLUMNS, USUAL } from "./columns";
import { Filters } from "./Filters";
import { changed, filterOf, PAGE, pageOf } from "./listing";
import { RunTable } from "./RunTable";
import classes from "./runs.module.css";

/** Every run: searched, filtered, sorted, labelled, and acted on many at a time. */
export function RunsPage() {
  const [params, replace] = useAddress();
  const filter = useMemo(() => filterOf(params), [params]);
  const runs = useRuns(filter);
  const [chosen, setChosen] = useState<Map<string, Run>>(new Map());
  const [edited, setEdited] = useState<Run | null>(null);
  const [names, setNames] = useLocalStorage({ key: "costline-run-columns", defaultValue: USUAL });
  const columns = COLUMNS.filter((column) => names.includes(column.name));
  const set = (changes: Record<string, string | string[] | null>) =>
    replace(changed(currentParams(), changes));
  const list = runs.data?.runs ?? [];
  const total = runs.data?.total ?? 0;
  // A chosen run may have changed since: what is on screen is newer.
  const selection = [...chosen.values()].map((old) => list.find((r) => r.id === old.id) ?? old);
  const pages = Math.ceil(total / PAGE);
  return (
    <>
      <PageHead
        title={filter.deleted ? "Deleted runs" : "All runs"}
        tab={filter.deleted ? "Deleted runs" : "All runs"}
        lead={runs.data && `${total.toLocaleString("en")} ${total === 1 ? "run" : "runs"}`}
      />
      <Panel flush>
        <Filters params={params} set={set} names={names} setNames={setNames} />
        {selection.length > 0 && (
          <BulkActions runs={selection} clear={() => setChosen(new Map())} />
        )}
        {runs.isPending && <Loading what="runs" />}
        {runs.isError && !runs.data && (
          <Failed what="The runs" error={runs.error} retry={() => runs.refetch()} />
        )}
        {runs.data && list.length === 0 && (
          <NoRuns filtered={params.size > 0} deleted={filter.deleted} />
        )}
        {list.length > 0 && (
          <RunTable {...{ runs: list, columns, chosen, setChosen, filter, set, edit: setEdited }} />
        )}
        {pages > 1 && (
          <div className={classes.pages}>
            <span className={classes.small}>
              Showing {(pageOf(params) - 1) * PAGE + 1} to{" "}
              {(pageOf(params) - 1) * PAGE + list.length} of {total.toLocaleString("en")}
            </span>
            <Pagination
              size="sm"
              total={pages}
              value={pageOf(params)}
              onChange={(page) => set({ page: page === 1 ? null : String(page) })}
              getControlProps={(control) => ({ "aria-label": `${control} page` })}
              getItemProps={(page) => ({ "aria-label": `Page ${page}` })}
            />
          </div>
        )}
      </Panel>
      {edited && <EditRun run={edited} close={() => setEdited(null)} />}
    </>
  );
}

function NoRuns({ filtered, deleted }: { filtered: boolean; deleted?: boolean }) {
  const none = deleted ? "No deleted run matches" : "No run matches";
  return (
    <Empty
      title={filtered ? none : "No runs yet"}
      order={2}
      actions={
        filtered ? (
          <Button component={Link} to="/runs" variant="default">
            Show all runs
          </Button>
        ) : (
          <Button component={Link} to="/runs/new">
            Start a run
          </Button>
        )
      }
    />
  );
}
