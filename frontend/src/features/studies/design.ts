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

/** One run per algorithm and seed, seeds outermost: each group has all its seeds early. */
export function runsOf(design: Design, catalog: Catalog): RunCreate[] {
  const words = titles(design, catalog);
  return parseSeeds(design.seeds).seeds.flatMap((seed) =>
    design.algorithms.map((algorithm, i) => ({
      task: design.task,
      algorithm,
      seed,
      preset: design.preset,
      name: `${words.task}: ${words.algorithms[i]}`,
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

export function nameOf(design: Design, catalog: Catalog): string {
  const { task, algorithms } = titles(design, catalog);
  return design.name || `${task}: ${algorithms.join(", ")}`;
}

/** What is chosen, as people call it. */
function titles({ task, algorithms }: Design, catalog: Catalog) {
  const title = (known: { name: string; title: string }[], name: string) =>
    known.find((each) => each.name === name)?.title ?? name;
  return {
    task: title(catalog.tasks, task),
    algorithms: algorithms.map((name) => title(catalog.algorithms, name)),
  };
}
