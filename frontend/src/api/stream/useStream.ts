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
      // A step back is not seen in rows that are fetched later, so it is never put off.
      if (document.hidden && !isStepBack(message)) missed = true;
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

/** Ask again for whatever the stream changes; figures, the catalog and past updates stay. */
function refresh(client: QueryClient): void {
  void client.invalidateQueries({ predicate: ({ options }) => !isLasting(options) });
  for (const store of stores) store.resync();
}

function isLasting(options: object): boolean {
  return "staleTime" in options && options.staleTime === Number.POSITIVE_INFINITY;
}

function isStepBack({ event, data }: SseMessage): boolean {
  return event === "metrics" && (JSON.parse(data) as MetricsEvent).back;
}

function receive(client: QueryClient, { event, data }: SseMessage): void {
  switch (event as keyof StreamEvent) {
    case "hello":
      // Between the page's first requests and the stream's first message things may have changed.
      if (!(JSON.parse(data) as StreamEvent["hello"]).resumed) refresh(client);
      break;
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
      refresh(client);
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
