import { useId } from "react";
import type { UpdateDrawing as Drawing, Point } from "@/lib/geometry";
import { updateWords } from "./updateWords";
import { useEased } from "./useEased";

const HALF = 100;

interface Props {
  drawing: Drawing;
  /** Where the changes that the next batch measured would lie. */
  landed: Point | null;
  costTitle: string;
}

/**
 * The plane of the update: the trust region as a circle, the side that breaks the limit hatched,
 * the step without the constraint, the step taken, and how far the cost really moved.
 */
export function UpdateDrawing({ drawing, landed: landing, costTitle }: Props) {
  const id = useId();
  const picture = useEased(pictureOf(drawing, landing));
  const { edge, radius } = picture;
  const [taken, proposed, reward] = [
    at(picture, "taken"),
    at(picture, "proposed"),
    at(picture, "reward"),
  ];
  const free = picture.freeX === null ? null : at(picture, "free");
  const landed = picture.landedX === null ? null : at(picture, "landed");
  return (
    <svg
      viewBox={`${-HALF} ${-HALF} ${2 * HALF} ${2 * HALF}`}
      role="img"
      aria-label={updateWords(drawing, landing, costTitle)}
    >
      <defs>
        <pattern
          id={`${id}hatch`}
          width="7"
          height="7"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <rect width="1.6" height="7" fill="var(--cl-over)" />
        </pattern>
        <marker
          id={`${id}tip`}
          viewBox="0 0 8 8"
          refX="6.5"
          refY="4"
          markerWidth="5"
          markerHeight="5"
          orient="auto"
        >
          <path d="M0 0L8 4L0 8Z" fill="var(--cl-text)" />
        </marker>
      </defs>
      <circle r={radius} fill="var(--cl-active-bg)" />
      {edge !== null && edge < HALF && (
        <rect
          x={edge}
          y={-HALF}
          width={HALF - edge}
          height={2 * HALF}
          fill={`url(#${id}hatch)`}
          opacity="0.38"
        />
      )}
      <g stroke="var(--cl-line-strong)" strokeWidth="0.7">
        <line x1={-HALF} x2={HALF} />
        <line y1={-HALF} y2={HALF} />
      </g>
      <circle r={radius} fill="none" stroke="var(--cl-accent)" strokeWidth="1.4" />
      {edge !== null && Math.abs(edge) <= HALF && (
        <>
          <line
            x1={edge}
            x2={edge}
            y1={-HALF}
            y2={HALF}
            stroke="var(--cl-limit)"
            strokeWidth="1.8"
            strokeDasharray="6 4"
          />
          <Label
            x={edge > 60 ? edge - 3 : edge + 3}
            y={-HALF + 9}
            end={edge > 60}
            colour="var(--cl-limit)"
          >
            limit
          </Label>
        </>
      )}
      <line
        x2={reward.x}
        y2={reward.y}
        stroke="var(--cl-muted)"
        strokeWidth="1"
        strokeDasharray="1.5 2.5"
      />
      {free && (
        <>
          <line
            x2={free.x}
            y2={free.y}
            stroke="var(--cl-muted)"
            strokeWidth="1.2"
            strokeDasharray="4 3"
          />
          <circle
            cx={free.x}
            cy={free.y}
            r="3.4"
            fill="var(--cl-surface)"
            stroke="var(--cl-muted)"
            strokeWidth="1.4"
          />
        </>
      )}
      <circle
        cx={proposed.x}
        cy={proposed.y}
        r="4.6"
        fill="none"
        stroke="var(--cl-text)"
        strokeWidth="1"
      />
      <line
        x2={taken.x}
        y2={taken.y}
        stroke="var(--cl-text)"
        strokeWidth="2.4"
        markerEnd={Math.hypot(taken.x, taken.y) > 3 ? `url(#${id}tip)` : undefined}
      />
      <circle r="2.6" fill="var(--cl-text)" />
      {landed !== null && (
        <g stroke="var(--cl-cost)" strokeWidth="1.6" fill="var(--cl-cost)">
          <line x1={taken.x} x2={landed.x} y1={taken.y} y2={landed.y} strokeDasharray="2 2" />
          <path
            d={`M${landed.x} ${landed.y - 5}l4 5l-4 5l-4 -5Z`}
            stroke="var(--cl-surface)"
            strokeWidth="1"
          />
        </g>
      )}
      <Label x={HALF - 2} y={-3} end>
        more cost →
      </Label>
      <Label x={3} y={-HALF + 9} hidden={edge !== null && edge > -30 && edge < 45}>
        more reward ↑
      </Label>
      <Key />
    </svg>
  );
}

type Picture = ReturnType<typeof pictureOf>;

/** Everything that moves, in the units of the picture; what lies outside stands at its edge. */
function pictureOf(drawing: Drawing, landed: Point | null) {
  const scale = HALF / (1.32 * drawing.radius);
  const x = (point: Point) => clamp(point.x * scale);
  const y = (point: Point) => clamp(-point.y * scale);
  const { taken, proposed, reward, unconstrained: free } = drawing;
  return {
    radius: drawing.radius * scale,
    edge: drawing.edge === null ? null : clamp(drawing.edge * scale, HALF + 1),
    takenX: x(taken),
    takenY: y(taken),
    proposedX: x(proposed),
    proposedY: y(proposed),
    rewardX: x(reward),
    rewardY: y(reward),
    freeX: free && x(free),
    freeY: free && y(free),
    landedX: landed && x(landed),
    landedY: landed && y(landed),
  };
}

function at(picture: Picture, name: "taken" | "proposed" | "reward" | "free" | "landed"): Point {
  return { x: picture[`${name}X`] ?? 0, y: picture[`${name}Y`] ?? 0 };
}

function Key() {
  return (
    <g transform={`translate(${-HALF + 1} ${HALF - 22})`} fontSize="6.6" fill="var(--cl-muted)">
      <circle cx="3" cy="0" r="2.6" fill="var(--cl-surface)" stroke="var(--cl-muted)" />
      <text x="9" y="2.3">
        unconstrained step
      </text>
      <line x1="0" x2="6.500" y1="9" y2="9" stroke="var(--cl-text)" strokeWidth="2" />
      <text x="9" y="11.300">
        step taken
      </text>
      <path d="M3 14.800l3 3.600l-3 3.600l-3 -3.600Z" fill="var(--cl-cost)" />
      <text x="9" y="20.600">
        measured
      </text>
    </g>
  );
}

interface LabelProps {
  x: number;
  y: number;
  end?: boolean;
  colour?: string;
  hidden?: boolean;
  children: string;
}

function Label({ x, y, end, colour = "var(--cl-muted)", hidden, children }: LabelProps) {
  if (hidden) return null;
  return (
    <text
      x={x}
      y={y}
      fontSize="7.4"
      fontWeight="560"
      fill={colour}
      textAnchor={end ? "end" : "start"}
      paintOrder="stroke"
      stroke="var(--cl-surface)"
      strokeWidth="2.5"
    >
      {children}
    </text>
  );
}

function clamp(value: number, most = HALF - 2): number {
  return Math.max(-most, Math.min(most, value));
}
