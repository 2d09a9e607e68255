import type { MetricsTable } from "@/api/metricsStore";
import { useFigures } from "@/api/queries";
import type { Run } from "@/api/types";
import type { FigureJson } from "@/components/chart/figure";
import { Failed } from "@/components/Empty";
import ui from "@/components/ui.module.css";
import { WhenSeen } from "@/components/WhenSeen";
import { rowCount } from "@/lib/columns";
import { LiveFigure } from "./LiveFigure";
import classes from "./run.module.css";
import { useTimeline } from "./timeline";
import { UpdatePanel } from "./UpdatePanel";
import { VideoPanel } from "./VideoPanel";

/** After how many charts the update drawing and the video stand. */
const CURVES_FIRST = 2;

/** All charts of the run in two columns; each is drawn when it comes into view. */
export function Charts({ run, table }: { run: Run; table: MetricsTable }) {
  const { x } = useTimeline();
  const figures = useFigures(run.id, x, rowCount(table.columns) > 0);
  const drawn = figures.data?.figures ?? [];
  if (figures.isError && !figures.data)
    return <Failed what="The charts" error={figures.error} retry={() => figures.refetch()} />;
  const first = Math.max(CURVES_FIRST, run.costs.length + 1);
  const draw = (from: number, to?: number) =>
    drawn.slice(from, to).map(({ name, title, figure }) => (
      <WhenSeen key={name} className={`${ui.panel} ${classes.slot}`}>
        <LiveFigure {...{ run, table, name, title }} json={figure as FigureJson | null} />
      </WhenSeen>
    ));
  return (
    <div className={classes.charts}>
      {draw(0, first)}
      <WhenSeen className={`${ui.panel} ${classes.slot}`}>
        <UpdatePanel run={run} />
      </WhenSeen>
      <WhenSeen className={`${ui.panel} ${classes.slot}`}>
        <VideoPanel run={run} />
      </WhenSeen>
      {draw(first)}
    </div>
  );
}
