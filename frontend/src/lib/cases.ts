/** The kinds of update (cpo_core/solvers/in_span.py), in the words of the page. */
export type CaseFamily = "reward" | "boundary" | "recoverable" | "recovery" | "rejected" | "other";

interface Family {
  title: string;
  help: string;
  /** Instead of `help`, where feedback aims below the limit. */
  aimed?: string;
}

export const FAMILIES: Record<CaseFamily, Family> = {
  reward: { title: "reward step", help: "Within the limits; no constraint changes the step." },
  boundary: { title: "on the boundary", help: "Within the limits; a constraint bends the step." },
  recoverable: {
    title: "back to the limit",
    help: "A cost is over its limit; one step is expected to bring it back.",
    aimed: "A cost is over what the feedback aims at; one step is expected to bring it there.",
  },
  recovery: {
    title: "recovery",
    help: "No step in the trust region meets the limits, so the violation is lowered instead.",
    aimed:
      "No step in the trust region reaches what the feedback aims at, so the distance is lowered instead.",
  },
  rejected: { title: "rejected", help: "The line search found no acceptable step." },
  other: { title: "no step", help: "The batch gave no step worth taking." },
};

const FAMILY_OF: Record<string, CaseFamily> = {
  reward_step: "reward",
  boundary: "boundary",
  recoverable: "recoverable",
  recovery: "recovery",
  rejected: "rejected",
  hold: "other",
  unknown: "other",
};

/** The family of a case; algorithms with their own case names fall under "other". */
export function familyOf(name: string | null, accepted: boolean | null = true): CaseFamily {
  const family = FAMILY_OF[name ?? ""] ?? "other";
  return accepted === false && family !== "other" ? "rejected" : family;
}

export interface CaseSpan {
  family: CaseFamily;
  name: string;
  from: number;
  to: number;
}

/** Runs of equal families, as index ranges [from, to] of the rows. */
export function spans(cases: (string | null)[], accepted: (boolean | null)[]): CaseSpan[] {
  const found: CaseSpan[] = [];
  cases.forEach((name, i) => {
    const family = familyOf(name, accepted[i] ?? null);
    const open = found[found.length - 1];
    if (open && open.family === family) open.to = i;
    else found.push({ family, name: name ?? "", from: i, to: i });
  });
  return found;
}
