import type { CompareQuery } from "@/api/compare";
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
  const [from, to] = [number(params.get("from")), number(params.get("to"))];
  return {
    group: params.get("group"),
    x: xAxisOf(params),
    statistic: params.get("statistic") === "iqm" ? "iqm" : "mean",
    range: from !== null && to !== null && from < to ? [from, to] : null,
    logY: params.get("log") === "1",
    singles: params.get("each") === "1",
    hidden: params.getAll("hide"),
    videos: params.get("videos")?.split(",") ?? [],
    share: Math.min(Math.max(number(params.get("at")) ?? 1, 0), 1),
  };
}

/** A new axis has other values, so it loses the zoom; a new grouping loses what was hidden. */
export function writeView(old: URLSearchParams, change: Partial<CompareView>): URLSearchParams {
  const next = new URLSearchParams(old);
  const put = (name: string, value: string | null) =>
    value === null ? next.delete(name) : next.set(name, value);
  const view = { ...readView(old), ...change };
  if (change.x !== undefined) view.range = change.range ?? null;
  if (change.group !== undefined) view.hidden = change.hidden ?? [];
  put("group", view.group);
  put("x", view.x === "iteration" ? null : view.x);
  put("statistic", view.statistic === "mean" ? null : view.statistic);
  put("log", view.logY ? "1" : null);
  put("each", view.singles ? "1" : null);
  put("from", view.range ? rounded(view.range[0]) : null);
  put("to", view.range ? rounded(view.range[1]) : null);
  put("videos", view.videos.some(Boolean) ? view.videos.join() : null);
  put("at", view.share === 1 ? null : String(view.share));
  next.delete("hide");
  for (const name of view.hidden) next.append("hide", name);
  return next;
}

const FILTERS = ["study", "task", "algorithm", "tag", "search"] as const;

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

function number(text: string | null): number | null {
  if (text === null || text.trim() === "") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(6)));
}
