"""Integrators and time steps for the paper's robots: accuracy, stability and speed.

    python -m benchmarks.integrators [ant|humanoid ...]

One line per choice. All choices act at the same rate (50 Hz ant, 100 Hz humanoid).
`error`: median over states of the distance (qpos, after one policy step) from a reference with
RK4 at 0.25 ms; states come from random play. `jumps`: share of episodes of 10 s of full-range
random bang-bang controls in which a joint ever turns faster than 100 rad/s or a state diverges.
`cpu_us`: processor time of one policy step of one world, median of 7 interleaved runs, on one
thread; the value is the speed relative to the paper's choice.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from typing import Any

import numpy as np
from mujoco.batch import Batch

from benchmarks.figures import say
from cpo_core.sim.episodes import Array
from cpo_core.sim.models import load_model, mujoco, start_state
from cpo_core.tasks.bodies import ANT, HUMANOID, Body

BODIES = {"ant": ANT, "humanoid": HUMANOID}
CHOICES = list(itertools.product(("RK4", "implicitfast", "Euler"), (1, 2, 4)))
WORLDS = 64


def model_of(body: Body, integrator: str, skip: int) -> Any:
    """The body's model with `integrator` and `skip` steps where the paper takes one."""
    model = load_model(body)
    model.opt.integrator = getattr(mujoco.mjtIntegrator, f"mjINT_{integrator.upper()}")
    model.opt.timestep = model.opt.timestep / skip
    return model


def bang_bang(shape: tuple[int, ...], seed: int) -> Array:
    """Controls at the ends of their range, redrawn every five policy steps."""
    held = np.random.default_rng(seed).choice([-1.0, 1.0], (shape[0] // 5 + 1, *shape[1:]))
    return held.repeat(5, axis=0)[: shape[0]]


def visited(body: Body) -> tuple[Array, Array]:
    """States (n, nq), (n, nv) of random play with the paper's integrator."""
    model = load_model(body)
    batch, rng = Batch(model, WORLDS, 1), np.random.default_rng(0)
    qpos, qvel, ctrl = (batch.bind(name) for name in ("qpos", "qvel", "ctrl"))
    batch.reset()
    qpos[:] = start_state(model)[0]
    states = []
    for _ in range(10):
        for _ in range(10):
            ctrl[:] = np.clip(rng.standard_normal(ctrl.shape), -1, 1)
            batch.step()
        states.append((qpos.copy(), qvel.copy()))
    positions, velocities = zip(*states, strict=True)
    return np.concatenate(positions), np.concatenate(velocities)


def after_one_step(model: Any, skip: int, states: tuple[Array, Array]) -> Array:
    """qpos (n, nq) after one policy step from `states` with random controls."""
    batch = Batch(model, len(states[0]), 1)
    batch.reset()
    qpos, qvel, ctrl = (batch.bind(name) for name in ("qpos", "qvel", "ctrl"))
    qpos[:], qvel[:] = states
    ctrl[:] = np.clip(np.random.default_rng(3).standard_normal(ctrl.shape), -1, 1)
    batch.step(nstep=skip)
    return qpos.copy()


def jumps(model: Any, skip: int, body: Body) -> float:
    """Share of bang-bang episodes with an absurd velocity or a diverged state."""
    batch = Batch(model, WORLDS, 1)
    batch.reset()
    batch.bind("qpos")[:] = start_state(load_model(body))[0]
    qvel, ctrl = batch.bind("qvel"), batch.bind("ctrl")
    worst = np.zeros(WORLDS)
    for controls in bang_bang((500, *ctrl.shape), 1):
        ctrl[:] = controls
        batch.step(nstep=skip)
        speed = np.abs(qvel[:, 6:]).max(axis=1)
        worst = np.fmax(worst, np.where(np.isfinite(speed), speed, np.inf))
    return float((worst > 100).mean())


def cost(batch: Batch, skip: int, ticks: int = 40) -> float:
    """Processor microseconds of one policy step of one world."""
    ctrl, controls = batch.bind("ctrl"), bang_bang((ticks, *batch.bind("ctrl").shape), 2)
    start = time.process_time()
    for row in controls:
        ctrl[:] = 0.5 * row
        batch.step(nstep=skip)
    return 1e6 * (time.process_time() - start) / (ticks * WORLDS)


def compare(name: str) -> None:
    """Print the rows of one body."""
    body, states = BODIES[name], visited(BODIES[name])
    paper_step = load_model(body).opt.timestep
    fine = round(paper_step / 0.00025)
    reference = after_one_step(model_of(body, "RK4", fine), fine, states)
    models = {choice: model_of(body, *choice) for choice in CHOICES}
    batches = {choice: Batch(model, WORLDS, 1) for choice, model in models.items()}
    times: dict[Any, list[float]] = {choice: [] for choice in CHOICES}
    for _ in range(7):
        for choice, batch in batches.items():
            batch.reset()
            batch.bind("qpos")[:] = start_state(models[choice])[0]
            times[choice].append(cost(batch, choice[1]))
    paper = statistics.median(times["RK4", 1])
    for choice in CHOICES:
        integrator, skip = choice
        error = np.linalg.norm(after_one_step(models[choice], skip, states) - reference, axis=1)
        spent = statistics.median(times[choice])
        say(
            f"{name}, {integrator}, {1000 * paper_step / skip:g} ms: speed over the paper's choice",
            paper / spent, "times", cpu_us=spent, error=float(np.median(error)),
            error_90=float(np.quantile(error, 0.9)), jumps=jumps(models[choice], skip, body),
            frame_skip=skip,
        )  # fmt: skip


def main() -> None:
    """Print one line per body and choice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bodies", nargs="*", default=list(BODIES))
    for name in parser.parse_args().bodies:
        compare(name)


if __name__ == "__main__":
    main()
