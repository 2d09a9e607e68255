"""What a task is. A task is one file: a Task record and the pure functions of its world.

Light floor: no torch, no mujoco, no gymnasium. Physics arrays come in, rewards and costs go out.
Functions work on N worlds at once, arrays (N, ...), in whatever array library the arrays are of.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cpo_core.tasks.arrays import namespace

if TYPE_CHECKING:
    from cpo_core.tasks.worlds import DrawableWorld, MovingBody, Worlds, WorldSpec

Array = Any
"""An array of NumPy, torch or another library that follows the Python array API standard."""


@dataclass(frozen=True)
class Cost:
    """A named cost: `limit` is the default bound on its expected undiscounted sum per episode."""

    name: str
    title: str
    limit: float
    help: str = ""
    unit: str = "per episode"


DEFAULT_TITLE, QUICK_TITLE = "Default (recommended)", "Quick"
"""Titles of the presets that the API and the command line call `default` and `quick`."""


@dataclass(frozen=True)
class Preset:
    """Named overrides of TrainConfig fields that belong together on one task."""

    title: str
    values: Mapping[str, Any] = field(default_factory=dict)
    help: str = ""


@dataclass(frozen=True)
class Motion:
    """What a body shows of itself to the rules, for N worlds at one time.

    `position` (N, 2) m and `velocity` (N, 2) m/s of the point that the rules watch (the centre of
    mass unless the body says otherwise); the velocity is the displacement of the last step over its
    duration, zero after a reset. `heading` (N,) yaw in rad, counter-clockwise from +x, or None for
    bodies that do not work it out; `sense` (N, k) the body's own observation; `healthy` (N,) bool:
    False ends the episode; `controls` (N, act) the actions, cut to their ranges, that led here,
    zero after a reset.
    """

    position: Array
    velocity: Array
    heading: Array
    sense: Array
    healthy: Array
    controls: Array

    @property
    def effort(self) -> Array:
        """(N,) sum of the squared controls."""
        xp = namespace(self.controls)
        controls = xp.astype(self.controls, self.position.dtype)
        return xp.sum(controls * controls, axis=1)


@dataclass(frozen=True)
class Outcome:
    """One step of N worlds: `rewards` (N,), `costs` (m, N) each >= 0, `terminated` (N,) bool.

    `truncated` (N,) bool: worlds that cut their episode short themselves; None: none does.
    """

    rewards: Array
    costs: Array
    terminated: Array
    truncated: Array | None = None


Things = Mapping[str, Array]
"""What the rules keep of N worlds beside the body (apples, bombs): arrays (N, ...) by name."""


class Rules(Protocol):
    """What a task asks of a body: pure functions over N worlds."""

    def begin(self, rng: np.random.Generator, worlds: int) -> Things:
        """The things of `worlds` new episodes."""
        ...

    def observe(self, motion: Motion, things: Things, elapsed: Array) -> Array:
        """(N, observation size); `elapsed` (N,) is the share of the horizon that has passed."""
        ...

    def judge(self, before: Motion, after: Motion, things: Things) -> tuple[Outcome, Things]:
        """Reward and costs of the step from `before` to `after`, and the things left."""
        ...


@dataclass(frozen=True)
class Marks:
    """Balls drawn at things[`places`] (N, K, 2) while things[`present`] (N, K) is true."""

    places: str
    present: str
    rgba: tuple[float, float, float, float]
    radius: float = 0.35


@dataclass(frozen=True, kw_only=True)
class Scene:
    """How a world is drawn.

    `walls`: blue panels at x = +-walls m; `ring`: radius of a circle on the floor, m. The camera
    stands `distance` m away, `elevation` degrees below the horizon (negative looks down), and
    keeps the body in view: "along" follows its y and stays between the walls, "chase" follows it,
    "still" looks at the origin. A frame is drawn every `every` steps and shown at `fps`.
    """

    walls: float | None = None
    ring: float | None = None
    marks: tuple[Marks, ...] = ()
    camera: str = "chase"
    distance: float = 5.0
    azimuth: float = 90.0
    elevation: float = -30.0
    every: int = 1
    fps: int = 25


@dataclass(frozen=True, kw_only=True)
class World:
    """A body, the rules that it lives by, and how both are drawn: a WorldSpec.

    The simulator is loaded when worlds are opened, not with the task.
    """

    body: MovingBody
    rules: Rules
    scene: Scene = field(default_factory=Scene)

    @property
    def keeps_records(self) -> bool:
        """Poses and marks say all."""
        return True

    @property
    def groups(self) -> int:
        """See WorldSpec."""
        return self.body.groups

    def worlds(self, task: Task, environments: int, threads: int) -> Worlds:
        """See WorldSpec."""
        movers = self.body.movers(environments, threads)
        module = importlib.import_module("cpo_core.sim.rule_worlds")
        return module.RuledWorlds(movers, self.rules, task.horizon)

    def action_range(self, task: Task) -> tuple[Array, Array]:
        """See WorldSpec."""
        return self.body.action_range()

    def drawable(self, task: Task, size: tuple[int, int], backend: str) -> DrawableWorld:
        """See WorldSpec."""
        module = importlib.import_module("cpo_core.sim.drawable_world")
        return module.DrawableRules(task, self, size, backend)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A constrained task, as people see it and as the sampler runs it.

    `horizon` is the largest number of steps per episode; with `shortest_horizon` each episode's
    own is drawn uniformly from shortest_horizon..horizon. `finite_horizon` True means that the
    end of the horizon is part of the task (the paper's tasks: no value is bootstrapped there);
    False means that it only cuts an unending task (bootstrap from the final observation).
    `world` opens N running worlds (`cpo_core.tasks.worlds`). `presets` has at least "default".
    """

    name: str
    title: str
    summary: str
    source: str
    deviations: tuple[str, ...] = ()
    costs: tuple[Cost, ...]
    observation_size: int
    action_size: int
    horizon: int
    shortest_horizon: int | None = None
    finite_horizon: bool = True
    environments: int = 64
    world: WorldSpec
    presets: Mapping[str, Preset]

    def __post_init__(self) -> None:
        if not self.costs:
            raise ValueError(f"{self.name}: a task has at least one cost, named in `costs`")
