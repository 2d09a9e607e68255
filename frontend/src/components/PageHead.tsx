import { Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import classes from "./ui.module.css";

interface Props {
  title: ReactNode;
  /** Name in the browser's tab. */
  tab: string;
  lead?: ReactNode;
  children?: ReactNode;
}

/** Heading of a page, with its actions; also names the browser tab. */
export function PageHead({ title, tab, lead, children }: Props) {
  useEffect(() => {
    document.title = tab === "Costline" ? tab : `${tab} · Costline`;
  }, [tab]);
  return (
    <header className={classes.pageHead}>
      <div>
        <Title order={1}>{title}</Title>
        {lead && <p>{lead}</p>}
      </div>
      {children}
    </header>
  );
}
