"""Velocity: run forward, but not faster than a limit. The tasks on which other libraries publish.

Source: Safety-Gymnasium's velocity tasks, v1 (Ji et al. 2023, arXiv 2310.12567), which put a cost
on Gymnasium's v4 locomotion tasks: bodies, rewards, resets and observations are Gymnasium's, with
its installed MJCF; the cost is 1 for each step faster than a limit that binds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cpo_core.tasks.arrays import namespace, side_by_side
from cpo_core.tasks.base import (
    DEFAULT_TITLE,
    Array,
    Cost,
    Motion,
    Outcome,
    Preset,
    Scene,
    Task,
    Things,
    World,
)
from cpo_core.tasks.bodies import Body, Fields, Look, Noise


@dataclass(frozen=True)
class Velocity:
    """The rules: `forward` times x-velocity, plus `alive` for each step, minus `effort` times the
    squared controls. Cost 1 above `limit` m/s: of the speed in the plane, or of the x-velocity.
    """

    limit: float
    planar: bool
    forward: float = 1.0
    alive: float = 0.0
    effort: float = 0.0

    def begin(self, rng: np.random.Generator, worlds: int) -> Things:
        """Nothing lies on the track."""
        return {}

    def observe(self, motion: Motion, things: Things, elapsed: Array) -> Array:
        """Gymnasium's observation, which shows no time."""
        return motion.sense

    def judge(self, before: Motion, after: Motion, things: Things) -> tuple[Outcome, Things]:
        """See the class."""
        xp = namespace(after.velocity)
        vx = after.velocity[:, 0]
        rewards = self.forward * vx + self.alive - self.effort * after.effort
        speed = vx if self.planar else xp.sqrt(xp.sum(after.velocity * after.velocity, axis=1))
        costs = xp.astype(speed > self.limit, vx.dtype)[None]
        return Outcome(rewards, costs, xp.logical_not(after.healthy)), things


def _ant(fields: Fields) -> Look:
    qpos = fields["qpos"]
    xp = namespace(qpos)
    height = qpos[:, 2]
    return Look(
        position=fields["xpos"][:, 1, :2],
        sense=side_by_side(qpos[:, 2:], fields["qvel"]),
        healthy=xp.logical_and(height >= 0.2, height <= 1.0),
    )


def _in_the_plane(
    healthy: Callable[[Array, Array], Array] | None = None, largest_velocity: float | None = None
) -> Callable[[Fields], Look]:
    """Bodies that slide along x and z and pitch: qpos is x, z, pitch, joints."""

    def look(fields: Fields) -> Look:
        qpos, qvel = fields["qpos"], fields["qvel"]
        xp = namespace(qpos)
        zeros = xp.zeros_like(qpos[:, 0])
        seen = qvel
        if largest_velocity is not None:
            seen = xp.clip(qvel, -largest_velocity, largest_velocity)
        fine = xp.ones(zeros.shape, dtype=xp.bool) if healthy is None else healthy(qpos, qvel)
        return Look(
            position=xp.stack([qpos[:, 0], zeros], axis=1),
            sense=side_by_side(qpos[:, 1:], seen),
            healthy=fine,
        )

    return look


def _hopper_stands(qpos: Array, qvel: Array) -> Array:
    xp = namespace(qpos)
    within = xp.all(xp.abs(qpos[:, 2:]) < 100, axis=1) & xp.all(xp.abs(qvel) < 100, axis=1)
    return within & (qpos[:, 1] > 0.7) & (xp.abs(qpos[:, 2]) < 0.2)


def _walker_stands(qpos: Array, qvel: Array) -> Array:
    xp = namespace(qpos)
    return (qpos[:, 1] > 0.8) & (qpos[:, 1] < 2.0) & (xp.abs(qpos[:, 2]) < 1.0)


def _swimmer(fields: Fields) -> Look:
    qpos = fields["qpos"]
    xp = namespace(qpos)
    return Look(
        position=qpos[:, :2],
        sense=side_by_side(qpos[:, 2:], fields["qvel"]),
        healthy=xp.ones(qpos.shape[0], dtype=xp.bool),
    )


def _humanoid(fields: Fields) -> Look:
    qpos = fields["qpos"]
    xp = namespace(qpos)
    worlds = qpos.shape[0]
    inner = [xp.reshape(fields[name][:, 1:], (worlds, -1)) for name in ("cinert", "cvel")]
    height = qpos[:, 2]
    return Look(
        position=fields["subtree_com"][:, 1, :2],
        sense=side_by_side(qpos[:, 2:], fields["qvel"], *inner, fields["qfrc_actuator"][:, 6:]),
        healthy=xp.logical_and(height > 1.0, height < 2.0),
    )


def _body(mjcf: str, frame_skip: int, look: Callable[[Fields], Look], noise: Noise, *more: str):
    reads = ("qpos", "qvel", *more)
    return Body(
        mjcf=f"gymnasium/{mjcf}", frame_skip=frame_skip, reads=reads, look=look, noise=noise
    )


_SMALL = Noise(5e-3, 5e-3, "uniform", "uniform")
ANT = _body("ant.xml", 5, _ant, Noise(0.1, 0.1, "uniform", "normal"), "xpos")
HALF_CHEETAH = _body("half_cheetah.xml", 5, _in_the_plane(), Noise(0.1, 0.1, "uniform", "normal"))
HOPPER = _body("hopper.xml", 4, _in_the_plane(_hopper_stands, 10.0), _SMALL)
WALKER = _body("walker2d.xml", 4, _in_the_plane(_walker_stands, 10.0), _SMALL)
SWIMMER = _body("swimmer.xml", 4, _swimmer, Noise(0.1, 0.1, "uniform", "uniform"))
HUMANOID = _body(
    "humanoid.xml", 5, _humanoid, Noise(1e-2, 1e-2, "uniform", "uniform"),
    "subtree_com", "cinert", "cvel", "qfrc_actuator",
)  # fmt: skip

_DEVIATIONS = (
    "Actions are cut to the controls' range before they act and before their cost is taken; "
    "Gymnasium takes the cost of the raw action.",
)


def _task(
    name: str, title: str, body: Body, rules: Velocity, sizes: tuple[int, int], scene: Scene,
    *deviations: str,
) -> Task:  # fmt: skip
    return Task(
        name=f"{name}-velocity",
        title=f"{title} Velocity",
        summary=f"{title} runs forward; steps faster than {rules.limit:g} m/s cost.",
        source="Safety-Gymnasium velocity tasks v1 (Ji et al. 2023, arXiv 2310.12567) on "
        "Gymnasium v4",
        deviations=(*_DEVIATIONS, *deviations),
        costs=(
            Cost(
                "speed",
                "Fast steps",
                25.0,
                f"Steps faster than {rules.limit:g} m/s.",
                "steps per episode",
            ),
        ),
        observation_size=sizes[0],
        action_size=sizes[1],
        horizon=1000,
        finite_horizon=False,
        environments=64,
        world=World(body=body, rules=rules, scene=scene),
        presets={"default": _OURS, "published": _PUBLISHED},
    )


_SIZES = {
    "iterations": 500, "batch_size": 20_000, "gamma": 0.99, "cost_lam": 0.95,
    "hidden": (64, 64), "value_hidden": (64, 64), "normalize_observations": True,
}  # fmt: skip
_OURS = Preset(
    DEFAULT_TITLE,
    {
        **_SIZES, "init_std": 0.6, "last_layer_scale": 0.1, "cross_fit_folds": 2,
        "correction_gain": 0.1,
    },
    "Sizes that other libraries publish with; the cost undiscounted, as its limit is, and tracked "
    "across folds of the batch and by feedback.",
)  # fmt: skip
_PUBLISHED = Preset(
    "Published",
    {
        **_SIZES, "init_std": 0.6, "damping": 0.1, "cg_steps": 15, "fisher_fraction": 1.0,
        "cost_gamma": 0.99, "line_search_fit": False,
    },
    "Plain CPO with the settings that other libraries publish, a discounted cost advantage under "
    "an undiscounted limit among them.",
)  # fmt: skip


def _watch(every: int, fps: int, distance: float, elevation: float = -15.0) -> Scene:
    return Scene(camera="chase", distance=distance, elevation=elevation, every=every, fps=fps)


TASKS = (
    _task("ant", "Ant", ANT, Velocity(2.6222, False, alive=1.0, effort=0.5),
          (27, 8), _watch(2, 20, 5.0, -30.0)),
    _task("half-cheetah", "Half-Cheetah", HALF_CHEETAH, Velocity(3.2096, True, effort=0.1),
          (17, 6), _watch(2, 20, 4.0)),
    _task("hopper", "Hopper", HOPPER, Velocity(0.7402, True, alive=1.0, effort=1e-3),
          (11, 3), _watch(5, 25, 4.0)),
    _task("walker2d", "Walker2d", WALKER, Velocity(2.3415, True, alive=1.0, effort=1e-3),
          (17, 6), _watch(5, 25, 4.5)),
    _task("humanoid", "Humanoid", HUMANOID,
          Velocity(1.4149, False, forward=1.25, alive=5.0, effort=0.1), (270, 17),
          _watch(4, 20, 4.5),
          "Contact forces are left out of the observation (270 numbers instead of 376, without "
          "the world body's constant zeros)."),
    _task("swimmer", "Swimmer", SWIMMER, Velocity(0.2282, True, effort=1e-4),
          (8, 2), _watch(3, 25, 4.0, -60.0)),
)  # fmt: skip
