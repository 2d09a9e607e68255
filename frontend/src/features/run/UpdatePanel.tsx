import { Button, Select } from "@mantine/core";
import { IconVector } from "@tabler/icons-react";
import { useId, useRef } from "react";
import { useUpdate } from "@/api/queries";
import type { Geometry as Answer, Run } from "@/api/types";
import chart from "@/components/chart/chart.module.css";
import { download } from "@/components/chart/exports";
import { Empty, Loading } from "@/components/Empty";
import { useWhileInView } from "@/components/WhenSeen";
import { FAMILIES, familyOf } from "@/lib/cases";
import { number } from "@/lib/format";
import { drawUpdate, type Geometry } from "@/lib/geometry";
import { drawingFile } from "./drawingFile";
import classes from "./run.module.css";
import { useTimeline } from "./timeline";
import { UpdateDrawing } from "./UpdateDrawing";
import { LAMBDA, NU } from "./updateWords";

/** The update of the chosen iteration, drawn, with its numbers beside it. */
export function UpdatePanel({ run: newest }: { run: Run }) {
  const run = useWhileInView(newest);
  const { iteration, cost: asked, change } = useTimeline();
  // The address may name a cost of another run.
  const cost = Math.max(
    run.costs.findIndex((c) => c.name === asked),
    0,
  );
  const captionId = useId();
  const at = useWhileInView(iteration ?? (run.iteration || null));
  const update = useUpdate(run.id, at, run.iteration);
  return (
    <figure className={chart.figure} aria-labelledby={captionId}>
      <figcaption className={chart.caption} id={captionId}>
        <h3>The update{update.data ? ` of iteration ${update.data.iteration}` : ""}</h3>
        {run.costs.length > 1 && (
          <Select
            size="xs"
            w={190}
            aria-label="Cost of the plane"
            data={run.costs.map((c) => ({ value: c.name, label: c.title }))}
            value={run.costs[cost]?.name}
            onChange={(name) => change({ cost: name })}
            allowDeselect={false}
          />
        )}
      </figcaption>
      {at === null && (
        <Empty title="No update yet">
          <p>The first one is drawn here: trust region, limit, and the step that was taken.</p>
        </Empty>
      )}
      {at !== null && update.isPending && <Loading what="the update" />}
      {update.isError && !update.data && (
        <Empty title="This update cannot be drawn">
          <p>{update.error.message}</p>
        </Empty>
      )}
      {update.data && <Drawn run={run} answer={update.data} cost={cost} />}
    </figure>
  );
}

interface DrawnProps {
  run: Run;
  answer: Answer;
  cost: number;
}

function Drawn({ run, answer, cost }: DrawnProps) {
  const box = useRef<HTMLDivElement>(null);
  const which = run.costs[cost];
  const excess = value(answer, `excess_${which?.name}`);
  const drawing = drawUpdate({
    geometry: answer.geometry as Geometry,
    cost,
    delta: answer.delta,
    excess,
    fraction: answer.fraction,
    promisedReturn: value(answer, "promised_return"),
  });
  if (!drawing || !which)
    return (
      <Empty title="No limit shaped this update">
        <p>
          {answer.case === "reward_step"
            ? `${run.algorithm} took the step of the reward alone, so there is no limit to draw.`
            : `${run.algorithm} reports no plane of reward and cost to draw.`}
        </p>
      </Empty>
    );
  const measured = known(answer.next?.[`measured_${which.name}`]);
  const gained = known(answer.next?.measured_return);
  const landed = measured === null ? null : drawing.landing(measured, gained);
  const family = FAMILIES[familyOf(answer.case, answer.accepted)];
  const predicted = value(answer, `promised_${which.name}`);
  // The feedback adds to the excess: the update meets a limit that is lower by as much.
  const correction = value(answer, `correction_${which.name}`) ?? 0;
  const save = () => {
    const picture = box.current?.querySelector("svg");
    if (!picture) return;
    const file = drawingFile(picture, `The update of iteration ${answer.iteration}`);
    download(`${run.id}-update-${answer.iteration}.svg`, file, "image/svg+xml");
  };
  return (
    <div className={classes.update} ref={box}>
      <UpdateDrawing drawing={drawing} landed={landed} costTitle={which.title} />
      <div>
        <p style={{ margin: "0 0 10px" }}>
          <b>{family.title}</b>
          <br />
          <span className={classes.sub}>{(correction > 0 && family.aimed) || family.help}</span>
        </p>
        <dl className={classes.updateNumbers}>
          <Line
            term="KL"
            value={`${number(value(answer, "kl"))}, limit δ ${number(answer.delta)}`}
          />
          <Line
            term="Step taken"
            value={answer.accepted ? `${number(answer.fraction * 100)} % of the proposed` : "none"}
          />
          <Line
            term={`${which.title}: constraint violation J_C − d`}
            value={number(excess === null ? null : excess - correction)}
          />
          {correction > 0 && (
            <Line
              term="Corrected limit"
              value={`${number(which.limit - correction)} (limit ${number(which.limit)})`}
            />
          )}
          <Line term="Predicted cost change" value={number(predicted)} />
          <Line
            term="Measured cost change"
            value={measured === null ? "not known yet" : number(measured)}
          />
          <Line
            term="Return change: predicted, measured"
            value={`${number(value(answer, "promised_return"))}, ${
              gained === null ? "not known yet" : number(gained)
            }`}
          />
          <Line term={LAMBDA} value={number(value(answer, "lambda"))} />
          <Line term={NU} value={number(value(answer, `nu_${which.name}`))} />
        </dl>
        <Button
          size="compact-xs"
          variant="default"
          mt={10}
          leftSection={<IconVector size={14} />}
          onClick={save}
        >
          Drawing (SVG)
        </Button>
      </div>
    </div>
  );
}

function Line({ term, value: text }: { term: string; value: string }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{text}</dd>
    </div>
  );
}

function value(answer: Answer, name: string): number | null {
  return known(answer.columns[name]);
}

function known(found: unknown): number | null {
  return typeof found === "number" ? found : null;
}
