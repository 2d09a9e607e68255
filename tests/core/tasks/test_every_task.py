"""What holds of every task: a new task is tested by existing."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import subprocess
import sys

import numpy as np
import pytest

import cpo_core.tasks
from cpo_core.networks.distributions.gaussian import Gaussian
from cpo_core.sim.sampler import Sampler
from cpo_core.spec import registry
from cpo_core.spec.config import make_config

TASKS = registry.tasks()


class _Wild:
    """A policy that ignores what it sees; noise of twice the usual size."""

    def __init__(self, actions: int) -> None:
        self.log_std = np.full(actions, np.log(2.0), np.float32)

    def mean(self, observations: np.ndarray) -> np.ndarray:
        """Zero, whatever `observations`."""
        return np.zeros((len(observations), len(self.log_std)), np.float32)

    def act(self, observations: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Gaussian about `mean`."""
        means = self.mean(observations)
        return Gaussian(means.shape[1]).sample(means, self.log_std, generator)


def _short(name: str):
    """The task with a horizon that a test can afford."""
    task = TASKS[name]
    if task.shortest_horizon is not None or task.horizon <= 60:
        return task
    return dataclasses.replace(task, horizon=60)


def _batch(name: str, *, seed: int = 0, threads: int = 1, environments: int = 8):
    task = _short(name)
    sampler = Sampler(task, environments=environments, threads=threads, seed=seed)
    batch = sampler.collect(_Wild(task.action_size), 16 * task.horizon)
    sampler.close()
    return task, batch


@pytest.mark.parametrize("name", TASKS)
def test_shapes_are_as_declared_and_numbers_are_finite(name: str) -> None:
    task, batch = _batch(name)
    assert batch.observations.shape == (batch.steps, task.observation_size)
    assert batch.actions.shape == (batch.steps, task.action_size)
    assert batch.costs.shape == (len(task.costs), batch.steps)
    assert batch.final_observations.shape == (batch.episodes, task.observation_size)
    assert batch.observations.dtype == batch.actions.dtype == np.float32
    assert batch.rewards.dtype == batch.costs.dtype == np.float64
    for values in (batch.observations, batch.rewards, batch.costs, batch.final_observations):
        assert np.isfinite(values).all()
    assert (batch.costs >= 0).all()
    assert batch.rewards.std() > 0
    assert (batch.observations.std(axis=0) > 0).sum() >= task.observation_size // 2


@pytest.mark.parametrize("name", TASKS)
def test_episodes_are_whole_and_end_by_rule_or_horizon(name: str) -> None:
    task, batch = _batch(name)
    assert batch.offsets[0] == 0
    assert batch.offsets[-1] == batch.steps >= 16 * task.horizon * 0.9
    assert (batch.lengths >= 1).all()
    assert (batch.lengths <= task.horizon).all()
    cut = batch.lengths[~batch.terminated]
    assert (cut >= (task.shortest_horizon or task.horizon)).all()


@pytest.mark.parametrize("name", TASKS)
def test_the_same_seed_gives_the_same_batch_on_any_number_of_threads(name: str) -> None:
    _, first = _batch(name, threads=1)
    _, second = _batch(name, threads=2)
    for field in dataclasses.fields(first):
        np.testing.assert_array_equal(getattr(first, field.name), getattr(second, field.name))


@pytest.mark.parametrize("name", TASKS)
def test_another_seed_gives_another_batch(name: str) -> None:
    _, first = _batch(name)
    _, second = _batch(name, seed=1)
    assert not np.array_equal(first.observations[:10], second.observations[:10])


@pytest.mark.parametrize("name", TASKS)
def test_every_episode_starts_near_the_same_place_but_not_in_it(name: str) -> None:
    _, batch = _batch(name)
    starts = batch.observations[batch.offsets[:-1]]
    assert len(np.unique(starts, axis=0)) == len(starts)
    assert np.abs(starts - starts.mean(axis=0)).max() < 10


@pytest.mark.parametrize("name", TASKS)
def test_the_record_is_complete(name: str) -> None:
    task = TASKS[name]
    assert task.title
    assert task.summary
    assert task.source
    assert task.deviations
    assert len({cost.name for cost in task.costs}) == len(task.costs) >= 1
    assert all(cost.limit > 0 and cost.title and cost.help for cost in task.costs)
    assert "default" in task.presets


@pytest.mark.parametrize(("name", "preset"), [(n, p) for n, t in TASKS.items() for p in t.presets])
def test_every_preset_is_a_valid_configuration(name: str, preset: str) -> None:
    config = make_config(name, preset=preset)
    assert set(config.limits) == {cost.name for cost in TASKS[name].costs}


def test_the_papers_five_tasks_have_the_papers_parameters() -> None:
    table = {
        "point-circle": (50_000, 65, 5.0, 1.0, 1.0, 5, 25),
        "ant-circle": (100_000, 500, 10.0, 0.5, 1.0, 20, 25),
        "humanoid-circle": (50_000, 1000, 10.0, 0.5, 1.0, 20, 25),
        "point-gather": (50_000, 15, 0.1, 1.0, 0.0, None, None),
        "ant-gather": (100_000, 500, 0.2, 0.5, 0.01, 20, 10),
    }
    for name, (batch, horizon, limit, lam, alpha, shaping, steps) in table.items():
        config = make_config(name, preset="paper")
        assert TASKS[name].horizon == horizon
        assert (config.batch_size, config.cost_lam, config.shaping_alpha) == (batch, lam, alpha)
        assert (config.gamma, config.lam, config.delta) == (0.995, 0.95, 0.01)
        assert (config.hidden, config.value_hidden) == ((64, 32), (64, 32))
        assert list(config.limits.values()) == [limit]
        assert config.cross_fit_folds == 1
        if shaping is not None:
            assert (config.shaping_horizon, config.shaping_steps) == (shaping, steps)


def test_task_modules_load_neither_torch_nor_mujoco_nor_gymnasium() -> None:
    modules = [f"cpo_core.tasks.{m.name}" for m in pkgutil.iter_modules(cpo_core.tasks.__path__)]
    assert all(importlib.util.find_spec(module) for module in modules)
    code = (
        f"import sys; [__import__(m) for m in {modules}];"
        "sys.exit(', '.join({'torch', 'mujoco', 'gymnasium'} & set(sys.modules)) or 0)"
    )
    root = str(next(iter(cpo_core.__path__)))
    child = subprocess.run(
        [sys.executable, "-c", code], cwd=f"{root}/..", check=False, capture_output=True, text=True
    )
    assert child.returncode == 0, child.stderr


def test_a_task_without_costs_is_refused_by_name() -> None:
    task = registry.find_task("point-circle")
    with pytest.raises(ValueError, match="point-circle: a task has at least one cost"):
        dataclasses.replace(task, costs=())
