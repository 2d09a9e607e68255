import { appendRows, type Columns, dropAfter, newest, rowCount } from "@/lib/columns";
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
  watchers: Set<() => void>;
  /** While a request is under way, events wait here and are taken after its answer. */
  waiting: MetricsEvent[] | null;
  /** Asked for meanwhile: done when the request under way has ended. */
  again: Extent | null;
}

type Extent = "tail" | "whole";

interface Options {
  /** History is fetched with about so many rows, and anew when twice as many are held. */
  maxPoints: number;
}

/** Rows are shown at most this often; more often if a redraw turns out to take longer. */
const SHORTEST_PAUSE_MS = 100;
/** A run that nobody watches is forgotten after a while: its watchers may only be changing. */
const FORGET_AFTER_MS = 1000;
const PRELOADED_FOR_MS = 10_000;

/**
 * Metric columns of the runs on screen. History is fetched once; after that only new rows come,
 * from the event stream or, after a gap or a hidden spell, from `?after=`. One request a run at a
 * time: what arrives meanwhile is put on top of its answer.
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

  /** Watch runs; those not held, or in vain so far, are fetched in one request. `only`: these columns. */
  watch(ids: string[], only: string[] | null, watcher: () => void): () => void {
    const good = (entry: Entry | undefined) =>
      covers(entry, only) && entry?.table.status !== "error";
    const missing = ids.filter((id) => !good(this.entries.get(id)));
    for (const id of ids) this.entry(id, only).watchers.add(watcher);
    this.load(missing);
    return () => {
      for (const id of ids) this.release(id, watcher);
    };
  }

  /** Begin to fetch a run's history before anybody watches it. */
  preload(id: string): void {
    const leave = this.watch([id], null, () => {});
    setTimeout(leave, PRELOADED_FOR_MS);
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

  /** Fetch what was missed, for every run on screen; all of it where nothing could be fetched. */
  resync(): void {
    const held = (id: string) => this.table(id).status === "ready";
    const ids = [...this.entries.keys()];
    for (const id of ids.filter(held)) void this.catchUp(id);
    this.load(ids.filter((id) => !held(id)));
  }

  /** Forget history and load it anew (the stream could not resume). */
  reset(): void {
    this.load([...this.entries.keys()]);
  }

  /** Try again to load the history of a run. */
  retry(id: string): void {
    this.load([id]);
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
    if (!entry) return;
    if (entry.waiting) {
      entry.waiting.push(event);
      return;
    }
    // The stream works, so perhaps the server answers again.
    if (entry.table.status !== "ready") this.load([event.run_id]);
    else if (event.after > lastIteration(entry.table.columns)) void this.catchUp(event.run_id);
    else this.merge(entry, event);
    if (rowCount(entry.table.columns) > 2 * this.options.maxPoints) this.load([event.run_id]);
  }

  private entry(id: string, only: string[] | null): Entry {
    const found = this.entries.get(id);
    if (found) {
      if (!covers(found, only)) found.only = only && found.only && union(found.only, only);
      return found;
    }
    const watchers = new Set<() => void>();
    const entry = { table: EMPTY, only, watchers, waiting: null, again: null };
    this.entries.set(id, entry);
    return entry;
  }

  private release(id: string, watcher: () => void): void {
    const entry = this.entries.get(id);
    entry?.watchers.delete(watcher);
    setTimeout(() => {
      if (entry?.watchers.size === 0 && this.entries.get(id) === entry) this.entries.delete(id);
    }, FORGET_AFTER_MS);
  }

  /** The entry, ready for a request; none when one is under way, which is then followed by this. */
  private begin(id: string, extent: Extent): Entry | null {
    const entry = this.entries.get(id);
    if (!entry) return null;
    if (entry.waiting) {
      entry.again = extent === "whole" ? extent : (entry.again ?? extent);
      return null;
    }
    entry.waiting = [];
    return entry;
  }

  private end(id: string, entry: Entry): void {
    const { waiting, again } = entry;
    entry.waiting = null;
    entry.again = null;
    if (this.entries.get(id) !== entry) return;
    // A whole history asked for now has in it whatever waited.
    if (again === "whole") this.load([id]);
    else for (const event of waiting ?? []) this.take(event);
    if (again === "tail") void this.catchUp(id);
  }

  /** Fetch whole histories: one request for all runs of which the same columns are wanted. */
  private load(ids: string[]): void {
    const groups = new Map<string, [string, Entry][]>();
    for (const id of ids) {
      const entry = this.begin(id, "whole");
      if (!entry) continue;
      const key = JSON.stringify(entry.only);
      groups.set(key, [...(groups.get(key) ?? []), [id, entry]]);
    }
    for (const group of groups.values()) void this.fetchWhole(group);
  }

  private async fetchWhole(group: [string, Entry][]): Promise<void> {
    try {
      const run = group.map(([id]) => id);
      const columns = group[0]?.[1].only ?? undefined;
      const query = { run, columns, max_points: this.options.maxPoints };
      const answer = await unwrap(api.GET("/api/metrics", { params: { query } }));
      for (const [id, entry] of group) this.replace(entry, answer.runs[id]);
    } catch (error) {
      for (const [, entry] of group) this.fail(entry, error);
    }
    for (const [id, entry] of group) this.end(id, entry);
  }

  private replace(entry: Entry, metrics: Metrics | undefined): void {
    if (!metrics) return;
    const columns = metrics.columns as Columns;
    const revision = entry.table.revision + 1;
    this.set(entry, { columns, total: metrics.total, revision, status: "ready", problem: null });
  }

  private async catchUp(id: string): Promise<void> {
    const entry = this.begin(id, "tail");
    if (!entry) return;
    try {
      const after = lastIteration(entry.table.columns);
      const params = { path: { run_id: id }, query: { after, columns: entry.only ?? undefined } };
      const answer = await unwrap(api.GET("/api/runs/{run_id}/metrics", { params }));
      if (answer.last_iteration < after) entry.again = "whole";
      else this.merge(entry, { after, back: false, columns: answer.columns });
    } catch (error) {
      this.fail(entry, error);
    }
    this.end(id, entry);
  }

  private merge(entry: Entry, event: Pick<MetricsEvent, "after" | "back" | "columns">): void {
    const { table } = entry;
    const held = lastIteration(table.columns);
    const rows = event.columns as Columns;
    const back = event.back && event.after < held;
    const only = entry.only ? union(["iteration"], entry.only) : undefined;
    const kept = back ? dropAfter(table.columns, event.after) : table.columns;
    const columns = appendRows(kept, rows, only);
    if (columns === table.columns) return;
    const revision = back ? table.revision + 1 : table.revision;
    this.set(entry, { ...table, columns, total: lastIteration(columns), revision });
  }

  private fail(entry: Entry, error: unknown): void {
    // What waited has holes before it now; the next event or the next connection shows them.
    entry.waiting = [];
    entry.again = null;
    // Rows on screen stay there; the banner already says that the server is away.
    if (entry.table.status === "ready") return;
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

/** One table for the run page, a coarser one for sparklines. */
export const runMetrics = new MetricsStore({ maxPoints: 1000 });
export const sparkMetrics = new MetricsStore({ maxPoints: 200 });
export const stores = [runMetrics, sparkMetrics];
