import { Stack } from "@mantine/core";
import { type ReactNode, useCallback, useMemo } from "react";
import { type CompareQuery, useComparison } from "@/api/compare";
import { Failed, Loading } from "@/components/Empty";
import ui from "@/components/ui.module.css";
import { Charts } from "./Charts";
import { Controls } from "./Controls";
import classes from "./comparison.module.css";
import { FinalTable } from "./FinalTable";
import { GroupKey } from "./GroupKey";
import { useCompareView } from "./useCompareView";
import { Videos } from "./Videos";
import { queryOf } from "./view";

interface Props {
  /** The runs of one study, rather than those that the address names. */
  study?: string;
  /** Said when the runs asked for do not exist. */
  empty: ReactNode;
}

/** Groups of runs: charts in step, final results with intervals, videos side by side. */
export function ComparisonView({ study, empty }: Props) {
  const [view, change, params] = useCompareView();
  const text = params.toString();
  const query = useMemo(() => {
    const own = new URLSearchParams(text);
    if (study) own.set("study", study);
    return queryOf(own, view);
  }, [text, view, study]);
  const found = useComparison(query);
  const onRange = useCallback((range: [number, number] | null) => change({ range }), [change]);
  if (found.isPending) return <Loading what="the comparison" />;
  if (!found.data)
    return <Failed what="The comparison" error={found.error} retry={() => found.refetch()} />;
  const comparison = found.data;
  if (comparison.groups.length === 0) return empty;
  return (
    <Stack gap="md">
      <section className={`${ui.panel} ${classes.bar}`} aria-label="How runs are compared">
        <Controls
          comparison={comparison}
          view={view}
          change={change}
          report={reportAddress(query, study)}
        />
        <GroupKey
          groups={comparison.groups}
          hidden={view.hidden}
          onChange={(hidden) => change({ hidden })}
        />
      </section>
      <Charts comparison={comparison} view={view} onRange={onRange} />
      <FinalTable comparison={comparison} />
      <Videos comparison={comparison} view={view} change={change} />
    </Stack>
  );
}

function reportAddress(query: CompareQuery, study?: string): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? value : [value])
      if (!(study && name === "study")) params.append(name, String(one));
  return study ? `/api/studies/${study}/report?${params}` : `/api/compare/report?${params}`;
}
