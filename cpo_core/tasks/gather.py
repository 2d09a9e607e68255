"""Gather: collect green apples, keep off red bombs, see both with a coarse range sensor.

Source: Achiam et al. 2017 (CPO), section 8, after Duan et al. 2016: +10 for an apple, cost 1 for a
bomb. Sensor: ten bins over the half-plane ahead for apples, ten for bombs; a reading is 1 - d/6 of
the nearest object of the bin within 6 m, else 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cpo_core.tasks.arrays import namespace, side_by_side
from cpo_core.tasks.base import (
    DEFAULT_TITLE,
    Array,
    Cost,
    Marks,
    Motion,
    Outcome,
    Preset,
    Scene,
    Task,
    Things,
    World,
)  # fmt: skip
from cpo_core.tasks.bodies import ANT_WITH_HEADING
from cpo_core.tasks.point import Point

BINS, RANGE, CATCH = 10, 6.0, 1.0
"""Sensor bins a kind, sensor range (m), and the distance (m) below which an object is caught."""

_LINE = np.arange(-6.0, 6.0, 2.0)
CELLS = np.array([(x, y) for x in _LINE for y in _LINE if math.hypot(x, y) >= 2.0])
"""(35, 2) where objects may lie: a grid of 2 m, without the origin."""


def readings(motion: Motion, places: Array, present: Array) -> list[Array]:
    """BINS sensor values (N,) each; `places` (N, K, 2) m, `present` (N, K) bool.

    Bins run from -pi/2 (right) to +pi/2 (left) of the heading. An object exactly at +pi/2 belongs
    to the last bin. The nearest object wins its bin.
    """
    xp = namespace(places)
    # Objects first: what is looked for is the largest over objects, and rows of N add up fast.
    dx = places[:, :, 0].T - motion.position[:, 0]
    dy = places[:, :, 1].T - motion.position[:, 1]
    facing, side = xp.cos(motion.heading), xp.sin(motion.heading)
    ahead, left = facing * dx + side * dy, facing * dy - side * dx
    strength = 1 - xp.sqrt(dx * dx + dy * dy) / RANGE
    seen = present.T & (strength >= 0) & (ahead >= 0)
    strength = xp.where(seen, strength, xp.zeros_like(strength))
    angle = xp.atan2(left, ahead) + math.pi / 2
    bins = xp.minimum(xp.floor(angle * (BINS / math.pi)), xp.full_like(angle, BINS - 1))
    return [xp.max(strength * (bins == b), axis=0) for b in range(BINS)]


def caught(motion: Motion, places: Array, present: Array) -> Array:
    """(N, K) bool: which objects that are `present` the body touches now."""
    xp = namespace(places)
    offset = places - motion.position[:, None]
    return present & (xp.sum(offset * offset, axis=2) < CATCH**2)


@dataclass(frozen=True)
class Gather:
    """The rules: +10 for each apple, cost 1 for each bomb, -`fall` when the body stops healthy.

    The episode ends when the body is not healthy or nothing is left to collect.
    """

    apples: int
    bombs: int
    fall: float = 0.0

    def begin(self, rng: np.random.Generator, worlds: int) -> Things:
        """Apples and bombs on different cells, drawn without preference."""
        count = self.apples + self.bombs
        cells = np.argsort(rng.random((worlds, len(CELLS))), axis=1)[:, :count]
        places = CELLS[cells]
        return {
            "apples": places[:, : self.apples],
            "bombs": places[:, self.apples :],
            "apples_left": np.ones((worlds, self.apples), bool),
            "bombs_left": np.ones((worlds, self.bombs), bool),
        }

    def observe(self, motion: Motion, things: Things, elapsed: Array) -> Array:
        """(N, k+21): the body's sense, apple bins, bomb bins, share of the horizon passed."""
        apples = readings(motion, things["apples"], things["apples_left"])
        bombs = readings(motion, things["bombs"], things["bombs_left"])
        return side_by_side(motion.sense, *apples, *bombs, elapsed)

    def judge(self, before: Motion, after: Motion, things: Things) -> tuple[Outcome, Things]:
        """Collect at the position after the step."""
        xp = namespace(after.position)
        kind = after.position.dtype
        apples = caught(after, things["apples"], things["apples_left"])
        bombs = caught(after, things["bombs"], things["bombs_left"])
        left = {
            "apples_left": things["apples_left"] & ~apples,
            "bombs_left": things["bombs_left"] & ~bombs,
        }
        ill = xp.logical_not(after.healthy)
        rewards = 10 * xp.sum(xp.astype(apples, kind), axis=1)
        rewards = rewards - self.fall * xp.astype(ill, kind)
        costs = xp.sum(xp.astype(bombs, kind), axis=1)[None]
        empty = ~(xp.any(left["apples_left"], axis=1) | xp.any(left["bombs_left"], axis=1))
        return Outcome(rewards, costs, ill | empty), left


SOURCE = (
    "Achiam, Held, Tamar, Abbeel: Constrained Policy Optimization, ICML 2017 (arXiv 1705.10528), "
    "section 8; sensor and grid of the rllab GatherEnv (Duan et al., ICML 2016)"
)
_DEVIATIONS = (
    "A bomb costs 1 and takes nothing from the reward, as the paper prints; the release also "
    "subtracts 1 from the reward.",
    "Each apple and each bomb counts; the release counts at most one of each kind per step.",
    "An object exactly at +90 degrees is seen in the last bin; the release fails there.",
    "The observation ends with the share of the horizon that has passed; the release shows no "
    "time.",
    "The paper preset fits its value functions by Adam with episodes that judge the fit, where the "
    "paper takes one conjugate-gradient step.",
)


def _bombs(limit: float) -> Cost:
    return Cost("bombs", "Bombs", limit, "Bombs touched.", "bombs per episode")


def _scene(**camera: float) -> Scene:
    marks = (
        Marks("apples", "apples_left", (0.1, 0.75, 0.2, 1.0)),
        Marks("bombs", "bombs_left", (0.9, 0.15, 0.1, 1.0)),
    )
    still = {"distance": 17.0, "elevation": -55.0} | camera
    return Scene(marks=marks, camera="still", **still)  # pyright: ignore[reportArgumentType]


POINT_GATHER = Task(
    name="point-gather",
    title="Point-Gather",
    summary="A point collects 2 apples among 8 bombs in 15 steps.",
    source=SOURCE,
    deviations=(
        *_DEVIATIONS,
        "Moves and turns are cut to the declared ranges (±1 m, ±0.25 rad); the release declares "
        "them but applies the raw sample.",
        "The observation has x/5, y/5, cosine and sine of the heading; the release shows "
        "velocities, which never change.",
    ),
    costs=(_bombs(0.1),),
    observation_size=25,
    action_size=2,
    horizon=15,
    environments=1668,
    world=World(body=Point(size=6.0), rules=Gather(2, 8), scene=_scene(every=1, fps=4)),
    presets={
        "default": Preset(
            DEFAULT_TITLE,
            {"iterations": 100, "batch_size": 50_000, "cost_lam": 0.92, "correction_gain": 0.1},
            "The paper's sizes with feedback on the measured cost.",
        ),
        "paper": Preset(
            "Paper",
            {
                "iterations": 100,
                "batch_size": 50_000,
                "cost_lam": 1.0,
                "line_search_fit": False,
            },
            "Plain CPO without shaping, parameters of the supplement and the released script.",
        ),
    },
)

ANT_GATHER = Task(
    name="ant-gather",
    title="Ant-Gather",
    summary="A four-legged robot collects 8 apples among 8 bombs; falling costs 10 and ends it.",
    source=SOURCE,
    deviations=(
        *_DEVIATIONS,
        "The sensor faces along the true yaw of the torso; the release takes a quaternion "
        "component for it.",
        "There are no walls at ±7 m: nothing lies there.",
        "Actions are cut to ±1 and are shares of each motor's torque.",
        "MuJoCo 4 computes the RK4 step of a free joint otherwise than the MuJoCo of 2017.",
    ),
    costs=(_bombs(0.2),),
    observation_size=53,
    action_size=8,
    horizon=500,
    environments=200,
    world=World(
        body=ANT_WITH_HEADING, rules=Gather(8, 8, fall=10.0), scene=_scene(every=2, fps=25)
    ),
    presets={
        "default": Preset(
            DEFAULT_TITLE,
            {
                "iterations": 350, "batch_size": 100_000, "cost_lam": 0.92, "cross_fit_folds": 2,
                "correction_gain": 0.1, "init_std": 0.5, "last_layer_scale": 0.1,
                "normalize_observations": True,
            },
            "Limits tracked across folds of the batch and by feedback, no shaping, a quiet start, "
            "standardised observations.",
        ),
        "paper": Preset(
            "Paper",
            {
                "iterations": 350, "batch_size": 100_000, "cost_lam": 0.5, "line_search_fit": False,
                "shaping_alpha": 0.01, "shaping_horizon": 20, "shaping_steps": 10,
            },
            "Plain CPO with cost shaping, parameters of the supplement.",
        ),
    },
)  # fmt: skip

TASKS = (POINT_GATHER, ANT_GATHER)
