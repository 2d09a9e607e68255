"""Rollout videos: one seeded episode of a checkpoint's policy as MP4, with a JSON record beside it.

The video is H.264 in yuv420p with its index first, so that every browser plays it while it loads.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cpo_core.sim.episodes import Array
from cpo_core.spec import registry
from cpo_core.tasks.base import Task

if TYPE_CHECKING:
    from cpo_core.sim.sampler import Actor

BACKENDS = {"egl": "libegl1", "osmesa": "libosmesa6"}
"""GL backends in the order in which they are tried after MUJOCO_GL's, with their packages."""

_ENOUGH_TO_DRAW = (
    "import importlib, sys, mujoco;"
    "context = importlib.import_module('mujoco.' + sys.argv[1]).GLContext(64, 64);"
    "context.make_current();"
    "model = mujoco.MjModel.from_xml_string('<mujoco/>');"
    "mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100).free();"
    "context.free()"
)


class RenderError(RuntimeError):
    """A video cannot be made; the message says what to install or mend."""


@dataclass(frozen=True)
class RolloutRecord:
    """One episode: `costs` are totals by name, `step_costs` per step, `states` one per frame.

    Frame k shows the state after step k * `steps_per_frame` (frame 0: the start). `stage` holds
    the shapes for drawing the states elsewhere (see cpo_core.sim.replay), where they are known.
    """

    fps: int
    frames: int
    steps_per_frame: int
    seed: int
    terminated: bool
    total: float
    costs: Mapping[str, float]
    step_rewards: list[float]
    step_costs: Mapping[str, list[float]]
    states: list[dict[str, Any]] = field(default_factory=list)
    stage: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """The record as it lies beside the video; `total` is called "return" there."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {"return": plain.pop("total"), "steps": len(self.step_rewards), **plain}


@functools.cache
def probe() -> str | None:
    """The GL backend that draws on this machine, tried in a child process; None if none does."""
    # MuJoCo prepares the process for the one that is named, and then loads no other.
    named = os.environ.get("MUJOCO_GL", "").lower()
    for backend in sorted(BACKENDS, key=lambda backend: backend != named):
        child = subprocess.run(
            [sys.executable, "-c", _ENOUGH_TO_DRAW, backend],
            env=os.environ | _names(backend), capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        if child.returncode == 0:
            return backend
    return None


def missing_gl() -> str:
    """What to tell a person on whose machine `probe` found nothing."""
    packages = " or ".join(BACKENDS.values())
    return f"no OpenGL for rendering: install the Debian package {packages}"


def render(
    checkpoint: Path, out: Path, *, seed: int = 0, width: int = 480, height: int = 360
) -> RolloutRecord:
    """Render one episode of the policy in `checkpoint` to `out` (.mp4) and `out` with .json.

    Raises CheckpointError for a bad checkpoint and RenderError without a GL library.
    """
    from cpo_core.training.checkpoint import load

    loaded = load(checkpoint)
    task = registry.find_task(loaded.config.task)
    policy = loaded.state.policy.numpy()
    return render_policy(task, policy, out, seed=seed, width=width, height=height)


def render_policy(
    task: Task, policy: Actor, out: Path, *, seed: int = 0, width: int = 480, height: int = 360
) -> RolloutRecord:
    """As `render`, for a policy at hand. Actions are sampled, as in training: limits hold so."""
    backend = probe() or ""
    if not backend and task.world.keeps_records:
        raise RenderError(missing_gl())
    if backend:
        os.environ |= _names(backend)  # For MuJoCo, and foreign environments on it.
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(out.name + ".part")
    drawn = task.world.drawable(task, (width - width % 2, height - height % 2), backend)
    episode = _Episode(task, policy, seed, drawn)
    try:
        frames = _encode(part, episode.play(), drawn.fps)
        record = episode.record(frames)
        out.with_suffix(".json").write_text(json.dumps(record.to_json()))
        os.replace(part, out)
    except OSError as error:
        raise RenderError(f"{out}: the video cannot be written: {error}") from error
    finally:
        drawn.close()
        part.unlink(missing_ok=True)
    return record


def record(checkpoint: Path, out: Path, *, seed: int = 0) -> RolloutRecord:
    """Play the episode that `render` would draw, and write its record to `out` (.json).

    Needs no GL. Raises CheckpointError, and RenderError for an environment that keeps its state.
    """
    from cpo_core.training.checkpoint import load

    loaded = load(checkpoint)
    policy = loaded.state.policy.numpy()
    return record_policy(registry.find_task(loaded.config.task), policy, out, seed=seed)


def record_policy(task: Task, policy: Actor, out: Path, *, seed: int = 0) -> RolloutRecord:
    """As `record`, for a policy at hand."""
    if not task.world.keeps_records:
        raise RenderError(f"{task.name}: its environment keeps its state, there is nothing to play")
    drawn = task.world.drawable(task, (0, 0), "")
    episode = _Episode(task, policy, seed, drawn)
    try:
        found = episode.record(sum(1 for _ in episode.play()))
    finally:
        drawn.close()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found.to_json()))
    return found


class _Episode:
    """One episode in one world, and what happened in it."""

    def __init__(self, task: Task, policy: Actor, seed: int, drawn: Any) -> None:
        self._task, self._policy, self._seed, self._drawn = task, policy, seed, drawn
        self._rng = np.random.default_rng(seed)
        self._rewards: list[float] = []
        self._costs: list[list[float]] = []
        self._states: list[dict[str, Any]] = []
        self._terminated = False

    def play(self) -> Iterator[Array]:
        """Frames of the episode, from the start to its end."""
        shortest = self._task.shortest_horizon or self._task.horizon
        length = int(self._rng.integers(shortest, self._task.horizon, endpoint=True))
        worlds = self._drawn.worlds
        worlds.begin(1, self._rng)
        yield self._frame(alarm=False)
        alarm = False
        for step in range(1, length + 1):
            outcome = worlds.step(self._policy.act(worlds.observe(), self._rng))
            self._rewards.append(float(outcome.rewards[0]))
            self._costs.append([float(cost) for cost in outcome.costs[:, 0]])
            # Costs below 1 are graded, like effort: there is a little of them in every step.
            alarm = alarm or bool((outcome.costs[:, 0] >= 1.0).any())
            self._terminated = bool(outcome.terminated[0])
            cut = outcome.truncated is not None and bool(outcome.truncated[0])
            last = self._terminated or cut or step == length
            if step % self._drawn.every == 0 or last:
                yield self._frame(alarm)
                alarm = False
            if last:
                return

    def record(self, frames: int) -> RolloutRecord:
        """What happened, after `play` has ended."""
        names = [cost.name for cost in self._task.costs]
        step_costs = {name: [row[k] for row in self._costs] for k, name in enumerate(names)}
        return RolloutRecord(
            fps=self._drawn.fps,
            frames=frames,
            steps_per_frame=self._drawn.every,
            seed=self._seed,
            terminated=self._terminated,
            total=sum(self._rewards),
            costs={name: sum(values) for name, values in step_costs.items()},
            step_rewards=self._rewards,
            step_costs=step_costs,
            states=self._states,
            stage=self._drawn.stage(),
        )

    def _frame(self, alarm: bool) -> Array:
        self._states.append(self._drawn.state())
        return self._drawn.picture(alarm)


def _encode(path: Path, frames: Iterator[Array], fps: int) -> int:
    """Write `frames` to `path`; returns how many there were."""
    import av

    count = 0
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream: Any = None
        for pixels in frames:
            if stream is None:
                options = {"preset": "veryfast", "crf": "23", "threads": "1"}
                stream = container.add_stream("libx264", rate=Fraction(fps), options=options)
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = "yuv420p"
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            container.mux(stream.encode(frame))
            count += 1
        container.mux(stream.encode())
    return count


def _names(backend: str) -> dict[str, str]:
    return {"MUJOCO_GL": backend, "PYOPENGL_PLATFORM": backend}
