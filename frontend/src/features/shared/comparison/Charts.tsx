import { memo, useMemo } from "react";
import type { ComparedFigure, Comparison } from "@/api/compare";
import { ChartFigure } from "@/components/chart/ChartFigure";
import { dressed, type Plain } from "@/components/chart/figure";
import { ChartGroupProvider } from "@/components/chart/group";
import ui from "@/components/ui.module.css";
import { useScheme } from "@/components/useScheme";
import { WhenSeen } from "@/components/WhenSeen";
import classes from "./comparison.module.css";
import { groupTraces } from "./traces";
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
                <Chart figure={figure} hiddenKey={hiddenKey} logY={false} />
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
  logY: boolean;
  range?: [number, number] | null;
  onRange?: (range: [number, number] | null) => void;
}

const Chart = memo(function Chart({ figure, hiddenKey, logY, range = null, onRange }: ChartProps) {
  const scheme = useScheme();
  const hidden = useMemo(
    () => new Set(hiddenKey === "" ? [] : hiddenKey.split(",").map(Number)),
    [hiddenKey],
  );
  const traces = useMemo(() => groupTraces(figure, scheme, hidden), [figure, scheme, hidden]);
  const layout = useMemo(
    () => dressed(figure.layout as Plain, { scheme, logY, range }),
    [figure, scheme, logY, range],
  );
  const drawn = traces.some((trace) => trace.x.length > 0);
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

function emptyWords(figure: ComparedFigure, hidden: number): string {
  if (figure.data.length > 0 && hidden > 0) return "All groups are hidden.";
  return "No run has reported yet; the first points appear here by themselves.";
}
