import { ActionIcon, Button, SegmentedControl } from "@mantine/core";
import { IconCamera, IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import type { Run } from "@/api/types";
import { Loading } from "@/components/Empty";
import { number } from "@/lib/format";
import { type ReplayRecord, type Stage, soFar, stepsOf } from "./record";
import classes from "./replay.module.css";
import { StepStrip } from "./StepStrip";
import { usePlayhead } from "./usePlayhead";

// three.js is large, and only drawn here.
const Stage3d = lazy(() => import("./Stage3d"));

interface Props {
  run: Run;
  iteration: number;
  record: ReplayRecord;
  stage: Stage;
}

/** The scene with its playhead: play, scrub, and what each step cost. */
export function Player({ run, iteration, record, stage }: Props) {
  const [speed, setSpeed] = useState("1");
  const [home, setHome] = useState(0);
  const head = usePlayhead(record.states.length, record.fps, Number(speed));
  const [, step] = stepsOf(record, head.frame);
  return (
    <figure className={classes.player} aria-label={`Rollout at iteration ${iteration}`}>
      <div className={classes.screen}>
        <Suspense fallback={<Loading what="the scene" />}>
          <Stage3d
            record={record}
            stage={stage}
            frame={head.frame}
            home={home}
            label="Scene. Arrow keys turn the camera, plus and minus move it."
          />
        </Suspense>
        <dl className={classes.facts}>
          <dt>step</dt>
          <dd data-testid="step">
            {step} of {record.steps}
          </dd>
          <dt>return</dt>
          <dd>{number(soFar(record.step_rewards, record, head.frame))}</dd>
          {run.costs.map((cost) => (
            <CostFact
              key={cost.name}
              title={cost.title.toLowerCase()}
              value={soFar(record.step_costs[cost.name] ?? [], record, head.frame)}
              limit={cost.limit}
            />
          ))}
        </dl>
        <Button
          className={classes.home}
          size="compact-sm"
          variant="default"
          leftSection={<IconCamera size={14} aria-hidden />}
          onClick={() => setHome(home + 1)}
        >
          Reset view
        </Button>
      </div>
      <div className={classes.controls}>
        <ActionIcon
          size="lg"
          onClick={head.toggle}
          aria-label={head.playing ? "Pause" : "Play"}
          variant="filled"
        >
          {head.playing ? <IconPlayerPause size={18} /> : <IconPlayerPlay size={18} />}
        </ActionIcon>
        <input
          type="range"
          className={classes.slider}
          min={0}
          max={record.states.length - 1}
          value={head.frame}
          onChange={(event) => head.seek(Number(event.currentTarget.value))}
          aria-label="Step"
          aria-valuetext={`step ${step} of ${record.steps}`}
        />
        <SegmentedControl
          size="xs"
          value={speed}
          onChange={setSpeed}
          aria-label="Speed"
          data={[
            { value: "0.25", label: "¼×" },
            { value: "1", label: "1×" },
            { value: "3", label: "3×" },
          ]}
        />
      </div>
      {run.costs.map((cost) => (
        <StepStrip
          key={cost.name}
          title={cost.title}
          record={record}
          steps={record.step_costs[cost.name] ?? []}
          step={step}
          seek={head.seek}
        />
      ))}
      <figcaption className={classes.caption}>
        {record.steps} steps{record.terminated && ", ended early"}: return {number(record.return)}
        {run.costs.map(
          ({ name, title, limit }) =>
            `, ${title.toLowerCase()} ${number(record.costs[name])} (limit ${number(limit)} on average)`,
        )}
        . The body turns red where a step costs 1 or more.
      </figcaption>
    </figure>
  );
}

function CostFact({ title, value, limit }: { title: string; value: number; limit: number }) {
  return (
    <>
      <dt>{title}</dt>
      <dd data-over={value > limit || undefined}>
        {number(value)}, limit {number(limit)}
      </dd>
    </>
  );
}
