import { type Columns, mergeRows, newest, rowCount } from "@/lib/columns";
import { api, unwrap } from "./client";
import { messageOf } from "./problem";
import type { Metrics, MetricsEvent } from "./types";

export interface MetricsTable {
  columns: Columns;
  /** Iterations that exist; more than the rows held when history was downsampled. */
  total: number;
  /** Changes whenever rows changed otherwise than by appending; traces are then redrawn whole. */
  revision: number;
  status: "loading" | "ready" | "error";
  problem: string | null;
}

const EMPTY: MetricsTable = {
  columns: {},
  total: 0,
  revision: 0,
  status: "loading",
  problem: null,
};

interface Entry {
  table: MetricsTable;
  only: string[] | null;
  fetching: boolean;
  watchers: Set<() => void>;
}

interface Options {
  maxPoints: number;
}

/** Rows are shown at most this often; more often if a redraw turns out to take longer. */
const SHORTEST_PAUSE_MS = 100;

/**
 * Metric columns of the runs on screen. History is fetched once; after that only new rows come,
 * from the event stream or, after a gap or a hidden spell, from `?after=`.
 */
export class MetricsStore {
  private readonly entries = new Map<string, Entry>();
  private readonly options: Options;
  private waiting: MetricsEvent[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: Options) {
    this.options = options;
  }

  table(id: string): MetricsTable {
    return this.entries.get(id)?.table ?? EMPTY;
  }

  /** Watch runs; those not yet held are fetched in one request. `only`: these columns. */
  watch(ids: string[], only: string[] | null, watcher: () => void): () => void {
    const missing = ids.filter((id) => !covers(this.entries.get(id), only));
    for (const id of ids) this.entry(id, only).watchers.add(watcher);
    if (missing.length > 0) void this.load(missing, only);
    return () => {
      for (const id of ids) this.release(id, watcher);
    };
  }

  /**
   * Take rows from the stream. They show at once when the page is idle; a fast run's rows gather
   * while it draws, so that a page on a busy machine stays usable.
   */
  apply(event: MetricsEvent): void {
    if (!this.entries.has(event.run_id)) return;
    this.waiting.push(event);
    if (this.timer === undefined) this.flush();
  }

  private flush(): void {
    const events = this.waiting;
    this.waiting = [];
    const start = performance.now();
    for (const event of events) this.take(event);
    // Drawing follows in effects; a task queued now runs after it and so measures it.
    this.timer = setTimeout(() => {
      const pause = Math.max(SHORTEST_PAUSE_MS, 2 * (performance.now() - start));
      this.timer = setTimeout(() => {
        this.timer = undefined;
        if (this.waiting.length > 0) this.flush();
      }, pause);
    });
  }

  private take(event: MetricsEvent): void {
    const entry = this.entries.get(event.run_id);
    if (entry?.table.status !== "ready") return;
    const held = lastIteration(entry.table.columns);
    if (event.after > held) void this.catchUp(event.run_id);
    else this.merge(entry, event.after, event.columns as Columns);
  }

  /** Fetch what was missed, for every run on screen. */
  resync(): void {
    for (const id of this.entries.keys()) void this.catchUp(id);
  }

  /** Forget history and load it anew (the stream could not resume). */
  reset(): void {
    const groups = new Map<string, string[]>();
    for (const [id, { only }] of this.entries) {
      const key = JSON.stringify(only);
      groups.set(key, [...(groups.get(key) ?? []), id]);
    }
    for (const [key, ids] of groups) void this.load(ids, JSON.parse(key));
  }

  private entry(id: string, only: string[] | null): Entry {
    const found = this.entries.get(id);
    if (found) {
      if (!covers(found, only)) found.only = only && found.only && union(found.only, only);
      return found;
    }
    const entry = { table: EMPTY, only, fetching: false, watchers: new Set<() => void>() };
    this.entries.set(id, entry);
    return entry;
  }

  private release(id: string, watcher: () => void): void {
    const entry = this.entries.get(id);
    entry?.watchers.delete(watcher);
    if (entry?.watchers.size === 0) this.entries.delete(id);
  }

  private async load(ids: string[], only: string[] | null): Promise<void> {
    try {
      const query = { run: ids, columns: only ?? undefined, max_points: this.options.maxPoints };
      const answer = await unwrap(api.GET("/api/metrics", { params: { query } }));
      for (const id of ids) this.replace(id, answer.runs[id]);
    } catch (error) {
      for (const id of ids) this.fail(id, error);
    }
  }

  private replace(id: string, metrics: Metrics | undefined): void {
    const entry = this.entries.get(id);
    if (!entry || !metrics) return;
    const columns = metrics.columns as Columns;
    const revision = entry.table.revision + 1;
    this.set(entry, { columns, total: metrics.total, revision, status: "ready", problem: null });
  }

  private async catchUp(id: string): Promise<void> {
    const entry = this.entries.get(id);
    if (!entry || entry.fetching) return;
    entry.fetching = true;
    try {
      const after = Math.max(0, lastIteration(entry.table.columns));
      const params = { path: { run_id: id }, query: { after, columns: entry.only ?? undefined } };
      const answer = await unwrap(api.GET("/api/runs/{run_id}/metrics", { params }));
      this.merge(entry, after, answer.columns as Columns);
    } catch (error) {
      this.fail(id, error);
    } finally {
      entry.fetching = false;
    }
  }

  private merge(entry: Entry, after: number, rows: Columns): void {
    const { table } = entry;
    const held = lastIteration(table.columns);
    const added = rowCount(rows);
    if (added === 0 && after >= held) return;
    const appended = after >= held;
    const only = entry.only ? union(["iteration"], entry.only) : undefined;
    const columns = mergeRows(table.columns, after, rows, only);
    const total = appended ? table.total + added : rowCount(columns);
    const revision = appended ? table.revision : table.revision + 1;
    this.set(entry, { columns, total, revision, status: "ready", problem: null });
  }

  private fail(id: string, error: unknown): void {
    const entry = this.entries.get(id);
    // Rows on screen stay there; the banner already says that the server is away.
    if (!entry || entry.table.status === "ready") return;
    this.set(entry, { ...entry.table, status: "error", problem: messageOf(error) });
  }

  private set(entry: Entry, table: MetricsTable): void {
    entry.table = table;
    for (const watcher of [...entry.watchers]) watcher();
  }
}

function covers(entry: Entry | undefined, only: string[] | null): boolean {
  if (!entry) return false;
  if (entry.only === null) return true;
  return only?.every((name) => entry.only?.includes(name)) ?? false;
}

function union(a: string[], b: string[]): string[] {
  return [...new Set([...a, ...b])];
}

function lastIteration(columns: Columns): number {
  const value = newest(columns.iteration ?? []);
  return typeof value === "number" ? value : 0;
}

/** One table for the run page, a coarser one for sparklines, one for comparisons. */
export const runMetrics = new MetricsStore({ maxPoints: 2000 });
export const sparkMetrics = new MetricsStore({ maxPoints: 200 });
export const compareMetrics = new MetricsStore({ maxPoints: 1000 });
export const stores = [runMetrics, sparkMetrics, compareMetrics];
