import type { components } from "./schema";

type Schemas = components["schemas"];
export type Run = Schemas["Run"];
export type RunState = Schemas["RunState"];
export type RunList = Schemas["RunList"];
export type RunCreate = Schemas["RunCreate"];
export type RunClone = Schemas["RunClone"];
export type RunPatch = Schemas["RunPatch"];
export type Catalog = Schemas["Catalog"];
export type CatalogTask = Schemas["CatalogTask"];
export type CatalogAlgorithm = Schemas["CatalogAlgorithm"];
export type CatalogStudy = Schemas["CatalogStudy"];
export type Estimate = Schemas["Estimate"];
export type Metrics = Schemas["Metrics"];
export type MetricsEvent = Schemas["MetricsEvent"];
export type Geometry = Schemas["Geometry"];
export type Figure = Schemas["Figure"];
export type FigureInfo = Schemas["FigureInfo"];
export type Video = Schemas["Video"];
export type VideoList = Schemas["VideoList"];
export type Policy = Schemas["Policy"];
export type PolicyList = Schemas["PolicyList"];
export type RunEvent = Schemas["RunEvent"];
export type Study = Schemas["Study"];
export type Worker = Schemas["Worker"];
export type Health = Schemas["Health"];
export type FieldProblem = Schemas["FieldProblem"];
export type StreamEvent = Schemas["StreamEvent"];

/** States in which a worker holds the run, or will without anyone asking. */
export const ACTIVE: RunState[] = ["starting", "running", "pausing", "stopping"];
export const FINISHED: RunState[] = ["succeeded", "stopped", "failed"];

export function isActive(state: RunState): boolean {
  return ACTIVE.includes(state);
}

export function isFinished(state: RunState): boolean {
  return FINISHED.includes(state);
}
