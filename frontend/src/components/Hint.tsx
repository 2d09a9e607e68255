import { Tooltip } from "@mantine/core";
import { type ReactNode, useRef, useState } from "react";
import classes from "./ui.module.css";

/** A tooltip that costs nothing until it is wanted: long lists have several in every row. */
export function Hint({ label, children }: { label: string; children: ReactNode }) {
  const anchor = useRef<HTMLSpanElement>(null);
  const [wanted, setWanted] = useState(false);
  const want = () => setWanted(true);
  const leave = () => setWanted(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: what is inside takes the focus
    <span
      ref={anchor}
      className={classes.hint}
      onPointerEnter={want}
      onPointerLeave={leave}
      onFocus={want}
      onBlur={leave}
    >
      {children}
      {wanted && <Tooltip opened target={anchor} label={label} />}
    </span>
  );
}
