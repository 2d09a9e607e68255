import { percent } from "@/lib/format";
import type { Point, UpdateDrawing } from "@/lib/geometry";

/** The multipliers as cpo_core/figures/updates.py calls them. */
export const LAMBDA = "λ (trust-region multiplier)";
export const NU = "ν (cost multiplier)";

/** The drawing of an update for people who do not see it. */
export function updateWords(drawing: UpdateDrawing, landed: Point | null, cost: string): string {
  return [limitWords(drawing, cost), takenWords(drawing), landedWords(drawing, landed)].join(" ");
}

function limitWords({ edge, radius }: UpdateDrawing, cost: string): string {
  const plane = `The trust region in the plane of reward and ${cost}`;
  if (edge === null) return `${plane}.`;
  if (edge <= -radius) return `${plane}; the limit lies beyond it: no step reaches it.`;
  if (edge >= radius) return `${plane}; the limit does not cut it.`;
  const side = edge < 0 ? "wrong" : "right";
  return `${plane}; the limit cuts it, and the policy is on its ${side} side.`;
}

function takenWords({ taken, radius, edge }: UpdateDrawing): string {
  const length = Math.hypot(taken.x, taken.y);
  if (length === 0) return "No step was taken.";
  return `The step taken, toward ${toward(taken)}, reaches ${percent(length / radius)} of the way to the region's border${sideOf(taken, edge)}.`;
}

function landedWords({ edge, taken }: UpdateDrawing, landed: Point | null): string {
  if (landed === null) return "The next batch has not measured the change yet.";
  const further = landed.x > taken.x ? "more" : "less";
  return `The next batch measured ${further} cost than predicted: it landed toward ${toward(landed)}${sideOf(landed, edge)}.`;
}

function toward({ x, y }: Point): string {
  return `${x > 0 ? "more" : "less"} cost and ${y > 0 ? "more" : "less"} reward`;
}

function sideOf({ x }: Point, edge: number | null): string {
  if (edge === null) return "";
  return x <= edge ? ", within the limit" : ", over the limit";
}
