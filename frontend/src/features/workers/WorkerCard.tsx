import {
  IconAlertTriangle,
  type IconCheck,
  IconHeartbeat,
  IconPlayerStop,
} from "@tabler/icons-react";
import { Link } from "react-router";
import type { Run, Worker } from "@/api/types";
import { Badge, type Tone } from "@/components/Badge";
import { StateBadge } from "@/components/StateBadge";
import { Time } from "@/components/Time";
import { about } from "@/lib/format";
import { runTitle } from "@/lib/runs";
import classes from "./workers.module.css";

interface Look {
  tone: Tone;
  icon: typeof IconCheck;
  word: string;
}

const LOOKS: Record<Worker["state"], Look> = {
  running: { tone: "within", icon: IconHeartbeat, word: "alive" },
  stopping: { tone: "noise", icon: IconPlayerStop, word: "stopping" },
  stopped: { tone: "idle", icon: IconPlayerStop, word: "stopped" },
  lost: { tone: "over", icon: IconAlertTriangle, word: "lost, no heartbeat" },
};

/** One process: where it is, how much room it has, and what runs in it. */
export function WorkerCard({ worker, runs }: { worker: Worker; runs: Run[] }) {
  const { tone, icon: Icon, word } = LOOKS[worker.state];
  const own = worker.running.map((id) => runs.find((run) => run.id === id) ?? id);
  const used = own.reduce(
    (sum, run) => sum + (typeof run === "string" ? 1 : (run.resources.slots ?? 1)),
    0,
  );
  return (
    <li className={classes.card}>
      <div className={classes.head}>
        <b className={classes.host}>{worker.host}</b>
        <span className={classes.sub}>process {worker.pid}</span>
        <Badge tone={tone} icon={<Icon size={13} aria-hidden />}>
          {word}
        </Badge>
      </div>
      {worker.state !== "stopped" && <Slots used={used} slots={worker.slots} gpus={worker.gpus} />}
      {own.length > 0 && (
        <ul className={classes.runs}>
          {own.map((run) => (
            <RunLine key={typeof run === "string" ? run : run.id} run={run} />
          ))}
        </ul>
      )}
      <p className={classes.sub}>
        {worker.executor} executor, version {worker.version}, started{" "}
        <Time at={worker.started_at} />, last heartbeat <Time at={worker.heartbeat_at} />
      </p>
    </li>
  );
}

function Slots({ used, slots, gpus }: { used: number; slots: number; gpus: number }) {
  return (
    <div className={classes.slots}>
      <span className={classes.boxes} aria-hidden="true">
        {Array.from({ length: Math.min(slots, 32) }, (_, k) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: boxes have no other name
          <i key={k} data-used={k < used || undefined} />
        ))}
      </span>
      {used} of {slots} {slots === 1 ? "slot" : "slots"} in use
      {gpus > 0 && `, ${gpus} GPU${gpus === 1 ? "" : "s"}`}
    </div>
  );
}

function RunLine({ run }: { run: Run | string }) {
  if (typeof run === "string")
    return (
      <li>
        <Link to={`/runs/${run}`}>{run}</Link>
      </li>
    );
  return (
    <li className={classes.run}>
      <Link to={`/runs/${run.id}`}>{runTitle(run)}</Link>
      <StateBadge state={run.state} />
      <span className={classes.sub}>
        it. {run.iteration} of {run.iterations}
        {run.eta_seconds !== null && `, ${about(run.eta_seconds)} left`}
      </span>
    </li>
  );
}
