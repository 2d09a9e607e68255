import { Fragment, type ReactNode } from "react";
import classes from "./ui.module.css";

/** Names and values, one pair a line. */
export function Pairs({ pairs }: { pairs: [string, ReactNode][] }) {
  return (
    <dl className={classes.pairs}>
      {pairs.map(([name, value]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
