import { useId } from "react";
import { extremes } from "@/lib/columns";

interface Props {
  values: (number | null)[];
  /** A line of reference, drawn dashed and always inside the picture. */
  limit?: number | null;
  colour: string;
  label: string;
  height?: number;
}

const WIDTH = 240;

/** A small curve against its limit; what lies over the limit is shaded with a hatch. */
export function Sparkline({ values, limit = null, colour, label, height = 44 }: Props) {
  const id = useId();
  const known = extremes(values);
  if (known.length === 0) return null;
  const [low = 0, high = 0] = extremes([...known, limit]);
  const pad = (high - low || 1) * 0.12;
  const y = (v: number) => height - ((v - low + pad) / (high - low + 2 * pad)) * height;
  const x = (i: number) => (values.length < 2 ? WIDTH : (i / (values.length - 1)) * WIDTH);
  const line = path(values, x, y);
  const last = values.length - 1;
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${height}`}
      width="100%"
      height={height}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
      style={{ display: "block", overflow: "visible" }}
    >
      {limit !== null && (
        <>
          <defs>
            <pattern
              id={`${id}h`}
              width="5"
              height="5"
              patternUnits="userSpaceOnUse"
              patternTransform="rotate(45)"
            >
              <rect width="1.6" height="5" fill="var(--cl-over)" />
            </pattern>
            <clipPath id={`${id}c`}>
              <rect x="0" y="0" width={WIDTH} height={y(limit)} />
            </clipPath>
          </defs>
          <path
            d={`${line}L${x(last)} ${height}L0 ${height}Z`}
            fill={`url(#${id}h)`}
            opacity="0.45"
            clipPath={`url(#${id}c)`}
          />
          <line
            x1="0"
            x2={WIDTH}
            y1={y(limit)}
            y2={y(limit)}
            stroke="var(--cl-limit)"
            strokeWidth="1.25"
            strokeDasharray="5 4"
            vectorEffect="non-scaling-stroke"
          />
        </>
      )}
      <path
        d={line}
        fill="none"
        stroke={colour}
        strokeWidth="1.75"
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}

function path(
  values: (number | null)[],
  x: (i: number) => number,
  y: (v: number) => number,
): string {
  let drawing = "";
  let open = false;
  values.forEach((value, i) => {
    if (value === null) return;
    drawing += `${open ? "L" : "M"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    open = true;
  });
  return drawing;
}
