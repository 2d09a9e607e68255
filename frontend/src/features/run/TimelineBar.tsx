import { ActionIcon, Button, SegmentedControl, Switch, Tooltip } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { useMemo } from "react";
import type { MetricsTable } from "@/api/metricsStore";
import type { Run } from "@/api/types";
import ui from "@/components/ui.module.css";
import { CopyLink } from "@/features/shared/CopyLink";
import { RangeFields } from "@/features/shared/RangeFields";
import { X_AXES, type XAxis } from "@/lib/axis";
import { FAMILIES, spans } from "@/lib/cases";
import { indexOfIteration, numbers } from "@/lib/columns";
import { number } from "@/lib/format";
import { CaseKey, CaseStrip } from "./CaseStrip";
import classes from "./run.module.css";
import { useTimeline } from "./timeline";
import { LAMBDA, NU } from "./updateWords";
import { usePlay } from "./usePlay";

/** The shared timeline: kinds of update, the chosen iteration, and how all charts are shown. */
export function TimelineBar({ run, table }: { run: Run; table: MetricsTable }) {
  const timeline = useTimeline();
  const newest = run.iteration;
  const chosen = timeline.iteration ?? newest;
  const [playing, togglePlay] = usePlay(newest);
  const cases = useMemo(() => {
    const names = (table.columns.case ?? []) as (string | null)[];
    return spans(names, (table.columns.accepted ?? []) as (boolean | null)[]);
  }, [table.columns]);
  const iterations = useMemo(
    () => numbers(table.columns, "iteration").map((v) => v ?? 0),
    [table.columns],
  );
  const families = [...new Set(cases.map((span) => span.family))];
  const at = indexOfIteration(table.columns, chosen);
  const here = cases.find((span) => span.from <= at && at <= span.to);
  const total = Math.max(run.iterations, newest, 1);
  return (
    <section className={`${ui.panel} ${classes.bar}`} aria-label="Timeline">
      <div className={classes.barTop}>
        <div>
          <b>Iteration {chosen}</b>
          {here && <span className={classes.field}>&nbsp;{FAMILIES[here.family].title}</span>}
        </div>
        {timeline.iteration !== null && (
          <Button
            size="compact-xs"
            variant="light"
            onClick={() => timeline.change({ iteration: null })}
          >
            Go to latest
          </Button>
        )}
        <label className={classes.field}>
          smoothing
          <input
            type="range"
            min={0}
            max={0.95}
            step={0.05}
            value={timeline.smoothing}
            onChange={(event) => timeline.change({ smoothing: Number(event.currentTarget.value) })}
            style={{ width: 80 }}
          />
        </label>
        <Switch
          size="xs"
          label="log y"
          checked={timeline.logY}
          onChange={(event) => timeline.change({ logY: event.currentTarget.checked })}
        />
        <SegmentedControl
          size="xs"
          data={[...X_AXES]}
          value={timeline.x}
          onChange={(x) => timeline.change({ x: x as XAxis })}
          aria-label="Horizontal axis"
        />
        <RangeFields range={timeline.range} onChange={(range) => timeline.change({ range })} />
        <CopyLink shown="axis, zoom and iteration" />
        <Tooltip label={playing ? "Pause" : "Play the training through"}>
          <ActionIcon
            variant="default"
            disabled={newest < 2}
            aria-label={playing ? "Pause the play-through" : "Play the training through"}
            onClick={togglePlay}
          >
            {playing ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />}
          </ActionIcon>
        </Tooltip>
      </div>
      <CaseStrip
        spans={cases}
        iterations={iterations}
        total={total}
        chosen={newest ? chosen : null}
      />
      <input
        type="range"
        className={classes.slider}
        // An iteration is a cell of the strip: the thumb's middle runs from that of the first
        // to that of the last.
        style={{
          width: `calc(${100 * (1 - 1 / total)}% + 16px)`,
          marginLeft: `calc(${50 / total}% - 8px)`,
        }}
        aria-label="Chosen iteration"
        min={1}
        max={total}
        value={Math.max(chosen, 1)}
        disabled={newest === 0}
        onChange={(event) =>
          timeline.change({ iteration: Math.min(Number(event.currentTarget.value), newest) })
        }
      />
      <div className={classes.key}>
        <CaseKey families={families} />
        {families.length === 0 && <span>Each update's kind appears here.</span>}
        <span className={classes.multipliers}>{multiplierWords(run, table, chosen)}</span>
      </div>
    </section>
  );
}

/** λ and every ν of an iteration; nothing where its row was thinned out. */
function multiplierWords(run: Run, { columns }: MetricsTable, iteration: number): string {
  const row = indexOfIteration(columns, iteration);
  if (columns.iteration?.[row] !== iteration) return "";
  const at = (name: string) => number(numbers(columns, name)[row]);
  const one = run.costs.length === 1;
  const nus = run.costs.map(
    (c) => `${NU}${one ? "" : ` of ${c.title.toLowerCase()}`} ${at(`nu_${c.name}`)}`,
  );
  return [`${LAMBDA} ${at("lambda")}`, ...nus].join(", ");
}
