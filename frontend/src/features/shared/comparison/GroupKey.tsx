import type { ComparedGroup } from "@/api/compare";
import { useScheme } from "@/components/useScheme";
import { category } from "@/lib/palette";
import classes from "./comparison.module.css";

interface Props {
  groups: ComparedGroup[];
  hidden: string[];
  onChange: (hidden: string[]) => void;
}

const DASHES: Record<string, string> = {
  solid: "",
  dash: "7 4",
  dot: "2 3",
  dashdot: "7 3 2 3",
  longdash: "12 4",
  longdashdot: "12 3 2 3",
};

/** The legend of all charts: each group's line, its number of seeds, and a switch to hide it. */
export function GroupKey({ groups, hidden, onChange }: Props) {
  const toggle = (name: string) =>
    onChange(hidden.includes(name) ? hidden.filter((h) => h !== name) : [...hidden, name]);
  return (
    <fieldset className={classes.key}>
      <legend className="visually-hidden">Groups shown</legend>
      {groups.map((group, i) => (
        <button
          key={group.name}
          type="button"
          className={classes.keyItem}
          aria-pressed={!hidden.includes(group.name)}
          onClick={() => toggle(group.name)}
        >
          <Swatch index={i} />
          <span>{group.name}</span>
          <span className={classes.n}>{seedWords(group)}</span>
        </button>
      ))}
    </fieldset>
  );
}

/** The line by which a group is told apart: colour and dash. */
export function Swatch({ index }: { index: number }) {
  const { colour, dash } = category(index, useScheme());
  return (
    <svg width="28" height="10" className={classes.swatch} role="presentation">
      <path d="M0 5H28" stroke={colour} strokeWidth="2.5" strokeDasharray={DASHES[dash]} />
    </svg>
  );
}

/** Runs with measurements, of those in the group. */
export function seeds(group: ComparedGroup): string {
  return group.n === group.runs.length ? String(group.n) : `${group.n}/${group.runs.length}`;
}

function seedWords(group: ComparedGroup): string {
  return `${seeds(group)} ${group.runs.length === 1 ? "seed" : "seeds"}`;
}
