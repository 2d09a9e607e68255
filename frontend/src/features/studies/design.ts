import type { Catalog, RunCreate } from "@/api/types";
import { parseSeeds } from "@/lib/seeds";

/** What the form for a comparison of one's own holds. */
export interface Design {
  task: string;
  algorithms: string[];
  seeds: string;
  preset: string;
  name: string;
}

export function newDesign(catalog: Catalog): Design {
  const task = catalog.tasks.find((t) => t.name === "point-circle") ?? catalog.tasks[0];
  return {
    task: task?.name ?? "",
    algorithms: ["cpo", "trpo"].filter((n) => catalog.algorithms.some((a) => a.name === n)),
    seeds: "0-2",
    preset: "default",
    name: "",
  };
}

/** One run per algorithm and seed, seeds outermost: each group gains its n as early as it can. */
export function runsOf(design: Design): RunCreate[] {
  return parseSeeds(design.seeds).seeds.flatMap((seed) =>
    design.algorithms.map((algorithm) => ({
      task: design.task,
      algorithm,
      seed,
      preset: design.preset,
      name: `${design.task}: ${algorithm}`,
      tags: [algorithm],
    })),
  );
}

/** What is missing, by field. */
export function problemsOf(design: Design): Record<string, string> {
  const found: Record<string, string> = {};
  const seeds = parseSeeds(design.seeds);
  if (seeds.problem) found.seeds = seeds.problem;
  if (design.algorithms.length === 0) found.algorithms = "Choose at least one algorithm.";
  return found;
}

export function nameOf(design: Design): string {
  return design.name || `${design.task}: ${design.algorithms.join(", ")}`;
}
