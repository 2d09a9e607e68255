import { Button, MultiSelect, Stack } from "@mantine/core";
import { Link, useSearchParams } from "react-router";
import { useRuns } from "@/api/runs";
import { Empty } from "@/components/Empty";
import { PageHead } from "@/components/PageHead";
import { Panel } from "@/components/Panel";
import { ComparisonView } from "@/features/shared/comparison/ComparisonView";
import { asksForRuns } from "@/features/shared/comparison/view";
import { runTitle } from "@/lib/runs";

/** Runs side by side, grouped, seeds aggregated. All of the view is in the address. */
export function ComparePage() {
  const [params] = useSearchParams();
  const asked = asksForRuns(params);
  return (
    <>
      <PageHead
        title="Compare"
        tab="Compare"
        lead="Runs grouped by any setting. The seeds of a group are one curve, with their number shown."
      />
      <Stack gap="md">
        <RunPicker />
        {asked ? <ComparisonView empty={<Nothing asked />} /> : <Nothing />}
      </Stack>
    </>
  );
}

/** Chooses runs one by one; a filter in the address is named and can be left. */
function RunPicker() {
  const [params, setParams] = useSearchParams();
  const runs = useRuns({ limit: 200, sort: "created_at", order: "desc" });
  const chosen = params.get("runs")?.split(",").filter(Boolean) ?? [];
  const known = runs.data?.runs ?? [];
  const filters = ["study", "task", "algorithm", "tag", "search"].filter((n) => params.get(n));
  const choose = (ids: string[]) =>
    setParams(
      (old) => {
        const next = new URLSearchParams(old);
        if (ids.length > 0) next.set("runs", ids.join(","));
        else next.delete("runs");
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  const titles = new Map(known.map((run) => [run.id, `${runTitle(run)} (${run.id.slice(0, 5)})`]));
  const ids = [...new Set([...chosen, ...titles.keys()])];
  return (
    <Panel>
      <MultiSelect
        label="Runs"
        description={
          chosen.length === 0 && filters.length > 0
            ? `All runs with ${filters.map((n) => `${n} “${params.get(n)}”`).join(", ")}`
            : undefined
        }
        placeholder={
          chosen.length > 0 ? undefined : "Search by name, or choose in the list of runs"
        }
        searchable
        clearable
        hidePickedOptions
        limit={60}
        maxDropdownHeight={320}
        data={ids.map((id) => ({ value: id, label: titles.get(id) ?? id }))}
        value={chosen}
        onChange={choose}
        styles={{ pillsList: { maxHeight: 104, overflowY: "auto" } }}
      />
    </Panel>
  );
}

function Nothing({ asked = false }: { asked?: boolean }) {
  return (
    <Panel>
      <Empty
        title={asked ? "No run matches" : "Nothing to compare yet"}
        order={2}
        actions={
          <>
            <Button component={Link} to="/runs">
              Choose from all runs
            </Button>
            <Button component={Link} to="/studies" variant="default">
              Start a study
            </Button>
          </>
        }
      >
        <p>
          Choose runs above. A study queues algorithms and seeds in one click and compares them by
          itself.
        </p>
      </Empty>
    </Panel>
  );
}
