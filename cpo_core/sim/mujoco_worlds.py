"""MuJoCo bodies stepped on all cores by `mujoco.batch`, bit-equal to a loop over `mj_step`."""

from __future__ import annotations

import numpy as np
from mujoco.batch import Batch

from cpo_core.sim.episodes import Array
from cpo_core.sim.models import load_model, mujoco, start_state
from cpo_core.tasks.base import Motion
from cpo_core.tasks.bodies import Body, Look

NONE = int(mujoco.mjtStage.mjSTAGE_NONE)

HUGE = 1e6
"""A position (m, rad) or velocity beyond this is a simulation that has diverged."""


class BatchMovers:
    """At most `environments` bodies; implements `cpo_core.tasks.worlds.Movers`.

    A body whose state diverges is put back at the start, stands still where it was last seen, and
    is not healthy: its episode ends there.
    """

    def __init__(self, body: Body, environments: int, threads: int) -> None:
        self._body = body
        self.model = load_model(body)
        self._batch = Batch(self.model, environments, threads)
        self._fields = {name: self._batch.bind(name) for name in ("qpos", "qvel", *body.reads)}
        self._ctrl = self._batch.bind("ctrl")
        self._low, self._high = self.model.actuator_ctrlrange.T.astype(np.float32)
        self._start = start_state(self.model)
        self._rate = 1.0 / (self.model.opt.timestep * body.frame_skip)
        self._rows: Array | None = None
        self._position = np.zeros((environments, 2))

    def begin(self, worlds: int, rng: np.random.Generator) -> Motion:
        """See `Movers`."""
        everything = worlds == self._batch.nsim
        self._rows = None if everything else np.arange(worlds)
        self._position = np.zeros((worlds, 2))
        return self.restart(np.arange(worlds), rng)

    def restart(self, which: Array, rng: np.random.Generator) -> Motion:
        """Start the bodies `which`, with noise; clears warm starts and computes all fields."""
        rows = which if self._rows is None else self._rows[which]
        noise, worlds = self._body.noise, len(which)
        self._batch.reset(rows, stage=NONE)
        for name, start, scale, kind in (
            ("qpos", self._start[0], noise.position, noise.position_kind),
            ("qvel", self._start[1], noise.velocity, noise.velocity_kind),
        ):
            self._fields[name][rows] = start + scale * _draw(rng, kind, (worlds, len(start)))
        self._batch.forward(rows)
        look = self._body.look({name: values[rows] for name, values in self._fields.items()})
        self._position[which] = look.position
        return Motion(
            position=np.array(look.position),
            velocity=np.zeros((worlds, 2)),
            heading=look.heading,
            sense=look.sense,
            healthy=np.ones(worlds, bool),
            controls=np.zeros((worlds, len(self._low)), np.float32),
        )

    def step(self, actions: Array) -> Motion:
        """Apply the controls for one policy step."""
        controls = np.maximum(actions, self._low)
        np.minimum(controls, self._high, out=controls)
        self._ctrl[self._rows if self._rows is not None else ...] = controls
        self._batch.step(self._rows, nstep=self._body.frame_skip)
        look = self._look()
        before = self._position
        self._position = np.array(look.position)
        healthy = look.healthy
        flat = look.sense.ravel()
        # One product sees NaN, infinity and absurd numbers anywhere; they are rare enough to be
        # looked for only then.
        if not flat @ flat < HUGE**2:
            look, healthy = self._stopped(look, before)
        return Motion(
            position=self._position,
            velocity=(self._position - before) * self._rate,
            heading=look.heading,
            sense=look.sense,
            healthy=healthy,
            controls=controls,
        )

    def retire(self, keep: Array) -> None:
        """See `Movers`."""
        self._rows = np.flatnonzero(keep) if self._rows is None else self._rows[keep]
        self._position = self._position[keep]

    def pose(self, world: int) -> Array:
        """qpos of one body."""
        return self._fields["qpos"][world].copy()

    def state(self) -> tuple[Array, Array]:
        """Copies of qpos (n, nq) and qvel (n, nv)."""
        rows = self._rows if self._rows is not None else slice(None)
        return np.array(self._fields["qpos"][rows]), np.array(self._fields["qvel"][rows])

    def close(self) -> None:
        """Let the threads end with the batch."""
        self._fields, self._ctrl = {}, np.empty(0)
        del self._batch

    def _look(self) -> Look:
        rows, fields = self._rows, self._fields
        if rows is None:
            return self._body.look(fields)
        return self._body.look({name: fields[name][rows] for name in self._body.reads})

    def _stopped(self, look: Look, before: Array) -> tuple[Look, Array]:
        """What is seen, and who is healthy, once diverged bodies have been put back."""
        bad = ~(np.abs(look.sense).max(axis=1) < HUGE)
        rows = np.flatnonzero(bad) if self._rows is None else self._rows[bad]
        self._batch.reset(rows, stage=NONE)
        self._fields["qpos"][rows] = self._start[0]
        self._batch.forward(rows)
        look = self._look()
        self._position = np.where(bad[:, None], before, look.position)
        return look, look.healthy & ~bad


def _draw(rng: np.random.Generator, kind: str, shape: tuple[int, int]) -> Array:
    return rng.uniform(-1.0, 1.0, shape) if kind == "uniform" else rng.standard_normal(shape)
