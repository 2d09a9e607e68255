import { memo, useMemo } from "react";
import type { ComparedFigure, Comparison } from "@/api/compare";
import { ChartFigure } from "@/components/chart/ChartFigure";
import { alongX, dressed, type Plain, type Trace, type View } from "@/components/chart/figure";
import { ChartGroupProvider } from "@/components/chart/group";
import ui from "@/components/ui.module.css";
import { useScheme } from "@/components/useScheme";
import { useWhileInView, WhenSeen } from "@/components/WhenSeen";
import classes from "./comparison.module.css";
import { scale } from "./scale";
import { groupTraces, withoutGroups } from "./traces";
import type { CompareView } from "./view";

interface Props {
  comparison: Comparison;
  view: CompareView;
  onRange: (range: [number, number] | null) => void;
}

const POSITIVE = /^(cost|kl|regret)/;

/** Every figure of the comparison; those over the same axis share zoom and crosshair. */
export function Charts({ comparison, view, onRange }: Props) {
  const hiddenKey = comparison.groups
    .flatMap((group, i) => (view.hidden.includes(group.name) ? [i] : []))
    .join();
  return (
    <ChartGroupProvider>
      <div className={classes.charts}>
        {comparison.figures.map((figure) => (
          <WhenSeen key={figure.name} className={`${ui.panel} ${classes.slot}`}>
            {figure.name.startsWith("plane") ? (
              <ChartGroupProvider>
                <Chart figure={figure} hiddenKey={hiddenKey} />
              </ChartGroupProvider>
            ) : (
              <Chart
                figure={figure}
                hiddenKey={hiddenKey}
                logY={view.logY && POSITIVE.test(figure.name)}
                range={view.range}
                onRange={onRange}
              />
            )}
          </WhenSeen>
        ))}
      </div>
    </ChartGroupProvider>
  );
}

interface ChartProps {
  figure: ComparedFigure;
  /** Indices of hidden groups as text, so that it compares. */
  hiddenKey: string;
  logY?: boolean;
  range?: [number, number] | null;
  /** Absent where the horizontal axis is the figure's own. */
  onRange?: (range: [number, number] | null) => void;
}

const Chart = memo(function Chart(props: ChartProps) {
  const { hiddenKey, logY = false, range = null, onRange } = props;
  const figure = useWhileInView(props.figure);
  const scheme = useScheme();
  const hidden = useMemo(
    () => new Set(hiddenKey === "" ? [] : hiddenKey.split(",").map(Number)),
    [hiddenKey],
  );
  const shown = useMemo(() => withoutGroups(figure, hidden), [figure, hidden]);
  const traces = useMemo(() => groupTraces(shown, scheme), [shown, scheme]);
  const layout = useMemo(() => {
    const own = figure.layout as Plain;
    const view = { scheme, logY, range };
    return onRange ? overTime(own, shown, view) : inPlane(own, shown, view);
  }, [figure, shown, scheme, logY, range, onRange]);
  const drawn = shown.some((trace) => trace.x.length > 0);
  return (
    <ChartFigure
      title={figure.title}
      summary={figure.summary}
      traces={traces}
      layout={layout}
      height={300}
      empty={drawn ? undefined : emptyWords(figure, hidden.size)}
      fileName={`compare-${figure.name}`}
      onRange={onRange}
    />
  );
});

/** Charts over one axis: the zoom is along it alone, upwards they follow what is visible. */
function overTime(own: Plain, shown: Trace[], view: View): Plain {
  const layout = alongX(dressed(own, view));
  const range = scale(shown, own, "y", view.logY);
  const y = { ...(layout.yaxis as Plain), uirevision: "follows" };
  return { ...layout, yaxis: range ? { ...y, range } : y };
}

function inPlane(own: Plain, shown: Trace[], view: View): Plain {
  const layout = dressed(own, view);
  for (const name of ["x", "y"] as const) {
    const range = scale(shown, own, name);
    if (range)
      layout[`${name}axis`] = { ...(layout[`${name}axis`] as Plain), autorange: false, range };
  }
  return layout;
}

function emptyWords(figure: ComparedFigure, hidden: number): string {
  if (figure.data.length > 0 && hidden > 0) return "All groups are hidden.";
  return "No run has reported yet; the first points appear here by themselves.";
}
