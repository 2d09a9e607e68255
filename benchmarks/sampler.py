"""Speed of the sampler over the raw physics of the same body: one JSON line per task.

    python -m benchmarks.sampler [task ...] [--threads T] [--repeats R]

Both are measured in turn in one run, medians of R. The value is sampled steps per second over raw
steps per second, wall clock; `cpu_ratio` the same in processor seconds, which other programs on the
machine disturb less. The raw physics is `mujoco.batch.Batch` alone: as many worlds as the sampler
has, all of them in play, random controls written in place, as many ticks as the sampled episodes
last. For the kinematic points it is a minimal MuJoCo point.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import mujoco
import numpy as np
from mujoco.batch import Batch

from benchmarks.figures import Seconds, clocked, median, ratio, say
from cpo_core.networks.policy import Policy
from cpo_core.networks.shards import available_threads
from cpo_core.sim.models import load_model, start_state
from cpo_core.sim.sampler import Sampler, even_share
from cpo_core.spec import registry
from cpo_core.tasks.base import Task
from cpo_core.tasks.bodies import Body

BATCHES = {
    "ant-circle": 100_000,
    "ant-gather": 100_000,
    "humanoid-circle": 50_000,
    "ant-velocity": 20_000,
    "humanoid-velocity": 20_000,
    "half-cheetah-velocity": 20_000,
    "point-circle": 50_000,
    "point-gather": 50_000,
}

POINT = """
<mujoco><option timestep="0.02"/><worldbody><body>
  <joint name="x" type="slide" axis="1 0 0"/><joint name="y" type="slide" axis="0 1 0"/>
  <joint name="h" type="hinge" axis="0 0 1"/><geom size="0.5"/>
</body></worldbody><actuator><motor joint="x"/><motor joint="h"/></actuator></mujoco>
"""

TARGETS = {"ant-circle": ">= 0.85", "humanoid-circle": ">= 0.85"} | dict.fromkeys(
    ("point-circle", "point-gather"), ">= 0.5"
)


def raw_physics(task: Task, worlds: int, ticks: int, std: float, threads: int) -> Callable[[], int]:
    """A run of nothing but `ticks` policy steps of the body in all `worlds`."""
    body = task.world.body
    if isinstance(body, Body):
        model, skip, (qpos, _) = load_model(body), body.frame_skip, start_state(load_model(body))
    else:
        model, skip = mujoco.MjModel.from_xml_string(POINT), 1  # pyright: ignore
        qpos = model.qpos0
    batch = Batch(model, worlds, threads)
    controls = batch.bind("ctrl")
    low, high = model.actuator_ctrlrange.T if isinstance(body, Body) else (-1.0, 1.0)
    drawn = std * np.random.default_rng(0).standard_normal((ticks, *controls.shape))
    drawn = np.clip(drawn, low, high)

    def run() -> int:
        batch.reset()
        batch.bind("qpos")[:] = qpos
        for tick in range(ticks):
            controls[:] = drawn[tick]
            batch.step(nstep=skip)
        return worlds * ticks

    return run


def measure(name: str, threads: int, repeats: int, std: float = 0.5) -> None:
    """Print the figure of one task; see the module."""
    task, size = registry.find_task(name), BATCHES.get(name, 20_000)
    policy = Policy.initial(
        task.observation_size, task.action_size, np.random.default_rng(0),
        hidden=(64, 64), std=std, last_layer_scale=0.1,
    ).numpy()  # fmt: skip
    sampler = Sampler(task, environments=0, threads=threads, seed=0)
    batch = sampler.collect(policy, size)
    worlds = even_share(size, task.environments, task.horizon)
    ticks = max(10, round(batch.steps / batch.episodes))
    raw = raw_physics(task, worlds, ticks, std, threads)
    raw()
    sampled, physics = [], []
    for _ in range(repeats):
        steps: list[int] = []
        spent = clocked(lambda kept=steps: kept.append(sampler.collect(policy, size).steps))
        sampled.append(Seconds(spent.wall / steps[0], spent.cpu / steps[0]))
        spent = clocked(raw)
        physics.append(Seconds(spent.wall / (worlds * ticks), spent.cpu / (worlds * ticks)))
    sampler.close()
    of_ours, of_physics, ratios = median(sampled), median(physics), ratio(physics, sampled)
    say(
        f"sampler over raw physics, {name}", ratios.wall, "ratio", target=TARGETS.get(name, ""),
        cpu_ratio=ratios.cpu, steps_per_second=1 / of_ours.wall,
        raw_steps_per_second=1 / of_physics.wall, cpu_us_per_step=1e6 * of_ours.cpu,
        raw_cpu_us_per_step=1e6 * of_physics.cpu, worlds=worlds, batch=batch.steps,
        episode_length=batch.steps / batch.episodes, threads=threads, repeats=repeats,
    )  # fmt: skip


def main() -> None:
    """Print one line per task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="*", default=list(BATCHES))
    parser.add_argument("--threads", type=int, default=available_threads())
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    for name in arguments.tasks or BATCHES:
        measure(name, arguments.threads, arguments.repeats)


if __name__ == "__main__":
    main()
