import type { RunFilter } from "@/api/runs";
import type { RunState } from "@/api/types";
import { STATES } from "@/lib/runs";

export const PAGE = 50;

const SORTS: string[] = [
  "created_at",
  "finished_at",
  "state",
  "task",
  "algorithm",
  "seed",
  "name",
  "priority",
  "iteration",
  "return",
  "over_limit",
  "regret",
  "elapsed_seconds",
];

/** What the address asks for; unknown words are as good as none. */
export function filterOf(params: URLSearchParams): RunFilter {
  const states = params
    .getAll("state")
    .filter((s): s is RunState => STATES.includes(s as RunState));
  const sort = params.get("sort") ?? "";
  return {
    state: states.length > 0 ? states : undefined,
    task: params.get("task") || undefined,
    algorithm: params.get("algorithm") || undefined,
    study: params.get("study") || undefined,
    tag: params.get("tag") || undefined,
    search: params.get("search") || undefined,
    deleted: params.get("deleted") === "true" || undefined,
    sort: (SORTS.includes(sort) ? sort : "created_at") as RunFilter["sort"],
    order: params.get("order") === "asc" ? "asc" : "desc",
    limit: PAGE,
    offset: (pageOf(params) - 1) * PAGE,
  };
}

export function pageOf(params: URLSearchParams): number {
  const page = Number(params.get("page") ?? "1");
  return Number.isInteger(page) && page > 0 ? page : 1;
}

/** Another filter or order begins at its first page. */
export function changed(
  old: URLSearchParams,
  changes: Record<string, string | string[] | null>,
): URLSearchParams {
  const next = new URLSearchParams(old);
  if (!("page" in changes)) next.delete("page");
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    for (const one of Array.isArray(value) ? value : [value]) if (one) next.append(name, one);
  }
  return next;
}
