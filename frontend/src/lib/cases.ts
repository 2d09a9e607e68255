/** The kinds of update (cpo_core/solvers/in_span.py), in the words of the page. */
export type CaseFamily = "reward" | "boundary" | "recoverable" | "recovery" | "rejected" | "other";

interface Family {
  title: string;
  help: string;
  /** Instead of `help`, where feedback lowers the limit. */
  aimed?: string;
}

export const FAMILIES: Record<CaseFamily, Family> = {
  reward: {
    title: "unconstrained step",
    help: "Within the limits; no constraint changes the step.",
  },
  boundary: {
    title: "constraint active",
    help: "Within the limits; a constraint changes the step.",
  },
  recoverable: {
    title: "infeasible, recoverable",
    help: "A cost is over its limit; one step is predicted to bring it back.",
    aimed: "A cost is over its corrected limit; one step is predicted to bring it back.",
  },
  recovery: {
    title: "infeasible: recovery (cost-only) step",
    help: "No step in the trust region meets the limits, so the step only lowers the violation.",
    aimed:
      "No step in the trust region meets the corrected limits, so the step only lowers the violation.",
  },
  rejected: { title: "rejected", help: "The line search found no acceptable step." },
  other: { title: "skipped", help: "The batch gave no step worth taking." },
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
