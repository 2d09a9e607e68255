import type { ReactNode } from "react";
import classes from "./ui.module.css";

export type Tone = "within" | "noise" | "over" | "recovery" | "idle" | "active";

/** A word with its icon on a tinted ground; colour is never the only sign. */
export function Badge(props: {
  tone: Tone;
  icon?: ReactNode;
  spin?: boolean;
  children: ReactNode;
}) {
  const { tone, icon, spin, children } = props;
  return (
    <span className={`${classes.badge} ${classes[tone]} ${spin ? classes.spin : ""}`}>
      {icon}
      {children}
    </span>
  );
}
