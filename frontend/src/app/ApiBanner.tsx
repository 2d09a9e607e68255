import { Anchor, Button } from "@mantine/core";
import { IconCloudOff, IconUserOff } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { Link } from "react-router";
import { ApiProblem } from "@/api/problem";
import { useHealth } from "@/api/queries";
import { useStreamState } from "@/api/stream/useStream";
import classes from "./shell.module.css";

const SILENT_MS = 8_000;

/** Says when the server is away or no worker is there; what was loaded stays on screen. */
export function ApiBanner() {
  const health = useHealth();
  const { refetch } = health;
  const { connected, beat } = useStreamState();
  const before = useRef<boolean | null>(null);
  // The stream breaks in the moment when the server goes, and is back when it is; that it opens
  // at first is no news.
  useEffect(() => {
    if (before.current !== null && before.current !== connected) void refetch();
    if (before.current !== null || connected) before.current = connected;
  }, [connected, refetch]);
  // A busy server may be late with one answer while the stream shows that it lives.
  const silent = !connected || Date.now() - (beat ?? 0) > SILENT_MS;
  if (silent && health.error instanceof ApiProblem && health.error.unreachable) {
    return (
      <div className={classes.banner} role="alert">
        <IconCloudOff size={17} aria-hidden />
        The Costline server does not answer. What you see is the last that was received.
        <Button size="compact-xs" variant="default" onClick={() => health.refetch()}>
          Try now
        </Button>
      </div>
    );
  }
  if (health.data?.workers === 0) {
    return (
      <div className={classes.banner} data-tone="noise" role="status">
        <IconUserOff size={17} aria-hidden />
        <span>
          No worker is running, so queued runs wait. Start one with <code>costline worker</code>, or
          see{" "}
          <Anchor component={Link} to="/workers" inherit underline="always" c="inherit">
            Workers
          </Anchor>
          .
        </span>
      </div>
    );
  }
  return null;
}
