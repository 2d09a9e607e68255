import { Button, Select } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import type { Comparison } from "@/api/compare";
import { useVideos } from "@/api/queries";
import { Panel } from "@/components/Panel";
import { number } from "@/lib/format";
import classes from "./comparison.module.css";

const MOST = 3;

/** Rollouts of up to three runs beside each other, at one point of training, played in step. */
export function Videos({ comparison }: { comparison: Comparison }) {
  const runs = comparison.groups.flatMap((g) => g.runs.map((run) => ({ ...run, group: g.name })));
  const first = comparison.groups.flatMap((g) => g.runs[0]?.id ?? []).slice(0, MOST);
  const [chosen, setChosen] = useState<string[]>([]);
  const [share, setShare] = useState(1);
  const [playing, setPlaying] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useInStep(box, playing);
  const ids = first.map((id, i) => {
    const own = chosen[i];
    return own && runs.some((run) => run.id === own) ? own : id;
  });
  const longest = Math.max(1, ...ids.map((id) => runs.find((r) => r.id === id)?.iteration ?? 0));
  const choose = (i: number, id: string | null) =>
    setChosen((old) => ids.map((now, k) => (k === i && id ? id : (old[k] ?? now))));
  return (
    <Panel title="Rollouts, side by side">
      <div className={classes.transport}>
        <Button
          size="xs"
          variant="default"
          leftSection={playing ? <IconPlayerPause size={15} /> : <IconPlayerPlay size={15} />}
          onClick={() => setPlaying(!playing)}
        >
          {playing ? "Pause all" : "Play all in step"}
        </Button>
        <label htmlFor="rollouts-at">at iteration {Math.round(share * longest)}</label>
        <input
          id="rollouts-at"
          type="range"
          min={0}
          max={1}
          step={0.01}
          value={share}
          onChange={(event) => setShare(Number(event.currentTarget.value))}
        />
      </div>
      <div className={classes.videos} ref={box}>
        {ids.map((id, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the place is what stays
          <div key={i} className={classes.video}>
            <Select
              size="xs"
              aria-label={`Run of video ${i + 1}`}
              data={runs.map((run) => ({
                value: run.id,
                label: `${run.group}, seed ${run.seed} (${run.id.slice(0, 5)})`,
              }))}
              value={id}
              onChange={(value) => choose(i, value)}
              allowDeselect={false}
              searchable
            />
            <Rollout id={id} iteration={share * longest} />
          </div>
        ))}
      </div>
    </Panel>
  );
}

function Rollout({ id, iteration }: { id: string; iteration: number }) {
  const videos = useVideos(id);
  const list = videos.data?.videos ?? [];
  const video = list.findLast((v) => v.iteration <= Math.max(iteration, 1)) ?? list[0];
  if (videos.isPending) return <p className={classes.small}>Loading videos…</p>;
  if (!video)
    return <p className={classes.small}>{videos.data?.problem ?? "No video of this run yet."}</p>;
  const costs = Object.entries(video.costs).map(([name, cost]) => `, ${name} ${number(cost)}`);
  return (
    <>
      <video
        src={video.url}
        muted
        loop
        playsInline
        preload="metadata"
        aria-label={`Rollout of run ${id} at iteration ${video.iteration}`}
      />
      <div className={classes.small}>
        iteration {video.iteration}: return {number(video.return)}
        {costs}
      </div>
    </>
  );
}

/** Plays all videos in a box together; those that drift are set to the time of the first. */
function useInStep(box: React.RefObject<HTMLDivElement | null>, playing: boolean): void {
  useEffect(() => {
    const all = () => [...(box.current?.querySelectorAll("video") ?? [])];
    if (!playing) {
      for (const video of all()) video.pause();
      return;
    }
    const step = () => {
      const [first, ...rest] = all();
      for (const video of all()) if (video.paused) void video.play().catch(() => {});
      for (const video of rest)
        if (first && Math.abs(video.currentTime - first.currentTime) > 0.15)
          video.currentTime = Math.min(first.currentTime, video.duration || 0);
    };
    step();
    const timer = setInterval(step, 250);
    return () => clearInterval(timer);
  }, [box, playing]);
}
