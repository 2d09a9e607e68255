/** What charts are drawn along: columns of a run, and what a switch calls them. */
export const X_AXES = [
  { value: "iteration", label: "iteration" },
  { value: "env_steps", label: "steps" },
  { value: "elapsed_seconds", label: "time" },
] as const;
export type XAxis = (typeof X_AXES)[number]["value"];

/** The axis that an address asks for. */
export function xAxisOf(params: URLSearchParams): XAxis {
  return X_AXES.find(({ value }) => value === params.get("x"))?.value ?? "iteration";
}
