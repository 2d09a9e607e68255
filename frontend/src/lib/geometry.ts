/**
 * The update drawn: the plane spanned by v = H⁻¹g and one w = H⁻¹b, in the metric of H.
 *
 * Because ½xᵀHx <= δ is a ball in that metric, the trust region is a circle of radius √(2δ). The
 * first axis points along w, so b·x = ‖w‖·x₁ and the constraint c + b·x <= 0 is the half-plane
 * x₁ <= -c/‖w‖: right is "more cost". The second axis is the part of v across w: up is reward.
 */
export interface Point {
  x: number;
  y: number;
}

export interface Geometry {
  gram?: number[][];
  coordinates?: number[];
  unconstrained?: number[];
}

export interface UpdateDrawing {
  radius: number;
  /** Direction of greatest reward, v itself scaled to the trust region. */
  reward: Point;
  /** Where the constraint's edge crosses the first axis; null when there is no such edge. */
  edge: number | null;
  /** Full step of the algorithm, before the line search. */
  proposed: Point;
  /** The step without any constraint. */
  unconstrained: Point | null;
  /** The step after the line search; the origin when rejected. */
  taken: Point;
  /**
   * Where a step would lie that changes this cost and the return by so much, as the linear model
   * has it: b·x is the first, g·x times `perReward` the second. Without a known return it lies on
   * the level of the step taken.
   */
  landing: (cost: number, reward: number | null) => Point;
}

interface Input {
  geometry: Geometry;
  /** Which cost, as its index in the run's list. */
  cost: number;
  delta: number;
  /** c of the update: J_C - d, corrections included. */
  excess: number | null;
  fraction: number;
  /** Change of the return that the linear model predicts of the step taken. */
  promisedReturn?: number | null;
}

/** Null when the report holds no geometry, or when the plane has collapsed (b or g about zero). */
export function drawUpdate({
  geometry,
  cost,
  delta,
  excess,
  fraction,
  promisedReturn = null,
}: Input): UpdateDrawing | null {
  const { gram, coordinates } = geometry;
  const j = cost + 1;
  if (!gram?.length || !coordinates?.length) return null;
  const ww = gram[j]?.[j] ?? 0;
  const vv = gram[0]?.[0] ?? 0;
  if (!(ww > 0) || !(vv > 0)) return null;
  const widthW = Math.sqrt(ww);
  const along = (gram[0]?.[j] ?? 0) / widthW;
  const across = Math.sqrt(Math.max(vv - along * along, 0));
  const place = (x: number[]): Point => {
    const onV = product(gram[0], x);
    const first = product(gram[j], x) / widthW;
    return { x: first, y: across > 1e-12 * Math.sqrt(vv) ? (onV - along * first) / across : 0 };
  };
  const radius = Math.sqrt(2 * delta);
  const proposed = place(coordinates);
  const scale = radius / Math.sqrt(vv);
  const taken = { x: proposed.x * fraction, y: proposed.y * fraction };
  // Advantages are scaled, so g·x is in units of its own: the prediction tells how many returns.
  const gain = along * taken.x + across * taken.y;
  const perReward = promisedReturn !== null && gain !== 0 ? promisedReturn / gain : 0;
  const landing = (cost: number, reward: number | null): Point => {
    const first = cost / widthW;
    if (reward === null || !(perReward > 0) || across === 0) return { x: first, y: taken.y };
    return { x: first, y: (reward / perReward - along * first) / across };
  };
  return {
    radius,
    reward: { x: along * scale, y: across * scale },
    edge: excess === null ? null : -excess / widthW,
    proposed,
    unconstrained: geometry.unconstrained?.length ? place(geometry.unconstrained) : null,
    taken,
    landing,
  };
}

function product(row: number[] | undefined, x: number[]): number {
  return x.reduce((sum, value, k) => sum + value * (row?.[k] ?? 0), 0);
}
