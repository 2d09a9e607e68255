import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { keys } from "../keys";
import { stores } from "../metricsStore";
import { rememberRun } from "../runs";
import type { MetricsEvent, Run, StreamEvent } from "../types";
import { hub, type StreamState } from "./hub";
import type { SseMessage } from "./sse";

export function useStreamState(): StreamState {
  return useSyncExternalStore(hub.onState, () => hub.state);
}

/**
 * Feeds the stream into the caches; used once, at the root. Nothing is processed in a hidden tab:
 * when it is shown again, only what was missed is fetched.
 */
export function useStream(): void {
  const client = useQueryClient();
  useEffect(() => {
    let missed = false;
    const stop = hub.onEvent((message) => {
      if (document.hidden) missed = true;
      else receive(client, message);
    });
    const shown = () => {
      if (document.hidden) return;
      hub.hurry();
      if (missed) refresh(client);
      missed = false;
    };
    document.addEventListener("visibilitychange", shown);
    hub.open();
    // Before somebody signed in the stream was refused, and waits longer and longer.
    hub.hurry();
    return () => {
      document.removeEventListener("visibilitychange", shown);
      stop();
      hub.shut();
    };
  }, [client]);
}

function refresh(client: QueryClient): void {
  void client.invalidateQueries();
  for (const store of stores) store.resync();
}

function receive(client: QueryClient, { event, data }: SseMessage): void {
  switch (event as keyof StreamEvent) {
    case "metrics": {
      const rows = JSON.parse(data) as MetricsEvent;
      for (const store of stores) store.apply(rows);
      break;
    }
    case "run":
      runChanged(client, JSON.parse(data) as Run);
      break;
    case "video":
      void client.invalidateQueries({ queryKey: keys.videos(JSON.parse(data).run_id) });
      break;
    case "workers":
      client.setQueryData(keys.workers, JSON.parse(data));
      break;
    case "queue":
      void client.invalidateQueries({ queryKey: keys.runs });
      break;
    case "reset":
      void client.invalidateQueries();
      for (const store of stores) store.reset();
      break;
  }
}

function runChanged(client: QueryClient, run: Run): void {
  const before = client.getQueryData<Run>(keys.run(run.id));
  // An answer still under way is older than this.
  void client.cancelQueries({ queryKey: keys.run(run.id), exact: true });
  rememberRun(client, run);
  if (before?.state === run.state) return;
  // A new state moves the run between lists and leaves a trace in its history.
  void client.invalidateQueries({ queryKey: keys.runs });
  if (run.study_id) void client.invalidateQueries({ queryKey: keys.studies });
  void client.invalidateQueries({ queryKey: keys.events(run.id) });
  void client.invalidateQueries({ queryKey: keys.policies(run.id) });
}
