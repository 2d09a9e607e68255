import type { ReactNode } from "react";
import classes from "./ui.module.css";

/** One figure that matters: label, value, and a line of context. */
export function Tile(props: { label: string; value: ReactNode; note?: ReactNode }) {
  return (
    <div className={`${classes.panel} ${classes.tile}`}>
      <dt className={classes.tileLabel}>{props.label}</dt>
      <dd style={{ margin: 0 }}>
        <div className={classes.tileValue}>{props.value}</div>
        {props.note && <div className={classes.tileNote}>{props.note}</div>}
      </dd>
    </div>
  );
}
