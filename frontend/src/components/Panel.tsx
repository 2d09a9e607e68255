import { Title } from "@mantine/core";
import { type ReactNode, useId } from "react";
import classes from "./ui.module.css";

interface Props {
  title?: string;
  tools?: ReactNode;
  /** Content reaches the edges: for tables. */
  flush?: boolean;
  className?: string;
  children: ReactNode;
}

/** A titled surface; with a title it is a region that can be jumped to. */
export function Panel({ title, tools, flush, className, children }: Props) {
  const id = useId();
  return (
    <section className={`${classes.panel} ${className ?? ""}`} aria-labelledby={title && id}>
      {title && (
        <div className={classes.panelHead}>
          <Title order={2} id={id}>
            {title}
          </Title>
          {tools}
        </div>
      )}
      <div className={flush ? classes.flush : classes.panelBody}>{children}</div>
    </section>
  );
}
