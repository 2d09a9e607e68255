import {
  keepPreviousData,
  type QueryClient,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useEffect } from "react";
import { api, unwrap } from "./client";
import { keys } from "./keys";
import { Pacer } from "./pacer";
import type { components, paths } from "./schema";
import { hub } from "./stream/hub";

type Schemas = components["schemas"];
export type Comparison = Schemas["Comparison"];
export type ComparedGroup = Schemas["ComparedGroup"];
export type ComparedRun = Schemas["ComparedRun"];
export type ComparedFigure = Schemas["ComparedFigure"];
export type Aggregated = Schemas["Aggregated"];
export type CompareQuery = NonNullable<paths["/api/compare"]["get"]["parameters"]["query"]>;

/** Groups, their final results and drawings; kept on screen while a changed wish is loading. */
export function useComparison(query: CompareQuery) {
  const found = useQuery({
    queryKey: keys.comparison(query),
    queryFn: async ({ signal }) =>
      (await unwrap(api.GET("/api/compare", { params: { query }, signal }))) as Comparison,
    placeholderData: keepPreviousData,
  });
  const ids = found.data?.groups.flatMap((group) => group.runs.map((run) => run.id)) ?? [];
  useLive(ids.join(), query.run === undefined);
  return found;
}

/**
 * Asks anew when a run of the comparison has a new row or state; never in a hidden tab. A
 * comparison by filter also asks when a run is queued: it may be one of them.
 */
function useLive(ids: string, byFilter: boolean): void {
  const client = useQueryClient();
  useEffect(() => {
    const known = new Set(ids.split(","));
    const pacer = new Pacer(() => refresh(client, () => pacer.ask()));
    const stop = hub.onEvent(({ event, data }) => {
      if (document.hidden || (event !== "metrics" && event !== "run")) return;
      const body = JSON.parse(data) as { run_id?: string; id?: string; state?: string };
      const queued = byFilter && event === "run" && body.state === "queued";
      if (queued || known.has(body.run_id ?? body.id ?? "")) pacer.ask();
    });
    return () => {
      stop();
      pacer.stop();
    };
  }, [client, ids, byFilter]);
}

/** Loads what is shown anew and waits until it is drawn, so that its pace counts the drawing. */
async function refresh(client: QueryClient, askAgain: () => void): Promise<void> {
  const active = { queryKey: keys.comparisons, type: "active" } as const;
  // A request under way may have read before this news: it is let finish, and one more follows.
  if (client.isFetching(active) > 0) askAgain();
  await client.refetchQueries(active, { cancelRefetch: false });
  await new Promise(requestAnimationFrame);
  await new Promise((done) => setTimeout(done));
}
