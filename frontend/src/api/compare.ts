import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { api, unwrap } from "./client";
import type { components, paths } from "./schema";
import { hub } from "./stream/hub";

type Schemas = components["schemas"];
export type Comparison = Schemas["Comparison"];
export type ComparedGroup = Schemas["ComparedGroup"];
export type ComparedRun = Schemas["ComparedRun"];
export type ComparedFigure = Schemas["ComparedFigure"];
export type Aggregated = Schemas["Aggregated"];
export type CompareQuery = NonNullable<paths["/api/compare"]["get"]["parameters"]["query"]>;

const ROOT = "compare";
/** The least time between two redrawings: several runs may report at once. */
const PACE_MS = 400;

/** Groups, their final figures and drawings; kept on screen while a changed wish is loading. */
export function useComparison(query: CompareQuery) {
  const found = useQuery({
    queryKey: [ROOT, query],
    queryFn: async ({ signal }) =>
      (await unwrap(api.GET("/api/compare", { params: { query }, signal }))) as Comparison,
    placeholderData: keepPreviousData,
  });
  const ids = useMemo(
    () => new Set(found.data?.groups.flatMap((group) => group.runs.map((run) => run.id))),
    [found.data],
  );
  useLive(ids);
  return found;
}

/** Asks anew when a run of the comparison has a new row or state; never in a hidden tab. */
function useLive(ids: Set<string>): void {
  const client = useQueryClient();
  useEffect(() => {
    let last = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = () => {
      timer = undefined;
      last = Date.now();
      void client.invalidateQueries({ queryKey: [ROOT] });
    };
    const stop = hub.onEvent(({ event, data }) => {
      if (document.hidden || timer || (event !== "metrics" && event !== "run")) return;
      const body = JSON.parse(data) as { run_id?: string; id?: string };
      if (!ids.has(body.run_id ?? body.id ?? "")) return;
      timer = setTimeout(refresh, Math.max(0, PACE_MS - (Date.now() - last)));
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [client, ids]);
}
