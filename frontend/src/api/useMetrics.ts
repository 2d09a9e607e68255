import { useCallback, useMemo, useRef, useSyncExternalStore } from "react";
import { type MetricsTable, runMetrics, sparkMetrics } from "./metricsStore";

/** All columns of one run, live. */
export function useRunMetrics(id: string): MetricsTable {
  const subscribe = useCallback((tell: () => void) => runMetrics.watch([id], null, tell), [id]);
  return useSyncExternalStore(subscribe, () => runMetrics.table(id));
}

/** Chosen columns of several runs for sparklines, live, fetched in one request. */
export function useManyMetrics(ids: string[], columns: string[]): Map<string, MetricsTable> {
  const key = JSON.stringify([ids, columns]);
  const cache = useRef<Map<string, MetricsTable>>(new Map());
  const [wanted, names] = useMemo(() => JSON.parse(key) as [string[], string[]], [key]);
  const subscribe = useCallback(
    (tell: () => void) => (wanted.length ? sparkMetrics.watch(wanted, names, tell) : () => {}),
    [wanted, names],
  );
  return useSyncExternalStore(subscribe, () => {
    const old = cache.current;
    const same =
      old.size === wanted.length && wanted.every((id) => old.get(id) === sparkMetrics.table(id));
    if (!same) cache.current = new Map(wanted.map((id) => [id, sparkMetrics.table(id)]));
    return cache.current;
  });
}
