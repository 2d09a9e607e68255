import type { CompareQuery } from "@/api/compare";
import { numberOf, put, putRange, rangeOf } from "@/lib/address";
import { type XAxis, xAxisOf } from "@/lib/axis";

/** All that a comparison shows, as its address says it. */
export interface CompareView {
  group: string | null;
  x: XAxis;
  statistic: "mean" | "iqm";
  range: [number, number] | null;
  logY: boolean;
  singles: boolean;
  hidden: string[];
  /** The runs whose rollouts are shown, by place; an empty place has its usual run. */
  videos: string[];
  /** The point of training of those rollouts, as a share of the longest run. */
  share: number;
}

export function readView(params: URLSearchParams): CompareView {
  return {
    group: params.get("group"),
    x: xAxisOf(params),
    statistic: params.get("statistic") === "iqm" ? "iqm" : "mean",
    range: rangeOf(params),
    logY: params.get("log") === "1",
    singles: params.get("each") === "1",
    hidden: params.getAll("hide"),
    videos: params.get("videos")?.split(",") ?? [],
    share: Math.min(Math.max(numberOf(params.get("at")) ?? 1, 0), 1),
  };
}

/** A new axis has other values, so it loses the zoom; a new grouping loses what was hidden. */
export function writeView(old: URLSearchParams, change: Partial<CompareView>): URLSearchParams {
  const next = new URLSearchParams(old);
  const view = { ...readView(old), ...change };
  if (change.x !== undefined) view.range = change.range ?? null;
  if (change.group !== undefined) view.hidden = change.hidden ?? [];
  put(next, "group", view.group);
  put(next, "x", view.x === "iteration" ? null : view.x);
  put(next, "statistic", view.statistic === "mean" ? null : view.statistic);
  put(next, "log", view.logY ? "1" : null);
  put(next, "each", view.singles ? "1" : null);
  putRange(next, view.range);
  put(next, "videos", view.videos.some(Boolean) ? view.videos.join() : null);
  put(next, "at", view.share === 1 ? null : String(view.share));
  next.delete("hide");
  for (const name of view.hidden) next.append("hide", name);
  return next;
}

/** Filters of runs that an address may name instead of runs. */
export const FILTERS = ["study", "task", "algorithm", "tag", "search"] as const;

/** What to ask the server for; what is only drawn differently is left out. */
export function queryOf(params: URLSearchParams, view: CompareView): CompareQuery {
  const query: CompareQuery = { x: view.x, statistic: view.statistic };
  const runs = params.get("runs")?.split(",").filter(Boolean) ?? [];
  if (runs.length > 0) query.run = runs;
  else
    for (const name of FILTERS) {
      const value = params.get(name);
      if (value) query[name] = value;
    }
  if (view.group) query.group = view.group;
  if (view.singles) query.singles = true;
  if (view.range) [query.start, query.end] = view.range;
  return query;
}

/** Whether the address names any runs at all. */
export function asksForRuns(params: URLSearchParams): boolean {
  return ["runs", ...FILTERS].some((name) => params.get(name));
}
