import { Button, Select } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { useRef, useState } from "react";
import type { ComparedRun, Comparison } from "@/api/compare";
import { useVideosOf } from "@/api/queries";
import type { Video } from "@/api/types";
import { Panel } from "@/components/Panel";
import { number } from "@/lib/format";
import classes from "./comparison.module.css";
import { useInStep } from "./inStep";
import type { CompareView } from "./view";

const MOST = 3;

interface Props {
  comparison: Comparison;
  view: CompareView;
  change: (part: Partial<CompareView>) => void;
}

interface Member extends ComparedRun {
  group: string;
}

/** Rollouts of up to three runs beside each other, at one point of training, played in step. */
export function Videos({ comparison, view, change }: Props) {
  const runs = comparison.groups.flatMap((g) => g.runs.map((run) => ({ ...run, group: g.name })));
  const first = comparison.groups.flatMap((g) => g.runs[0]?.id ?? []).slice(0, MOST);
  const [share, setShare] = useState(view.share);
  // The address follows a moment later: a slider moves faster than browsers allow.
  const publish = useDebouncedCallback((at: number) => change({ share: at }), 300);
  const ids = first.map((id, i) => {
    const own = view.videos[i];
    return own && runs.some((run) => run.id === own) ? own : id;
  });
  const longest = Math.max(1, ...ids.map((id) => runs.find((r) => r.id === id)?.iteration ?? 0));
  const at = Math.max(1, Math.round(share * longest));
  const lists = useVideosOf(ids);
  const shown = lists.map(({ data }) => videoAt(data?.videos ?? [], at));
  const box = useRef<HTMLDivElement>(null);
  const choose = (i: number, id: string | null) =>
    change({ videos: first.map((_, k) => (k === i ? id : view.videos[k]) ?? "") });
  const slide = (to: number) => {
    setShare(to);
    publish(to);
  };
  return (
    <Panel title="Rollouts, side by side">
      <Transport box={box} at={at} share={share} onShare={slide} />
      <Unequal iterations={shown.flatMap((video) => (video ? [video.iteration] : []))} />
      <div className={classes.videos} ref={box}>
        {ids.map((id, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the place is what stays
          <div key={i} className={classes.video}>
            <RunOfVideo place={i} runs={runs} id={id} onChange={(next) => choose(i, next)} />
            <Rollout
              video={shown[i]}
              run={runs.find((run) => run.id === id)}
              costs={comparison.costs}
              none={
                lists[i]?.isPending
                  ? "Loading videos…"
                  : (lists[i]?.data?.problem ?? "No video of this run yet.")
              }
            />
          </div>
        ))}
      </div>
    </Panel>
  );
}

interface TransportProps {
  box: React.RefObject<HTMLElement | null>;
  at: number;
  share: number;
  onShare: (share: number) => void;
}

/** Plays all at once, and chooses the point of training. */
function Transport({ box, at, share, onShare }: TransportProps) {
  const [playing, setPlaying] = useState(false);
  useInStep(box, playing);
  return (
    <div className={classes.transport}>
      <Button
        size="xs"
        variant="default"
        leftSection={playing ? <IconPlayerPause size={15} /> : <IconPlayerPlay size={15} />}
        onClick={() => setPlaying(!playing)}
      >
        {playing ? "Pause all" : "Play all in step"}
      </Button>
      <label htmlFor="rollouts-at">up to iteration {at}</label>
      <input
        id="rollouts-at"
        type="range"
        min={0}
        max={1}
        step={0.01}
        value={share}
        aria-valuetext={`iteration ${at}`}
        onChange={(event) => onShare(Number(event.currentTarget.value))}
      />
    </div>
  );
}

/** Videos are drawn every so many iterations, not of every run at the same: that must be said. */
function Unequal({ iterations }: { iterations: number[] }) {
  if (new Set(iterations).size < 2) return null;
  return (
    <p className={classes.unequal}>
      These rollouts are of different iterations: {iterations.join(", ")}.
    </p>
  );
}

interface ChoiceProps {
  place: number;
  runs: Member[];
  id: string;
  onChange: (id: string | null) => void;
}

function RunOfVideo({ place, runs, id, onChange }: ChoiceProps) {
  return (
    <Select
      size="xs"
      aria-label={`Run of video ${place + 1}`}
      data={runs.map((run) => ({
        value: run.id,
        label: `${run.group}, seed ${run.seed} (${run.id.slice(0, 5)})`,
      }))}
      value={id}
      onChange={onChange}
      allowDeselect={false}
      searchable
    />
  );
}

interface RolloutProps {
  video: Video | undefined;
  run: Member | undefined;
  costs: Comparison["costs"];
  none: string;
}

function Rollout({ video, run, costs, none }: RolloutProps) {
  if (!video) return <p className={classes.small}>{none}</p>;
  const titles = new Map(costs.map((cost) => [cost.name, cost.title?.toLowerCase()]));
  const said = Object.entries(video.costs).map(
    ([name, cost]) => `, ${titles.get(name) ?? name} ${number(cost)}`,
  );
  return (
    <>
      <video
        src={video.url}
        muted
        playsInline
        preload="metadata"
        aria-label={`Rollout of ${run?.title ?? "a run"} at iteration ${video.iteration}`}
      />
      <div className={classes.small}>
        <strong>iteration {video.iteration}</strong>: return {number(video.return)}
        {said}
      </div>
    </>
  );
}

/** The newest video up to an iteration; before the first one, the first. */
function videoAt(videos: Video[], iteration: number): Video | undefined {
  return videos.findLast((video) => video.iteration <= iteration) ?? videos[0];
}
