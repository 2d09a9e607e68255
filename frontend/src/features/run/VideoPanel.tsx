import { Anchor, Button } from "@mantine/core";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { Link } from "react-router";
import { useRecord, useVideos } from "@/api/queries";
import type { Run, Video } from "@/api/types";
import chart from "@/components/chart/chart.module.css";
import { Empty, Loading } from "@/components/Empty";
import { number } from "@/lib/format";
import { isFinished } from "@/lib/runs";
import { CostStrip } from "./CostStrip";
import classes from "./run.module.css";
import { useTimeline } from "./timeline";

/** The rollout of the checkpoint at or before the chosen iteration, with its cost step by step. */
export function VideoPanel({ run }: { run: Run }) {
  const captionId = useId();
  const timeline = useTimeline();
  const videos = useVideos(run.id);
  const list = useMemo(() => videos.data?.videos ?? [], [videos.data]);
  const [watched, setWatched] = useState<string | null>(null);
  const newest = list.at(-1);
  // What is being watched stays, although a newer rollout may come: it is offered instead.
  const pinned = timeline.iteration === null && list.find((video) => video.name === watched);
  const chosen = pinned || videoAt(list, timeline.iteration ?? Number.POSITIVE_INFINITY);
  return (
    <figure className={chart.figure} aria-labelledby={captionId}>
      <figcaption className={chart.caption} id={captionId}>
        <h3>Rollout{chosen ? ` at iteration ${chosen.iteration}` : ""}</h3>
        {chosen && (
          <span className={chart.part}>
            return {number(chosen.return)}
            {run.costs.map((c) => `, ${c.title.toLowerCase()} ${number(chosen.costs[c.name])}`)}
          </span>
        )}
        {chosen && (
          <Anchor
            component={Link}
            to={`/runs/${run.id}/replay?iteration=${chosen.iteration}`}
            size="xs"
            underline="always"
          >
            Replay
          </Anchor>
        )}
      </figcaption>
      {videos.isPending && <Loading what="videos" />}
      {videos.data && !chosen && <NoVideo run={run} problem={videos.data.problem} />}
      {chosen && (
        <div className={classes.video}>
          {videos.data?.problem && <p className={classes.sub}>{videos.data.problem}</p>}
          <Player run={run} video={chosen} playing={timeline.playing} watch={setWatched} />
          {pinned && newest && newest.name !== pinned.name && (
            <Button size="compact-xs" variant="light" onClick={() => setWatched(null)}>
              Newer rollout: iteration {newest.iteration}
            </Button>
          )}
          <div className={classes.chips}>
            {list.map((video) => (
              <Button
                key={video.name}
                size="compact-xs"
                variant={video.name === chosen.name ? "filled" : "default"}
                aria-pressed={video.name === chosen.name}
                onClick={() => timeline.change({ iteration: video.iteration })}
              >
                it. {video.iteration}
              </Button>
            ))}
          </div>
        </div>
      )}
    </figure>
  );
}

interface PlayerProps {
  run: Run;
  video: Video;
  /** Training is being played through: each of its rollouts plays as long as it is shown. */
  playing: boolean;
  watch: (name: string | null) => void;
}

function Player({ run, video, playing, watch }: PlayerProps) {
  const element = useRef<HTMLVideoElement>(null);
  const record = useRecord(video.record_url);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new rollout is a new element
  useEffect(() => {
    if (!playing) return;
    const shown = element.current;
    // The browser may refuse, or the next rollout may already be on.
    shown?.play().catch(() => {});
    return () => shown?.pause();
  }, [playing, video.url]);
  return (
    <>
      <video
        ref={element}
        key={video.url}
        src={video.url}
        controls
        muted
        loop
        playsInline
        preload="metadata"
        onPlay={() => watch(video.name)}
        onPause={() => watch(null)}
        aria-label={`Rollout at iteration ${video.iteration}`}
      />
      {record.data && (
        <CostStrip
          record={record.data}
          video={element}
          titles={Object.fromEntries(run.costs.map((c) => [c.name, c.title]))}
        />
      )}
    </>
  );
}

function NoVideo({ run, problem }: { run: Run; problem: string | null }) {
  if (problem || !run.video.available)
    return (
      <Empty
        title="Videos cannot be rendered here"
        actions={
          <Button component={Link} to={`/runs/${run.id}/replay`} variant="default" size="xs">
            Replay its rollouts in the browser
          </Button>
        }
      >
        <p>{problem || run.video.message}</p>
      </Empty>
    );
  const every = Number(run.config.video_every ?? 0);
  if (every === 0)
    return (
      <Empty title="Videos are switched off">
        <p>This run's “Video every” is 0. Clone it with another value to see rollouts.</p>
      </Empty>
    );
  if (isFinished(run.state) && run.iteration === 0)
    return (
      <Empty title="No video was rendered">
        <p>The run ended before its first iteration.</p>
      </Empty>
    );
  if (isFinished(run.state))
    return (
      <Empty title="Its last rollout is being rendered">
        <p>It appears here by itself; training of other runs goes first.</p>
      </Empty>
    );
  return (
    <Empty title="No video yet">
      <p>
        A rollout is rendered every {every} iterations, and at the end; it appears here a few
        seconds after its checkpoint.
      </p>
    </Empty>
  );
}

function videoAt(videos: Video[], iteration: number): Video | undefined {
  return videos.findLast((video) => video.iteration <= iteration) ?? videos[0];
}
