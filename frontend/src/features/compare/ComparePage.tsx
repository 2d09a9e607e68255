import { Button, MultiSelect, Stack } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useRef, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { useRuns } from "@/api/runs";
import type { Run } from "@/api/types";
import { Empty } from "@/components/Empty";
import { PageHead } from "@/components/PageHead";
import { Panel } from "@/components/Panel";
import { ComparisonView } from "@/features/shared/comparison/ComparisonView";
import { asksForRuns, FILTERS } from "@/features/shared/comparison/view";
import { currentParams } from "@/features/shared/currentParams";
import { useAddress } from "@/features/shared/useAddress";
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

/** Newest first; who looks for an older one types a word of it. */
const LISTED = 100;

/** Chooses runs one by one; a filter in the address is named and can be left. */
function RunPicker() {
  const [params, replace] = useAddress();
  const [text, setText] = useState("");
  const [search] = useDebouncedValue(text, 150);
  const runs = useRuns({ search: search || undefined, limit: LISTED, sort: "created_at" });
  const chosen = params.get("runs")?.split(",").filter(Boolean) ?? [];
  const found = runs.data?.runs ?? [];
  const titles = useTitles(found);
  const filters = FILTERS.filter((n) => params.get(n));
  const choose = (ids: string[]) => {
    const next = currentParams();
    if (ids.length > 0) next.set("runs", ids.join(","));
    else next.delete("runs");
    replace(next);
  };
  const ids = [...new Set([...chosen, ...found.map((run) => run.id)])];
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
        searchValue={text}
        onSearchChange={setText}
        // The server has searched, in more than the names.
        filter={({ options }) => options}
        nothingFoundMessage={runs.isPending ? "Searching…" : "No run matches"}
        clearable
        hidePickedOptions
        maxDropdownHeight={320}
        data={ids.map((id) => ({ value: id, label: titles.get(id) ?? id }))}
        value={chosen}
        onChange={choose}
        styles={{ pillsList: { maxHeight: 104, overflowY: "auto" } }}
      />
    </Panel>
  );
}

/** Names of all runs listed so far: what is typed next need not match those already chosen. */
function useTitles(runs: Run[]): Map<string, string> {
  const titles = useRef(new Map<string, string>());
  for (const run of runs) titles.current.set(run.id, `${runTitle(run)} (${run.id.slice(0, 5)})`);
  return titles.current;
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
