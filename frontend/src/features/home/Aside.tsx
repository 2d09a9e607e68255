import { Link } from "react-router";
import { useStudies, useWorkers } from "@/api/queries";
import type { Run, Study } from "@/api/types";
import { Panel } from "@/components/Panel";
import classes from "./home.module.css";

const STUDIES_SHOWN = 3;

/** How much room there is, and how the newest studies go. */
export function Aside({ runs }: { runs: Run[] }) {
  return (
    <div className={classes.aside}>
      <Slots runs={runs} />
      <Studies />
    </div>
  );
}

/** Slots of all workers: used by runs in progress, and free. */
function Slots({ runs }: { runs: Run[] }) {
  const workers = useWorkers();
  if (!workers.data) return null;
  const present = workers.data.workers.filter((w) => w.state === "running");
  const slots = present.reduce((sum, worker) => sum + worker.slots, 0);
  const held = runs.filter((run) => run.state !== "paused");
  const used = held.reduce((sum, run) => sum + (run.resources.slots ?? 1), 0);
  const free = Math.max(0, slots - used);
  return (
    <Panel title="Worker slots" tools={<Link to="/workers">Workers</Link>}>
      <span className={classes.boxes} aria-hidden>
        {Array.from({ length: Math.min(Math.max(slots, used), 24) }, (_, k) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: boxes have no other name
          <i key={k} data-used={k < used || undefined} />
        ))}
      </span>
      {slots === 0 ? (
        <>
          No worker is running. <code>costline worker</code> starts one.
        </>
      ) : (
        `${used} of ${slots} in use, ${free} free`
      )}
    </Panel>
  );
}

function Studies() {
  const studies = useStudies();
  const newest = studies.data?.studies.slice(0, STUDIES_SHOWN) ?? [];
  return (
    <Panel title="Studies" tools={<Link to="/studies">Studies</Link>}>
      {newest.length === 0 && (
        <p className={classes.words}>
          What does a constraint change? One click on <Link to="/studies">Why constraints?</Link>{" "}
          compares CPO with fixed penalties.
        </p>
      )}
      <ul className={classes.studies}>
        {newest.map((study) => (
          <StudyLine key={study.id} study={study} />
        ))}
      </ul>
    </Panel>
  );
}

function StudyLine({ study }: { study: Study }) {
  const { fraction, finished, total } = study.progress;
  return (
    <li>
      <Link to={`/studies/${study.id}`} className={classes.title}>
        {study.name || study.preset || study.id}
      </Link>
      <div className={classes.bar} aria-hidden>
        <i style={{ width: `${100 * fraction}%` }} />
      </div>
      <div className={classes.sub}>
        {finished} of {total} runs finished
      </div>
    </li>
  );
}
