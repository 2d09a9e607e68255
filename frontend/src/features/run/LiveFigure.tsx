import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { type ReactNode, useMemo } from "react";
import { type MetricsTable, runMetrics } from "@/api/metricsStore";
import type { Run } from "@/api/types";
import { ChartFigure } from "@/components/chart/ChartFigure";
import {
  alongX,
  dressed,
  type FigureJson,
  fill,
  inked,
  needsLegend,
  smoothed,
  yRangeWithin,
} from "@/components/chart/figure";
import { Loading } from "@/components/Empty";
import { useScheme } from "@/components/useScheme";
import { useWhileInView } from "@/components/WhenSeen";
import { extremes, indexOfIteration, iterationNear, numbers, rowCount } from "@/lib/columns";
import { summaryOfRun } from "./summaries";
import { useTimeline } from "./timeline";

interface Props {
  run: Run;
  table: MetricsTable;
  name: string;
  title: string;
  /** Layout and traces as the server gives them; their data is that of `table`. */
  json: FigureJson | null;
}

/** Figures whose values cannot be below zero, so that a logarithmic axis makes sense. */
const POSITIVE = /^(cost|kl|multipliers|regret|seconds)/;

/** A figure of the run that grows by itself: the server's layout, the page's columns. */
export function LiveFigure({ run, table: newest, name, title, json }: Props) {
  const table = useWhileInView(newest);
  const timeline = useTimeline();
  const scheme = useScheme();
  const narrow = useMediaQuery("(max-width: 560px)");
  const rows = rowCount(table.columns);
  const { x, smoothing, range, iteration } = timeline;
  const traces = useMemo(
    () => (json ? inked(smoothed(fill(json, table.columns), smoothing), scheme) : []),
    [json, table.columns, smoothing, scheme],
  );
  const mark = useMark(table, x, iteration);
  const logY = timeline.logY && POSITIVE.test(name);
  const layout = useMemo(() => {
    if (!json) return {};
    const legend = needsLegend(json.data);
    const yRange = range && yRangeWithin(traces, json.layout, range);
    const extent = extentOf(table, x);
    const view = { scheme, logY, range, mark, legend, yRange, extent, narrow };
    return alongX(dressed(json.layout, view));
  }, [json, traces, table, x, scheme, logY, range, mark, narrow]);
  if (!json) return <Loading what={title} />;
  return (
    <ChartFigure
      title={title}
      summary={summaryOfRun(title, traces, run, name)}
      traces={traces}
      layout={layout}
      empty={rows === 0 ? noRows(run, table) : undefined}
      part={
        table.total > rows
          ? `showing ${rows} of ${table.total}, min/max-preserving downsampling`
          : null
      }
      fileName={`${run.id}-${name}`}
      onRange={(next) => timeline.change({ range: next })}
      onPick={(place) => {
        const nearest = iterationNear(table.columns, x, place);
        if (nearest !== null) timeline.change({ iteration: nearest });
      }}
    />
  );
}

/** Where the axis begins and ends: the first and the newest row; some width for a single one. */
function extentOf(table: MetricsTable, x: string): [number, number] | null {
  const [from, to] = extremes(table.columns[x] ?? []);
  if (from === undefined || to === undefined) return null;
  const air = from < to ? 0 : Math.abs(from) / 2 || 0.5;
  return [from - air, to + air];
}

/** Position of the chosen iteration on the axis; none while the newest is followed. */
function useMark(table: MetricsTable, x: string, iteration: number | null): number | null {
  if (iteration === null) return null;
  const index = indexOfIteration(table.columns, iteration);
  return index < 0 ? null : (numbers(table.columns, x)[index] ?? null);
}

function noRows(run: Run, table: MetricsTable): ReactNode {
  if (table.status === "error")
    return (
      <>
        <p>The measurements could not be loaded: {table.problem}</p>
        <Button size="xs" variant="default" onClick={() => runMetrics.retry(run.id)}>
          Try again
        </Button>
      </>
    );
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
