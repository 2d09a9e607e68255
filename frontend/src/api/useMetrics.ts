import { useCallback, useMemo, useRef, useSyncExternalStore } from "react";
import {
  compareMetrics,
  type MetricsStore,
  type MetricsTable,
  runMetrics,
  sparkMetrics,
} from "./metricsStore";

/** All columns of one run, live. */
export function useRunMetrics(id: string): MetricsTable {
  const subscribe = useCallback((tell: () => void) => runMetrics.watch([id], null, tell), [id]);
  return useSyncExternalStore(subscribe, () => runMetrics.table(id));
}

/** Chosen columns of several runs, live, fetched in one request. */
export function useManyMetrics(
  ids: string[],
  columns: string[],
  purpose: "spark" | "compare",
): Map<string, MetricsTable> {
  const store: MetricsStore = purpose === "spark" ? sparkMetrics : compareMetrics;
  const key = JSON.stringify([ids, columns]);
  const cache = useRef<Map<string, MetricsTable>>(new Map());
  const [wanted, names] = useMemo(() => JSON.parse(key) as [string[], string[]], [key]);
  const subscribe = useCallback(
    (tell: () => void) => (wanted.length ? store.watch(wanted, names, tell) : () => {}),
    [store, wanted, names],
  );
  return useSyncExternalStore(subscribe, () => {
    const old = cache.current;
    const same =
      old.size === wanted.length && wanted.every((id) => old.get(id) === store.table(id));
    if (!same) cache.current = new Map(wanted.map((id) => [id, store.table(id)]));
    return cache.current;
  });
}
