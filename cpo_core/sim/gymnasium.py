"""Gymnasium environments as worlds: N copies in processes that share memory with the sampler.

`python -m cpo_core.sim.gymnasium <id>` prints what `describe` finds, as one line of JSON.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Any

import cloudpickle
import gymnasium
import numpy as np

from cpo_core.sim.episodes import Array
from cpo_core.sim.shared_memory import Shared
from cpo_core.tasks.base import Outcome, Task
from cpo_core.tasks.gym import GymWorld


class BadEnvironmentError(RuntimeError):
    """An environment broke its contract; the message names it and the step."""


class CostInInfo(gymnasium.Wrapper):
    """Turns Safety-Gymnasium's six values of a step (the cost third) into Gymnasium's five.

    Wrap the environment in its registration's entry point, below Gymnasium's own wrappers.
    """

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """The cost goes to `info["cost"]`."""
        result: Any = self.env.step(action)
        observation, reward, cost, terminated, truncated, info = result
        return observation, reward, terminated, truncated, {**info, "cost": cost}


def describe(id: str) -> dict[str, Any]:
    """Sizes, action range, horizon and cost names of environment `id`, or its `problem`."""
    try:
        environment = gymnasium.make(id)
    except Exception as error:  # Whatever a stranger's code raises is the answer.
        return {"problem": f"cannot be made: {error}"}
    try:
        return _described(environment, id)
    except BadEnvironmentError as error:
        return {"problem": str(error)}
    except Exception as error:
        problem = f"cannot be reset and stepped: {type(error).__name__}: {error}"
        return {"problem": f"{problem}; a step gives five values (six: wrap it in CostInInfo)"}
    finally:
        environment.close()


def _described(environment: gymnasium.Env, id: str) -> dict[str, Any]:
    actions, horizon = (
        environment.action_space,
        environment.spec and environment.spec.max_episode_steps,
    )
    if not isinstance(actions, gymnasium.spaces.Box):
        raise BadEnvironmentError(f"needs a Box of actions, not {type(actions).__name__}")
    if not horizon:
        raise BadEnvironmentError("has no longest episode: register it with max_episode_steps")
    try:
        size = gymnasium.spaces.flatdim(environment.observation_space)
    except (NotImplementedError, ValueError) as error:
        raise BadEnvironmentError(f"has observations that cannot be flattened: {error}") from None
    environment.reset(seed=0)
    environment.action_space.seed(0)
    info = environment.step(environment.action_space.sample())[4]
    return {
        "observation_size": int(size),
        "low": [float(x) for x in actions.low.ravel()],
        "high": [float(x) for x in actions.high.ravel()],
        "horizon": int(horizon),
        "costs": list(_named_costs(info, id, 1)),
        "source": f"Gymnasium environment {id} ({type(environment.unwrapped).__module__})",
    }


def _named_costs(info: Mapping[str, Any], id: str, step: int) -> dict[str, float]:
    """Costs of a step by name, in the order of their names; raises BadEnvironmentError."""
    where = f"{id}, step {step}"
    if "costs" in info:
        if not isinstance(info["costs"], Mapping):
            raise BadEnvironmentError(f"{where}: info['costs'] must map names to numbers")
        found = {str(name): info["costs"][name] for name in sorted(info["costs"])}
    elif "cost" in info:
        found = {"cost": info["cost"]}
    else:
        raise BadEnvironmentError(f"{where}: info has neither 'cost' nor 'costs'")
    costs = {name: _number(value, name, where) for name, value in found.items()}
    if not costs:
        raise BadEnvironmentError(f"{where}: info['costs'] is empty; name at least one cost")
    for name, value in costs.items():
        if not math.isfinite(value) or value < 0:
            raise BadEnvironmentError(
                f"{where}: cost {name!r} is {value}; it must be a finite number, at least 0"
            )
    return costs


def _number(value: Any, name: str, where: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise BadEnvironmentError(f"{where}: cost {name!r} is {value!r}, not a number") from None


class Copies:
    """Environments `ids` of a task, in the process that calls; reads and writes `shared`."""

    def __init__(
        self, spec: Any, ids: range, costs: tuple[str, ...], shared: Shared, **options: Any
    ) -> None:
        self._name = spec if isinstance(spec, str) else spec.id
        self._costs, self._shared = costs, shared
        self.environments = {k: gymnasium.make(spec, **options) for k in ids}
        self._space = next(iter(self.environments.values())).observation_space
        self._shape = next(iter(self.environments.values())).action_space.shape
        self._steps = dict.fromkeys(ids, 0)

    def reset(self, ids: list[int]) -> None:
        """Reset environments `ids` with the seeds that lie in `shared`."""
        for k in ids:
            observation, _ = self.environments[k].reset(seed=int(self._shared.seeds[k]))
            self._steps[k] = 0
            self._see(k, observation)

    def step(self, ids: list[int]) -> None:
        """Step environments `ids` with the actions that lie in `shared`."""
        shared = self._shared
        for k in ids:
            self._steps[k] += 1
            action = shared.actions[k].reshape(self._shape)
            result: Any = self.environments[k].step(action)
            if len(result) != 5:
                raise BadEnvironmentError(
                    f"{self._name}, step {self._steps[k]}: gave {len(result)} values instead of "
                    "5; wrap it in cpo_core.sim.gymnasium.CostInInfo if the third is its cost"
                )
            observation, reward, terminated, truncated, info = result
            costs = _named_costs(info, self._name, self._steps[k])
            if tuple(costs) != self._costs:
                raise BadEnvironmentError(
                    f"{self._name}, step {self._steps[k]}: costs are {', '.join(costs)} and were "
                    f"{', '.join(self._costs)} when the run began"
                )
            if not math.isfinite(reward):
                raise BadEnvironmentError(f"{self._name}, step {self._steps[k]}: reward {reward}")
            self._see(k, observation)
            shared.rewards[k] = reward
            shared.costs[:, k] = list(costs.values())
            shared.terminated[k], shared.truncated[k] = terminated, truncated

    def close(self) -> None:
        """Close every environment."""
        for environment in self.environments.values():
            environment.close()

    def _see(self, k: int, observation: Any) -> None:
        flat: Any = gymnasium.spaces.flatten(self._space, observation)
        if not np.isfinite(flat).all():
            raise BadEnvironmentError(
                f"{self._name}, step {self._steps[k]}: an observation is not finite"
            )
        self._shared.observations[k] = flat


class ProcessWorlds:
    """Implements `cpo_core.tasks.worlds.Worlds` for `gym:<id>` tasks.

    Each copy is seeded by the sampler's generator at every reset, so that results depend neither
    on the number of processes nor on their timing.
    """

    def __init__(self, task: Task, world: GymWorld, environments: int, threads: int) -> None:
        self._name = task.name
        self._low, self._high = (x.astype(np.float32) for x in world.action_range(task))
        workers = max(1, min(threads or multiprocessing.cpu_count(), environments))
        # Not fork: the trainer has threads, and a forked thread's lock is held for ever.
        context = multiprocessing.get_context("spawn")
        self._shared = Shared.make(context, environments, task)
        self._owner = np.arange(environments) % workers
        self._rows = np.arange(environments)
        self._pipes: list[Any] = []
        self._processes = []
        for worker in range(workers):
            ours, theirs = context.Pipe()
            spec = cloudpickle.dumps(_spec(world.id))
            process = context.Process(
                target=_serve,
                args=(
                    theirs,
                    spec,
                    range(worker, environments, workers),
                    world.costs,
                    self._shared,
                ),
                daemon=True,
            )
            with _interrupts_held():
                process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def begin(self, worlds: int, rng: np.random.Generator) -> None:
        """See `Worlds`."""
        self._rows = np.arange(worlds)
        self.restart(self._rows, rng)

    def observe(self, which: Array | None = None) -> Array:
        """See `Worlds`."""
        rows = self._rows if which is None else self._rows[which]
        return self._shared.observations[rows]

    def step(self, actions: Array) -> Outcome:
        """See `Worlds`."""
        rows, shared = self._rows, self._shared
        shared.actions[rows] = np.clip(actions, self._low, self._high)
        self._do("step", rows)
        return Outcome(
            shared.rewards[rows],
            shared.costs[:, rows],
            shared.terminated[rows],
            shared.truncated[rows],
        )

    def restart(self, which: Array, rng: np.random.Generator) -> None:
        """See `Worlds`."""
        rows = self._rows[which]
        self._shared.seeds[rows] = rng.integers(2**31, size=len(rows))
        self._do("reset", rows)

    def retire(self, keep: Array) -> None:
        """See `Worlds`."""
        self._rows = self._rows[keep]

    def close(self) -> None:
        """End the processes."""
        for pipe, process in zip(self._pipes, self._processes, strict=True):
            pipe.close()
            process.join(10)
            if process.is_alive():
                process.kill()
        self._pipes, self._processes = [], []

    def _do(self, what: str, rows: Array) -> None:
        owners = self._owner[rows]
        asked = [k for k in range(len(self._pipes)) if (owners == k).any()]
        problems = [self._tell(k, what, rows[owners == k].tolist()) for k in asked]
        problems = [told or self._hear(k) for k, told in zip(asked, problems, strict=True)]
        problem = next((p for p in problems if p), None)
        if problem:
            raise BadEnvironmentError(problem)

    def _tell(self, worker: int, what: str, ids: list[int]) -> str | None:
        try:
            self._pipes[worker].send((what, ids))
        except OSError:
            return self._end_of(worker)
        return None

    def _hear(self, worker: int) -> str | None:
        try:
            return self._pipes[worker].recv()
        except (EOFError, OSError):
            return self._end_of(worker)

    def _end_of(self, worker: int) -> str:
        """What to say of a process that is gone; what it said itself went to standard error."""
        process = self._processes[worker]
        process.join(5)
        code = process.exitcode
        problem = f"{self._name}: an environment's process ended by itself (exit code {code})"
        if code == 1:
            problem += '; a script that trains needs `if __name__ == "__main__":` around it'
        return problem


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """A process started in here never sees Ctrl-C, not even before it can ignore it.

    Ctrl-C goes to the whole group of processes: the trainer ends the iteration under way and
    saves, for which it needs its environments.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # Starting it would let signals through again.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _spec(id: str) -> Any:
    """The registered spec, which travels to processes that know nothing of the registration."""
    return gymnasium.registry.get(id, id)


def _serve(
    pipe: Connection, spec: bytes, ids: range, costs: tuple[str, ...], shared: Shared
) -> None:
    """The life of a process: does as told until the pipe closes; answers None or a problem."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    copies: Copies | None = None
    while True:
        try:
            what, which = pipe.recv()
        except (EOFError, OSError):
            break
        try:
            if copies is None:
                copies = Copies(cloudpickle.loads(spec), ids, costs, shared)
            getattr(copies, what)(which)
            pipe.send(None)
        except BadEnvironmentError as error:
            pipe.send(str(error))
        except Exception as error:  # Whatever a stranger's code raises is told to the sampler.
            pipe.send(f"{getattr(copies, '_name', 'environment')}: {type(error).__name__}: {error}")
    if copies is not None:
        copies.close()


class DrawnEnvironment:
    """One environment in this process that draws itself: a DrawableWorld."""

    every = 1

    def __init__(self, task: Task, world: GymWorld) -> None:
        self._low, self._high = (x.astype(np.float32) for x in world.action_range(task))
        self._shared = Shared.make(None, 1, task)
        self._copies = Copies(
            _spec(world.id), range(1), world.costs, self._shared,
            render_mode="rgb_array",
        )  # fmt: skip
        self._environment = self._copies.environments[0]
        self.fps = int(self._environment.metadata.get("render_fps") or 25)
        self.worlds = self

    def begin(self, worlds: int, rng: np.random.Generator) -> None:
        """Begin an episode; there is one world."""
        self._shared.seeds[0] = rng.integers(2**31)
        self._copies.reset([0])

    def observe(self, which: Array | None = None) -> Array:
        """(1, observation size) float32."""
        return self._shared.observations.copy()

    def step(self, actions: Array) -> Outcome:
        """Step it."""
        shared = self._shared
        shared.actions[:] = np.clip(actions, self._low, self._high)
        self._copies.step([0])
        return Outcome(shared.rewards, shared.costs, shared.terminated, shared.truncated)

    def restart(self, which: Array, rng: np.random.Generator) -> None:
        """Begin another episode."""
        self.begin(1, rng)

    def retire(self, keep: Array) -> None:
        """There is nothing to go on with."""

    def picture(self, alarm: bool) -> Array:
        """(height, width, 3) uint8, sides even; raises BadEnvironmentError when it gives none."""
        pixels: Any = self._environment.render()
        if not isinstance(pixels, np.ndarray) or pixels.ndim != 3:
            raise BadEnvironmentError("the environment draws nothing in render_mode 'rgb_array'")
        return pixels[: len(pixels) // 2 * 2, : pixels.shape[1] // 2 * 2, :3]

    def state(self) -> dict[str, Any]:
        """A foreign environment's state is its own affair."""
        return {}

    def stage(self) -> None:
        """So are its shapes."""
        return

    def close(self) -> None:
        """Close it."""
        self._copies.close()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(describe(sys.argv[1])) + "\n")
