"""Foreign environments: described, stepped in processes, and held to their contract."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from cpo_core.networks.distributions.gaussian import Gaussian
from cpo_core.sim.gymnasium import BadEnvironmentError, CostInInfo
from cpo_core.sim.sampler import Sampler
from cpo_core.spec import registry
from cpo_core.spec.config import make_config
from cpo_core.spec.parameters import ConfigError
from cpo_core.tasks import gym
from tests.core.sim.environments import Counter, Killed, Six


@pytest.fixture
def register():
    """`register(id, entry_point, **kwargs)`; undone after the test."""
    made = []

    def add(id: str, entry_point: Any, steps: int | None = 20, **kwargs: Any) -> str:
        gymnasium.register(id, entry_point=entry_point, max_episode_steps=steps, kwargs=kwargs)
        made.append(id)
        return f"gym:{id}"

    yield add
    for name in made:
        del gymnasium.registry[name]


class _Still:
    def __init__(self, actions: int, std: float = 1.0) -> None:
        self.log_std = np.full(actions, np.log(std), np.float32)

    def mean(self, observations: np.ndarray) -> np.ndarray:
        """Zero."""
        return np.zeros((len(observations), len(self.log_std)), np.float32)

    def act(self, observations: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Gaussian about `mean`."""
        means = self.mean(observations)
        return Gaussian(means.shape[1]).sample(means, self.log_std, generator)


def _collect(name: str, *, threads: int = 1, environments: int = 4, steps: int = 160):
    task = registry.find_task(name)
    sampler = Sampler(task, environments=environments, threads=threads, seed=0)
    try:
        return sampler.collect(_Still(task.action_size, std=9.0), steps)
    finally:
        sampler.close()


def test_a_registered_environment_is_a_task_with_sizes_and_costs(register) -> None:
    task = registry.find_task(register("Two-v0", Counter, cost={"b": 1, "a": 2.5}))
    assert (task.observation_size, task.action_size, task.horizon) == (2, 3, 20)
    assert [cost.name for cost in task.costs] == ["a", "b"]
    assert make_config(task.name, limits={"a": 3}).limits == {"a": 3.0, "b": 25.0}


def test_steps_episodes_and_costs_are_the_environments(register) -> None:
    batch = _collect(register("Plain-v0", Counter, cost={"b": 1, "a": 2.5}))
    assert set(batch.lengths) == {7}, "it cuts its own episodes short after 7 steps"
    assert not batch.terminated.any()
    np.testing.assert_array_equal(batch.observations[:7, 0], np.arange(7))
    np.testing.assert_array_equal(batch.final_observations[:, 0], 7)
    np.testing.assert_array_equal(batch.costs[0], 2.5)
    np.testing.assert_array_equal(batch.costs[1], 1.0)
    expected = np.clip(batch.actions, -1, 2).sum(axis=1)
    np.testing.assert_allclose(batch.rewards, expected, rtol=1e-5)


def test_the_number_of_processes_changes_nothing(register) -> None:
    name = register("Alike-v0", Counter)
    one, two = _collect(name, threads=1), _collect(name, threads=2)
    for field in dataclasses.fields(one):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(two, field.name))
    assert len(np.unique(one.observations[:, 1])) == one.steps, "seeds repeat"


def test_six_values_become_five_through_the_wrapper(register) -> None:
    name = register("Wrapped-v0", lambda: CostInInfo(Six()))
    np.testing.assert_array_equal(_collect(name).costs, 2.0)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("missing", "Bad-v0, step 5: info has neither 'cost' nor 'costs'"),
        (float("nan"), "Bad-v0, step 5: cost 'cost' is nan; it must be a finite number"),
        (-0.1, r"Bad-v0, step 5: cost 'cost' is -0.1; it must be a finite number, at least 0"),
        ({"other": 1.0}, "Bad-v0, step 5: costs are other and were cost when the run began"),
    ],
    ids=["missing", "nan", "negative", "renamed"],
)
def test_a_bad_cost_names_environment_and_step(register, bad: Any, message: str) -> None:
    name = register("Bad-v0", Counter, fail_at=5, bad=bad)
    with pytest.raises(BadEnvironmentError, match=message):
        _collect(name)


def test_an_environment_without_costs_is_refused_before_a_run(register) -> None:
    with pytest.raises(ConfigError, match=r"task: gym:None-v0.*neither 'cost' nor 'costs'"):
        registry.find_task(register("None-v0", Counter, cost="missing"))


def test_an_environment_that_names_no_cost_is_refused_before_a_run(register) -> None:
    with pytest.raises(ConfigError, match=r"Empty-v0.*info\['costs'\] is empty; name at least one"):
        registry.find_task(register("Empty-v0", Counter, cost={}))


def test_an_endless_environment_is_refused(register) -> None:
    with pytest.raises(ConfigError, match="max_episode_steps"):
        registry.find_task(register("Endless-v0", Counter, steps=None))


def test_discrete_actions_are_refused(register) -> None:
    name = register("Discrete-v0", Counter, space=gymnasium.spaces.Discrete(3))
    with pytest.raises(ConfigError, match="needs a Box of actions, not Discrete"):
        registry.find_task(name)


def test_six_values_without_the_wrapper_are_refused_before_a_run(register) -> None:
    with pytest.raises(ConfigError, match=r"gym:Six-v0: cannot be .* wrap it in CostInInfo"):
        registry.find_task(register("Six-v0", Six))


def test_an_environment_that_is_installed_later_is_found(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(gym, "REFUSED_SECONDS", 0.0)
    with pytest.raises(ConfigError, match="later_worlds"):
        registry.find_task("gym:later_worlds:Later-v0")
    (tmp_path / "later_worlds.py").write_text(
        "import gymnasium\n"
        "from tests.core.sim.environments import Counter\n"
        "gymnasium.register('Later-v0', entry_point=Counter, max_episode_steps=5)\n"
    )
    task = registry.find_task("gym:later_worlds:Later-v0")
    (tmp_path / "later_worlds.py").unlink()
    assert registry.find_task("gym:later_worlds:Later-v0") == task, "a success is not kept"


def test_an_unknown_environment_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"gym:NoSuchThing-v0.*NoSuchThing"):
        registry.find_task("gym:NoSuchThing-v0")


def test_a_cost_that_is_no_number_names_the_environment_and_the_step(register) -> None:
    name = register("Raises-v0", Counter, fail_at=3, bad={"cost": "not a number"})
    with pytest.raises(
        BadEnvironmentError, match="Raises-v0, step 3: cost 'cost' is 'not a number'"
    ):
        _collect(name)


def test_a_process_that_dies_in_a_step_is_told_with_environment_and_exit_code(register) -> None:
    name = register("Killed-v0", Killed)
    message = r"^gym:Killed-v0: an environment's process ended by itself \(exit code -9\)$"
    with pytest.raises(BadEnvironmentError, match=message):
        _collect(name, threads=2)


def test_a_process_that_died_between_batches_is_told_too(register) -> None:
    task = registry.find_task(register("Gone-v0", Counter))
    worlds = task.world.worlds(task, 2, 2)
    worlds.begin(2, np.random.default_rng(0))
    for process in worlds._processes:
        process.kill()
        process.join()
    with pytest.raises(BadEnvironmentError, match=r"gym:Gone-v0: .* \(exit code -9\)"):
        worlds.step(np.zeros((2, 3), np.float32))
    worlds.close()


def test_a_run_that_fails_before_its_first_iteration_leaves_no_process(register) -> None:
    from cpo_core.training.loop import Training

    name = register("Early-v0", Counter, fail_at=2, bad=float("nan"))
    config = make_config(name, batch_size=200, threads=2)
    assert config.normalize_observations, "it fails while the first observations are gathered"
    with pytest.raises(BadEnvironmentError, match="Early-v0, step 2"):
        Training(config)
    assert multiprocessing.active_children() == []


def test_ctrl_c_reaches_the_trainer_and_leaves_it_its_environments(tmp_path: Path) -> None:
    """A terminal sends SIGINT to the whole group of processes."""
    command = [sys.executable, "-m", "cpo_core", "train", "--iterations", "100000",
               "--task", "gym:costline_corridor:Corridor-v0", "--batch-size", "400",
               "--environments", "4", "--threads", "2", "--out", str(tmp_path)]  # fmt: skip
    example = Path(__file__).parents[3] / "examples" / "costline-corridor"
    environment = {**os.environ, "PYTHONPATH": str(example), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        said = child.stdout.readline()
        assert "return" in said, said + child.stdout.read()
        os.killpg(child.pid, signal.SIGINT)
        rest = child.stdout.read()
        assert child.wait(60) == 130, rest
    assert "Traceback" not in rest
    assert len(list((tmp_path / "checkpoints").glob("*.ckpt"))) >= 1
