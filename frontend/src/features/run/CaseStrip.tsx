import { useElementSize } from "@mantine/hooks";
import { useId } from "react";
import { type CaseFamily, type CaseSpan, FAMILIES } from "@/lib/cases";
import classes from "./run.module.css";

const COLOURS: Record<CaseFamily, string> = {
  reward: "var(--cl-return)",
  boundary: "var(--cl-noise)",
  recoverable: "var(--cl-cost)",
  recovery: "var(--cl-recovery)",
  rejected: "var(--cl-over)",
  other: "var(--cl-idle)",
};

/** Pattern of each family, so that the strip can be read without colours. */
export function FamilyPattern({ id, family }: { id: string; family: CaseFamily }) {
  const colour = COLOURS[family];
  const light = { stroke: "var(--cl-surface)", strokeWidth: 1.4, strokeOpacity: 0.75 };
  return (
    <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse">
      <rect width="6" height="6" fill={colour} />
      {family === "boundary" && <path d="M0 3H6" {...light} />}
      {family === "recoverable" && <path d="M0 6L6 0" {...light} />}
      {family === "recovery" && <path d="M0 0L6 6M0 6L6 0" {...light} />}
      {family === "rejected" && <path d="M3 0V6" {...light} />}
      {family === "other" && <circle cx="3" cy="3" r="1.1" fill="var(--cl-surface)" />}
    </pattern>
  );
}

interface Props {
  spans: CaseSpan[];
  /** Iteration of each row. */
  iterations: number[];
  total: number;
  chosen: number | null;
}

/** The case of every update along the timeline. */
export function CaseStrip({ spans, iterations, total, chosen }: Props) {
  const id = useId();
  // Drawn in pixels: a stretched picture would stretch its patterns too.
  const { ref, width } = useElementSize();
  const families = [...new Set(spans.map((span) => span.family))];
  const x = (iteration: number) => (iteration / Math.max(total, 1)) * width;
  const words = families.map((f) => FAMILIES[f].title).join(", ") || "none yet";
  return (
    <div ref={ref} className={classes.strip}>
      <svg
        width={width}
        height="16"
        role="img"
        aria-label={`Kinds of update over the iterations: ${words}`}
      >
        <defs>
          {families.map((family) => (
            <FamilyPattern key={family} id={`${id}${family}`} family={family} />
          ))}
        </defs>
        <rect width={width} height="16" fill="var(--cl-sunken)" />
        {spans.map((span, i) => {
          const from = (iterations[span.from] ?? 1) - 1;
          // Where rows were thinned out, a kind lasts until the next one is known to begin.
          const next = iterations[spans[i + 1]?.from ?? -1];
          const to = next === undefined ? (iterations[span.to] ?? from + 1) : next - 1;
          return (
            <rect
              key={span.from}
              x={x(from)}
              width={Math.max(x(to) - x(from), 0)}
              height="16"
              fill={`url(#${id}${span.family})`}
            >
              <title>{`${FAMILIES[span.family].title}: iterations ${from + 1} to ${to}`}</title>
            </rect>
          );
        })}
        {chosen !== null && (
          <rect x={x(chosen - 0.5) - 1} width="2" height="16" fill="var(--cl-text)" />
        )}
      </svg>
    </div>
  );
}

/** What the patterns mean. */
export function CaseKey({ families }: { families: CaseFamily[] }) {
  const id = useId();
  return families.map((family) => (
    <span key={family} title={FAMILIES[family].help}>
      <svg viewBox="0 0 16 10" aria-hidden="true">
        <defs>
          <FamilyPattern id={`${id}${family}`} family={family} />
        </defs>
        <rect width="16" height="10" fill={`url(#${id}${family})`} />
      </svg>
      {FAMILIES[family].title}
    </span>
  ));
}
