"""The sampler: whole episodes, fair shares, and states that continue."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import fields, replace

import numpy as np
import pytest

from cpo_core.networks.distributions.gaussian import Gaussian
from cpo_core.sim.blas import _openblas, one_blas_thread
from cpo_core.sim.sampler import Sampler, even_share
from cpo_core.spec import registry
from cpo_core.tasks.base import Outcome
from cpo_core.tasks.worlds import WorldSpec


class _Policy:
    def __init__(self, actions: int, std: float = 1.0) -> None:
        self.log_std = np.full(actions, np.log(std), np.float32)

    def mean(self, observations: np.ndarray) -> np.ndarray:
        """Something that depends on what is seen."""
        return np.tanh(observations[:, : len(self.log_std)])

    def act(self, observations: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Gaussian about `mean`."""
        means = self.mean(observations)
        return Gaussian(means.shape[1]).sample(means, self.log_std, generator)


def _sampler(name: str = "point-circle", environments: int = 16, seed: int = 0) -> Sampler:
    return Sampler(registry.find_task(name), environments=environments, threads=1, seed=seed)


def _equal(first, second) -> bool:
    return all(
        np.array_equal(getattr(first, f.name), getattr(second, f.name)) for f in fields(first)
    )


def test_actions_are_means_plus_noise_of_the_policys_std() -> None:
    batch = _sampler().collect(_Policy(2, std=0.3), 20_000)
    noise = (batch.actions - _Policy(2).mean(batch.observations)) / 0.3
    assert abs(noise.mean()) < 0.02
    assert noise.std() == pytest.approx(1, abs=0.02)


def test_steps_of_an_episode_follow_each_other() -> None:
    """Each observation shows the time, so a gap or a mix-up of worlds would be seen."""
    task = registry.find_task("point-circle")
    batch = _sampler().collect(_Policy(2), 8_000)
    for first, last, final in zip(
        batch.offsets[:-1], batch.offsets[1:], batch.final_observations, strict=True
    ):
        times = np.append(batch.observations[first:last, -1], final[-1]) * task.horizon
        np.testing.assert_allclose(times, np.arange(last - first + 1), atol=1e-4)


def test_the_recorded_steps_are_the_physics_of_the_recorded_actions() -> None:
    task = registry.find_task("point-circle")
    point, batch = task.world.body, _sampler().collect(_Policy(2), 3_000)
    seen = np.concatenate([batch.observations[1:], batch.final_observations[-1:]])
    seen[batch.offsets[1:] - 1] = batch.final_observations
    heading = np.arctan2(batch.observations[:, 3], batch.observations[:, 2])
    state = np.column_stack([5.0 * batch.observations[:, :2], heading])
    after = point.move(state, point.cut(batch.actions))
    np.testing.assert_allclose(after[:, :2] / 5, seen[:, :2], atol=1e-4)
    outside = (np.abs(state[:, 0]) > 2.5).astype(float)
    assert (batch.costs[0] != outside).mean() < 1e-3  # float32 at the very line


def test_the_next_batch_continues_from_the_saved_state() -> None:
    first, second = _sampler(), _sampler(seed=99)
    first.collect(_Policy(2), 2_000)
    second.load_state(json.loads(json.dumps(first.state())))
    policy = _Policy(2)
    assert _equal(first.collect(policy, 2_000), second.collect(policy, 2_000))


def test_batches_of_one_sampler_differ() -> None:
    sampler = _sampler()
    assert not _equal(sampler.collect(_Policy(2), 500), sampler.collect(_Policy(2), 500))


@pytest.mark.parametrize(
    ("batch", "environments", "horizon", "worlds"),
    [(50_000, 3334, 15, 3334), (100_000, 100, 500, 100), (1_000, 100, 500, 2), (10, 64, 500, 1),
     (50_000, 1668, 15, 1667), (20_000, 64, 1000, 20)],
)  # fmt: skip
def test_worlds_share_a_batch_in_full_episodes(batch, environments, horizon, worlds) -> None:
    assert even_share(batch, environments, horizon) == worlds


def test_full_length_episodes_fill_the_batch_with_no_more_than_a_round_of_rounding() -> None:
    batch = _sampler("point-gather", environments=1668).collect(_Policy(2), 50_000)
    assert 50_000 <= batch.steps <= 50_100


class _Coin:
    """Worlds whose episodes end with probability 1/4 a step; the last step costs 1."""

    def __init__(self) -> None:
        self._count = np.zeros(0)
        self._rng = np.random.default_rng(5)

    def begin(self, worlds, rng) -> None:
        self._count = np.zeros(worlds)

    def observe(self, which=None) -> np.ndarray:
        count = self._count if which is None else self._count[which]
        return count[:, None].astype(np.float32)

    def step(self, actions) -> Outcome:
        self._count += 1
        ends = self._rng.random(len(self._count)) < 0.25
        return Outcome(self._count.copy(), ends[None].astype(float), ends)

    def restart(self, which, rng) -> None:
        self._count[which] = 0

    def retire(self, keep) -> None:
        self._count = self._count[keep]

    def close(self) -> None:
        """Nothing."""


class _CoinWorld(WorldSpec):
    def worlds(self, task, environments, threads) -> _Coin:
        return _Coin()


def _coins(horizon: int):
    return replace(
        registry.find_task("point-circle"), name="coin", world=_CoinWorld(), horizon=horizon,
        shortest_horizon=None, observation_size=1, action_size=1,
    )  # fmt: skip


def test_means_over_episodes_are_not_biased_by_where_a_batch_ends() -> None:
    """Cutting late episodes off, or keeping those that end in time, would shorten them by 10 %."""
    sampler = Sampler(_coins(20), environments=50, threads=1, seed=0)
    lengths = np.concatenate([sampler.collect(_Policy(1), 1_000).lengths for _ in range(60)])
    expected = (1 - 0.75**20) / 0.25
    assert lengths.mean() == pytest.approx(expected, abs=4 * np.sqrt(12 / len(lengths)))


def test_terminal_observations_are_of_the_episode_that_ended() -> None:
    batch = Sampler(_coins(200), environments=7, threads=1, seed=0).collect(_Policy(1), 900)
    np.testing.assert_array_equal(batch.final_observations[:, 0], batch.lengths)
    assert batch.episode_sums(batch.costs)[0].tolist() == [1.0] * batch.episodes
    assert batch.terminated.all()


def test_matrix_products_stay_on_one_thread_only_while_sampling() -> None:
    found = _openblas()
    if found is None:
        pytest.skip("NumPy carries no OpenBLAS here")
    get, set_ = found
    before = get()
    set_(2)
    with one_blas_thread():
        assert get() == 1
    assert get() == 2
    set_(before)


def test_both_groups_of_mujoco_worlds_continue_from_the_saved_state() -> None:
    task = replace(registry.find_task("ant-circle"), horizon=20)
    first, second = (
        Sampler(task, environments=5, threads=threads, seed=seed)
        for threads, seed in ((2, 0), (1, 9))
    )
    first.collect(_Policy(8), 100)
    second.load_state(json.loads(json.dumps(first.state())))
    batch = first.collect(_Policy(8), 100)
    assert _equal(batch, second.collect(_Policy(8), 100))
    assert (batch.episodes, batch.steps) == (5, 100)
    assert len(np.unique(batch.observations[batch.offsets[:-1]], axis=0)) == 5
    first.close()
    second.close()


def test_one_episode_is_one_world_of_one_group() -> None:
    task = replace(registry.find_task("ant-circle"), horizon=20)
    sampler = Sampler(task, environments=5, threads=2, seed=0)
    assert sampler.collect(_Policy(8), 7).episodes == 1
    sampler.close()


def test_an_odd_number_of_threads_is_shared_out_whole() -> None:
    with closing(
        Sampler(registry.find_task("ant-circle"), environments=5, threads=5, seed=0)
    ) as sampler:
        assert [group._threads for group in sampler._groups] == [3, 2]
