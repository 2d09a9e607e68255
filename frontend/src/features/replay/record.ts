/** A rollout as cpo_core.rollouts.video records it, with the stage of cpo_core.sim.replay. */
export type Shape = "sphere" | "capsule" | "ellipsoid" | "cylinder" | "box";

export interface Geom {
  type: Shape;
  body: number;
  size: [number, number, number];
  pos: [number, number, number];
  /** (w, x, y, z) */
  quat: [number, number, number, number];
  rgba: [number, number, number, number];
}

export interface Mark {
  places: string;
  present: string;
  rgba: [number, number, number, number];
  radius: number;
}

export interface Stage {
  geoms: Geom[];
  walls: number | null;
  ring: number | null;
  marks: Mark[];
  camera: string;
  distance: number;
  /** Degrees, as MuJoCo counts them. */
  azimuth: number;
  elevation: number;
}

/** `bodies`: position and quaternion of each part; marks by the names that the stage gives. */
export type Frame = { bodies: number[][] } & Record<string, unknown>;

export interface ReplayRecord {
  fps: number;
  frames: number;
  steps: number;
  steps_per_frame: number;
  return: number;
  terminated: boolean;
  costs: Record<string, number>;
  step_costs: Record<string, number[]>;
  step_rewards: number[];
  states: Frame[];
  stage: Stage | null;
}

export async function fetchRecord(url: string, signal?: AbortSignal): Promise<ReplayRecord> {
  const answer = await fetch(url, { signal });
  if (!answer.ok) throw new Error(`The rollout's record is missing (${answer.status}).`);
  return answer.json();
}

/** The steps that lead to frame `frame`, as a half-open range. */
export function stepsOf(record: ReplayRecord, frame: number): [number, number] {
  if (frame <= 0) return [0, 0];
  const end = Math.min(frame * record.steps_per_frame, record.steps);
  return [Math.min((frame - 1) * record.steps_per_frame, end), end];
}

/** Whether a step that leads to this frame cost enough to be worth a colour. */
export function alarms(record: ReplayRecord, frame: number): boolean {
  const [from, to] = stepsOf(record, frame);
  return Object.values(record.step_costs).some((steps) =>
    steps.slice(from, to).some((cost) => cost >= 1),
  );
}

/** Sum of a step column up to and with this frame. */
export function soFar(steps: number[], record: ReplayRecord, frame: number): number {
  const [, end] = stepsOf(record, frame);
  return steps.slice(0, end).reduce((sum, value) => sum + value, 0);
}
