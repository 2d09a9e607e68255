import { Tooltip } from "@mantine/core";
import { useEffect, useState } from "react";
import { useStreamState } from "@/api/stream/useStream";
import { liveness } from "./liveness";
import classes from "./shell.module.css";

/** Whether what is on screen is live, stale for N s, or disconnected. */
export function LiveState() {
  const state = useStreamState();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const { kind, words, help } = liveness(state, Math.max(now, state.beat ?? 0));
  return (
    <Tooltip label={help}>
      <span className={classes.live} data-state={kind} role="status">
        <span className={classes.dot} aria-hidden />
        <span className={classes.liveWord}>{words}</span>
      </span>
    </Tooltip>
  );
}
