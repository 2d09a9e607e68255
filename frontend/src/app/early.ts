import { runMetrics } from "@/api/metricsStore";
import { figuresQuery } from "@/api/queries";
import { runQuery, runsQuery } from "@/api/runs";
import { filterOf } from "@/features/runs/listing";
import { xAxisOf } from "@/lib/axis";
import { client } from "./queryClient";

/** Asks for what the first page shows while that page's code is still on its way. */
export function askEarly({ pathname, search }: Location): void {
  const params = new URLSearchParams(search);
  if (pathname === "/runs") void client.prefetchQuery(runsQuery(filterOf(params)));
  const id = pathname.match(/^\/runs\/([^/]+)$/)?.[1];
  if (!id || id === "new") return;
  runMetrics.preload(id);
  void client.prefetchQuery(runQuery(id));
  void client.prefetchQuery(figuresQuery(id, xAxisOf(params)));
}
