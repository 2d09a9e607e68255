"""What a task's world and body answer for: how N of them are opened, which actions, how drawn.

Light floor: whoever implements these loads a simulator only when worlds are opened.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from cpo_core.tasks.base import Array, Motion, Outcome, Task


class Worlds(Protocol):
    """At most N worlds. Those in play are numbered 0..n-1; when some retire, the rest close ranks.

    Arrays that are handed out belong to the caller.
    """

    def begin(self, worlds: int, rng: np.random.Generator) -> None:
        """Bring worlds 0..`worlds`-1 into play, each at the start of an episode."""
        ...

    def observe(self, which: Array | None = None) -> Array:
        """(n, observation size) float32 of all worlds in play, or of `which` (indices)."""
        ...

    def step(self, actions: Array) -> Outcome:
        """Apply `actions` (n, act), cut to the task's range."""
        ...

    def restart(self, which: Array, rng: np.random.Generator) -> None:
        """Begin a new episode in the worlds `which` (indices)."""
        ...

    def retire(self, keep: Array) -> None:
        """Go on with the worlds where `keep` (n,) bool is true, in the same order."""
        ...

    def close(self) -> None:
        """Give threads and processes back."""
        ...


class Movers(Protocol):
    """Bodies side by side; in play and closing ranks as `Worlds` are.

    Arrays of a Motion that is handed out are the caller's.
    """

    def begin(self, worlds: int, rng: np.random.Generator) -> Motion:
        """Bring bodies 0..`worlds`-1 into play at the start of an episode."""
        ...

    def step(self, actions: Array) -> Motion:
        """Apply `actions` (n, act), cut to their range."""
        ...

    def restart(self, which: Array, rng: np.random.Generator) -> Motion:
        """Put the bodies `which` at the start of an episode; returns their motion only."""
        ...

    def retire(self, keep: Array) -> None:
        """Go on with the bodies where `keep` (n,) bool is true."""
        ...

    def pose(self, world: int) -> Array:
        """(nq,) where a body is drawn, in the coordinates of its MJCF."""
        ...

    def close(self) -> None:
        """Give threads back."""
        ...


class DrawableWorld(Protocol):
    """One world that can be stepped and drawn: a frame every `every` steps, shown at `fps`."""

    worlds: Worlds
    fps: int
    every: int

    def picture(self, alarm: bool) -> Array:
        """(height, width, 3) uint8 of the world as it stands; `alarm`: a step just cost."""
        ...

    def state(self) -> dict[str, Any]:
        """What is needed to draw the same again, ready for JSON."""
        ...

    def stage(self) -> dict[str, Any] | None:
        """Shapes and surroundings for drawing states elsewhere; None: it cannot be told."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


class MovingBody(Protocol):
    """What rules are laid upon: `cpo_core.tasks.point.Point`, `cpo_core.tasks.bodies.Body`."""

    @property
    def mjcf(self) -> str:
        """The MJCF file that it is drawn from."""
        ...

    @property
    def groups(self) -> int:
        """Groups of worlds that are stepped in turn: 2 where physics has threads of its own."""
        ...

    def movers(self, environments: int, threads: int) -> Movers:
        """At most `environments` of it side by side, on `threads` threads (0: all processors)."""
        ...

    def action_range(self) -> tuple[Array, Array]:
        """(low, high), (act,) each, to which actions are cut."""
        ...


class WorldSpec(Protocol):
    """What `Task.world` is. Inherit from it to have what stands here as defaults."""

    @property
    def groups(self) -> int:
        """Groups of worlds that the sampler steps in turn, each on a thread of its own."""
        return 1

    @property
    def keeps_records(self) -> bool:
        """Whether episodes can be told frame by frame, to be drawn in a browser without OpenGL."""
        return False

    def worlds(self, task: Task, environments: int, threads: int) -> Worlds:
        """At most `environments` worlds on `threads` threads (0: all processors)."""
        ...

    def action_range(self, task: Task) -> tuple[Array, Array]:
        """(low, high), (act,) each, to which actions are cut; no bound by default."""
        high = np.full(task.action_size, np.inf)
        return -high, high

    def drawable(self, task: Task, size: tuple[int, int], backend: str) -> DrawableWorld:
        """One world drawn in `size` (width, height) by GL `backend`; by default there is none.

        With an empty `backend`, one that keeps records is recorded and its pictures are empty.
        """
        raise NotImplementedError(f"{task.name}: its world cannot be drawn")
