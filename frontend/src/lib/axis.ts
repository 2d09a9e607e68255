/** What charts are drawn along: columns of a run. */
export type XAxis = "iteration" | "env_steps" | "elapsed_seconds";
const X_AXES: XAxis[] = ["iteration", "env_steps", "elapsed_seconds"];

/** The axis that an address asks for. */
export function xAxisOf(params: URLSearchParams): XAxis {
  return X_AXES.find((name) => name === params.get("x")) ?? "iteration";
}
