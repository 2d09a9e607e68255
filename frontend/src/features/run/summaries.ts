import type { Run } from "@/api/types";
import type { Trace } from "@/components/chart/figure";
import { newest } from "@/lib/columns";
import { number } from "@/lib/format";

/** One sentence about a chart for people who do not see it, from the numbers it shows now. */
export function summaryOfRun(title: string, traces: Trace[], run: Run, figure: string): string {
  const cost = run.costs.find((c) => figure === `cost-${c.name}`);
  if (cost) {
    const now = run.latest?.costs[cost.name];
    const over = run.summary.over_limit[cost.name];
    return `${cost.title} is ${number(now?.mean)} against a limit of ${number(cost.limit)}; ${
      over?.count ?? 0
    } of ${run.iteration} iterations were over it.`;
  }
  const named = traces.filter((t) => t.showlegend !== false && t.meta && !t.meta.band);
  const parts = named.map((t) => {
    const value = newest(t.y);
    return `${t.name} ${typeof value === "number" ? number(value) : "not known yet"}`;
  });
  return `${title}, newest values: ${parts.join(", ")}.`;
}
