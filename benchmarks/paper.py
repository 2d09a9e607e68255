"""The paper's comparisons, run as studies whose rows are kept and can be continued.

    python -m benchmarks.paper run point-gather --seeds 0 1 2 3 4
    python -m benchmarks.paper report

A run that was interrupted continues from its last checkpoint, one whose configuration has changed
since begins again, and a finished one is not repeated. Rows
lie in docs/results/<study>/<arm>-seed<k>.csv, one per iteration; `report` makes docs/results.md and
the curves from them and from nothing else.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.paper_report import write_report
from benchmarks.paper_studies import STUDIES, Arm, Study
from benchmarks.rows import RowFile
from cpo_core.spec.config import TrainConfig, make_config
from cpo_core.spec.reports import Event, IterationReport, TrainingFinished, columns
from cpo_core.training.loop import train

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "docs" / "results"
SCRATCH = Path(os.environ.get("COSTLINE_BENCH_DIR", ROOT / "build" / "paper"))

FREE = ("iterations", "threads", "video_every", "checkpoint_every")
"""Fields that may change between two sittings of one experiment: its rows do not depend on them."""


def run_arm(study: Study, arm: Arm, seed: int, extra: Mapping[str, Any]) -> None:
    """Train one arm with one seed, from its last checkpoint if there is one."""
    overrides = {**study.overrides, **arm.overrides, **extra, "seed": seed}
    config = make_config(study.task, arm.algorithm, preset=arm.preset, **overrides)
    label = f"{arm.name}-seed{seed}"
    rows = RowFile(RESULTS / study.name / f"{label}.csv")
    directory = SCRATCH / study.name / label
    done = directory / "done.json"
    wanted = {"config": dataclasses.asdict(config)}
    if done.exists() and json.loads(done.read_text()) == json.loads(json.dumps(wanted)):
        return
    begin(directory, config, rows)
    resume = _last_checkpoint(directory)
    rows.keep_up_to(int(resume.stem) if resume else 0)

    def listen(event: Event) -> None:
        if isinstance(event, IterationReport):
            rows.append(columns(event))
            if event.iteration % 10 == 0:
                costs = ", ".join(f"{c.name} {c.mean:.3g}/{c.limit:g}" for c in event.costs)
                print(f"{study.name} {label} it. {event.iteration} return {event.return_mean:.4g} "
                      f"{costs} {event.case} {event.seconds_total:.2f} s", flush=True)  # fmt: skip
        elif isinstance(event, TrainingFinished) and event.completed:
            done.write_text(json.dumps(wanted))

    train(config, listen, None, directory=directory, resume=resume)


def begin(directory: Path, config: TrainConfig, rows: RowFile) -> None:
    """Make the folder one of `config`: what an experiment with another left there goes.

    A folder that does not say whose it is (it was made before they said so) is continued.
    """
    written = directory / "config.json"
    plain = json.loads(json.dumps(dataclasses.asdict(config)))
    if written.exists() and _experiment(json.loads(written.read_text())) != _experiment(plain):
        print(f"{directory.name}: the configuration has changed; beginning again", flush=True)
        shutil.rmtree(directory)
        rows.keep_up_to(0)
    directory.mkdir(parents=True, exist_ok=True)
    fresh = written.with_suffix(".tmp")
    fresh.write_text(json.dumps(plain, indent=1))
    os.replace(fresh, written)


def _experiment(config: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a checkpoint's rows depend on."""
    return {name: value for name, value in config.items() if name not in FREE}


def _last_checkpoint(directory: Path) -> Path | None:
    found = sorted((directory / "checkpoints").glob("*.ckpt"))
    return found[-1] if found else None


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run the arms of a study, one after another")
    run.add_argument("study", choices=STUDIES)
    run.add_argument("--arms", nargs="*", help="only these arms")
    run.add_argument("--seeds", nargs="*", type=int, default=[0])
    run.add_argument("--iterations", type=int)
    run.add_argument("--threads", type=int, default=0)
    commands.add_parser("report", help="write docs/results.md from the rows")
    return parser.parse_args()


def main() -> None:
    """Command line; see the module's docstring."""
    arguments = _parse()
    if arguments.command == "report":
        write_report(RESULTS, STUDIES.values())
        return
    study = STUDIES[arguments.study]
    extra: dict[str, Any] = {"threads": arguments.threads, "video_every": 0}
    if arguments.iterations:
        extra["iterations"] = arguments.iterations
    for seed in arguments.seeds:
        for arm in study.arms:
            if not arguments.arms or arm.name in arguments.arms:
                began = time.monotonic()
                run_arm(study, arm, seed, extra)
                print(
                    f"{study.name} {arm.name} seed {seed}: {time.monotonic() - began:.0f} s",
                    flush=True,
                )


if __name__ == "__main__":
    main()
