import { useMemo } from "react";
import type { MetricsTable } from "@/api/metricsStore";
import { useFigure } from "@/api/queries";
import type { Run } from "@/api/types";
import { ChartFigure } from "@/components/chart/ChartFigure";
import {
  dressed,
  type FigureJson,
  fill,
  inked,
  needsLegend,
  smoothed,
  yRangeWithin,
} from "@/components/chart/figure";
import { Failed, Loading } from "@/components/Empty";
import { useScheme } from "@/components/useScheme";
import { useWhileInView } from "@/components/WhenSeen";
import { indexOfIteration, numbers, rowCount } from "@/lib/columns";
import { summaryOfRun } from "./summaries";
import { useTimeline } from "./timeline";

interface Props {
  run: Run;
  table: MetricsTable;
  name: string;
  title: string;
}

/** Figures whose values cannot be below zero, so that a logarithmic axis makes sense. */
const POSITIVE = /^(cost|kl|multipliers|regret|seconds)/;

/** A figure of the run that grows by itself: the server's layout, the page's columns. */
export function LiveFigure({ run, table: newest, name, title }: Props) {
  const table = useWhileInView(newest);
  const timeline = useTimeline();
  const scheme = useScheme();
  const figure = useFigure(run.id, name, timeline.x);
  const json = figure.data as unknown as FigureJson | undefined;
  const { x, smoothing, range, iteration } = timeline;
  const traces = useMemo(
    () => (json ? inked(smoothed(fill(json, table.columns), smoothing), scheme) : []),
    [json, table.columns, smoothing, scheme],
  );
  const mark = useMark(table, x, iteration);
  const logY = timeline.logY && POSITIVE.test(name);
  // As text, so that the layout changes only when the extent does, not with every new row.
  const extent = json && range ? JSON.stringify(yRangeWithin(traces, json.layout, range)) : "null";
  const layout = useMemo(() => {
    if (!json) return {};
    const view = { scheme, logY, range, mark, legend: needsLegend(json.data) };
    return dressed(json.layout, { ...view, yRange: JSON.parse(extent) });
  }, [json, scheme, logY, range, mark, extent]);
  if (figure.isError)
    return <Failed what={title} error={figure.error} retry={() => figure.refetch()} />;
  if (!json) return <Loading what={title} />;
  const rows = rowCount(table.columns);
  return (
    <ChartFigure
      title={title}
      summary={summaryOfRun(title, traces, run, name)}
      traces={traces}
      layout={layout}
      revision={[table.revision, x, smoothing, scheme].join()}
      empty={rows === 0 ? noRows(run, table) : undefined}
      part={table.total > rows ? `showing ${rows} of ${table.total}, extremes kept` : null}
      fileName={`${run.id}-${name}`}
      onRange={(next) => timeline.change({ range: next })}
      onPick={(value) => timeline.change({ iteration: iterationAt(table, x, value) })}
    />
  );
}

/** Position of the chosen iteration on the axis; none while the newest is followed. */
function useMark(table: MetricsTable, x: string, iteration: number | null): number | null {
  if (iteration === null) return null;
  const index = indexOfIteration(table.columns, iteration);
  return index < 0 ? null : (numbers(table.columns, x)[index] ?? null);
}

function iterationAt(table: MetricsTable, x: string, value: number): number | null {
  const index = numbers(table.columns, x).indexOf(value);
  return index < 0 ? null : (numbers(table.columns, "iteration")[index] ?? null);
}

function noRows(run: Run, table: MetricsTable): string {
  if (table.status === "error") return `The measurements could not be loaded: ${table.problem}`;
  if (run.iteration > 0 || table.status === "loading") return "Loading the measurements…";
  switch (run.state) {
    case "queued":
      return "Waiting for a worker; the first point follows the first iteration.";
    case "failed":
    case "stopped":
      return "The run ended before its first iteration.";
    case "paused":
      return "Paused before its first iteration.";
    default:
      return "The first iteration is being sampled; its point appears here by itself.";
  }
}
