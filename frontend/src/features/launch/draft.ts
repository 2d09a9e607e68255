import { ApiProblem } from "@/api/problem";
import type { Catalog, CatalogTask, Run, RunCreate } from "@/api/types";
import { type Difference, differences, overrides } from "@/lib/difference";
import { parseSeeds } from "@/lib/seeds";
import { meant } from "./schema";

type Plain = Record<string, unknown>;

/**
 * What the form holds. `changes` and `options` are values that were touched, by field name, as they
 * stand in their fields (see `meant`).
 */
export interface Draft {
  task: string;
  algorithm: string;
  preset: string;
  seeds: string;
  limits: Record<string, number | string>;
  changes: Plain;
  options: Plain;
  name: string;
  tags: string[];
  notes: string;
  priority: number | string;
}

export function findTask(catalog: Catalog, name: string): CatalogTask | undefined {
  return catalog.tasks.find((task) => task.name === name);
}

export function newDraft(catalog: Catalog, taskName?: string): Draft {
  const task = findTask(catalog, taskName ?? "point-circle") ?? catalog.tasks[0];
  return {
    task: task?.name ?? "",
    algorithm: catalog.algorithms.find((a) => a.name === "cpo")?.name ?? "",
    preset: "default",
    seeds: "0",
    limits: task ? limitsOf(task, "default") : {},
    changes: {},
    options: {},
    name: "",
    tags: [],
    notes: "",
    priority: 0,
  };
}

export function cloneDraft(parent: Run): Draft {
  return {
    task: parent.task,
    algorithm: parent.algorithm,
    preset: parent.preset,
    seeds: String(parent.seed),
    limits: { ...(parent.config.limits as Record<string, number>) },
    changes: {},
    options: {},
    name: copyName(parent.name),
    tags: parent.tags,
    notes: "",
    priority: parent.priority,
  };
}

/** "(copy)" once, however long the line of copies is. */
function copyName(name: string): string {
  return name && `${name.replace(/ \(copy\)$/, "")} (copy)`;
}

export function limitsOf(task: CatalogTask, preset: string): Record<string, number> {
  const own = task.presets[preset]?.config.limits as Record<string, number> | undefined;
  return Object.fromEntries(task.costs.map((c) => [c.name, own?.[c.name] ?? c.limit]));
}

/** Values before any change: the parent's when cloning, else the preset's. */
export function baseConfig(draft: Draft, catalog: Catalog, parent: Run | null): Plain {
  if (parent && sameKind(parent, draft)) return parent.config;
  return findTask(catalog, draft.task)?.presets[draft.preset]?.config ?? {};
}

/** Fields the server would refuse anyway, said before asking it. */
export function localProblems(draft: Draft): Record<string, string> {
  const found: Record<string, string> = {};
  const seeds = parseSeeds(draft.seeds);
  if (seeds.problem) found.seed = seeds.problem;
  for (const [name, limit] of Object.entries(draft.limits)) {
    if (limit === "") found[`config.limits.${name}`] = "Every cost needs a limit.";
  }
  return found;
}

/** The partial configuration that the draft asks for. */
export function requestedConfig(draft: Draft, base: Plain): Plain {
  const limits = Object.fromEntries(
    Object.entries(draft.limits).map(([name, value]) => [name, numberOr(value)]),
  );
  const changes = meanings(draft.changes);
  const config: Plain = { ...overrides(pick(base, changes), changes) };
  if (JSON.stringify(limits) !== JSON.stringify(base.limits)) config.limits = limits;
  if (Object.keys(draft.options).length > 0) config.options = meanings(draft.options);
  return config;
}

export function request(draft: Draft, base: Plain, seed: number): RunCreate {
  return {
    task: draft.task,
    algorithm: draft.algorithm,
    preset: draft.preset,
    seed,
    config: requestedConfig(draft, base),
    name: draft.name,
    tags: draft.tags,
    notes: draft.notes,
    // As typed: the server refuses by name what is no whole number.
    priority: numberOr(draft.priority) as number,
  };
}

/** The draft as a request of its own, for the check: a clone's base is not its preset. */
export function estimateRequest(
  draft: Draft,
  base: Plain,
  seed: number,
  parent: Run | null,
): RunCreate {
  const body = request(draft, base, seed);
  if (!parent || !sameKind(parent, draft)) return body;
  const { task: _t, algorithm: _a, seed: _s, ...inherited } = parent.config;
  return { ...body, config: { ...inherited, ...body.config } };
}

/** Settings of another task, algorithm or preset mean nothing for a clone. */
function sameKind(parent: Run, draft: Draft): boolean {
  return (
    parent.task === draft.task &&
    parent.algorithm === draft.algorithm &&
    parent.preset === draft.preset
  );
}

/** How the draft differs from the run it clones, for the list beside the form. */
export function differencesFrom(parent: Run, draft: Draft, base: Plain): Difference[] {
  const seeds = parseSeeds(draft.seeds).seeds;
  const before: Plain = { task: parent.task, algorithm: parent.algorithm, seed: [parent.seed] };
  const after: Plain = { task: draft.task, algorithm: draft.algorithm, seed: seeds };
  const config = requestedConfig(draft, base);
  return [...differences(before, after), ...differences(pickDeep(parent.config, config), config)];
}

/** Messages of a refused request by field. */
export function problemsOf(error: unknown): Record<string, string> {
  if (!(error instanceof ApiProblem)) return {};
  return Object.fromEntries(error.errors.map((e) => [e.field, e.message]));
}

function numberOr(value: number | string): unknown {
  if (typeof value === "number") return value;
  const parsed = Number(value);
  return value.trim() !== "" && Number.isFinite(parsed) ? parsed : value;
}

function meanings(values: Plain): Plain {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, meant(value)]));
}

function pick(values: Plain, like: Plain): Plain {
  return Object.fromEntries(Object.keys(like).map((name) => [name, values[name]]));
}

function pickDeep(values: Plain, like: Plain): Plain {
  return Object.fromEntries(
    Object.entries(like).map(([name, value]) => [
      name,
      isPlain(value) && isPlain(values[name]) ? pickDeep(values[name], value) : values[name],
    ]),
  );
}

function isPlain(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
