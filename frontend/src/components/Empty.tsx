import { Button, Loader, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { messageOf } from "@/api/problem";
import classes from "./ui.module.css";

interface Props {
  title: string;
  /** A heading inside a panel is one level lower. */
  order?: 1 | 2 | 3;
  children?: ReactNode;
  actions?: ReactNode;
}

/** Says in words why there is nothing here, and what to do about it. */
export function Empty({ title, order = 3, children, actions }: Props) {
  return (
    <div className={classes.empty}>
      <Title order={order} size="h2">
        {title}
      </Title>
      {children && <div>{children}</div>}
      {actions && <div className={classes.emptyActions}>{actions}</div>}
    </div>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <div className={classes.empty} role="status">
      <Loader size="sm" aria-hidden />
      <span>Loading {what}…</span>
    </div>
  );
}

/** A part of the page that could not be loaded, with the reason and a way to try again. */
export function Failed({
  what,
  error,
  retry,
}: {
  what: string;
  error: unknown;
  retry: () => void;
}) {
  return (
    <Empty
      title={`${what} could not be loaded`}
      actions={
        <Button variant="default" onClick={retry}>
          Try again
        </Button>
      }
    >
      <p>{messageOf(error)}</p>
    </Empty>
  );
}
