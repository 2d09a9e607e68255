import { useRunLog } from "@/api/runs";
import type { Run } from "@/api/types";
import { Empty, Failed, Loading } from "@/components/Empty";
import { isActive } from "@/lib/runs";
import { LogText } from "./LogText";
import classes from "./run.module.css";
import { useTimeline } from "./timeline";

/** Lines asked for while the newest are followed, and to find an iteration among: the most. */
const NEWEST = 400;
const ALL = 10_000;

/** What the run's processes wrote: the newest lines, or those around the chosen iteration. */
export function LogTab({ run }: { run: Run }) {
  const { iteration } = useTimeline();
  const log = useRunLog(run.id, iteration === null ? NEWEST : ALL, isActive(run.state));
  if (log.isPending) return <Loading what="the log" />;
  if (!log.data) return <Failed what="The log" error={log.error} retry={() => log.refetch()} />;
  if (log.data.lines.length === 0)
    return (
      <Empty title="The log is empty">
        <p>The run's processes have written nothing so far.</p>
      </Empty>
    );
  const lines = log.data.truncated ? ["…", ...log.data.lines] : log.data.lines;
  const marked = iteration === null ? -1 : lineOf(lines, iteration);
  return (
    <>
      {iteration !== null && marked < 0 && (
        <p className={classes.sub}>The log has no line of iteration {iteration} here.</p>
      )}
      <LogText lines={lines} label="Log" marked={marked} />
    </>
  );
}

/** The line that reports an iteration; the last one, for after a lost attempt it comes again. */
export function lineOf(lines: string[], iteration: number): number {
  const report = new RegExp(`action=iteration iteration=${iteration}\\b`);
  return lines.findLastIndex((line) => report.test(line));
}
