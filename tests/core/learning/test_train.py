"""Training as a whole, on the real Point-Circle with small batches."""

from __future__ import annotations

import dataclasses
import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cpo_core.networks.policy import Policy
from cpo_core.spec.config import TrainConfig, make_config
from cpo_core.spec.reports import (
    CheckpointSaved,
    Event,
    IterationReport,
    TrainingFinished,
    TrainingStarted,
    columns,
)
from cpo_core.training import checkpoint
from cpo_core.training.loop import Training, TrainingError, train
from cpo_core.training.state import State

FULL = {
    "cross_fit_folds": 2,
    "correction_gain": 0.1,
    "shaping_alpha": 0.5,
    "shaping_steps": 3,
    "normalize_observations": True,
}
"""Everything that carries state from iteration to iteration."""


def _config(task: str = "point-circle", **overrides: Any) -> TrainConfig:
    values = {"iterations": 4, "batch_size": 1500, "threads": 1, "checkpoint_every": 1}
    return make_config(task, **{**values, **overrides})


def _rows(reports: Any) -> list[dict[str, Any]]:
    """Columns without those that tell of the clock."""
    return [
        {name: value for name, value in columns(report).items() if "seconds" not in name}
        for report in reports
    ]


def _same(one: State, two: State) -> bool:
    plain = (checkpoint._plain(one) == checkpoint._plain(two)) or str(
        checkpoint._plain(one)
    ) == str(checkpoint._plain(two))
    first, second = checkpoint._tensors(one), checkpoint._tensors(two)
    return plain and all(np.array_equal(first[name], second[name]) for name in first)


def _mean_kl(old: Policy, new: Policy, observations: Any) -> float:
    """Mean KL(new || old), as PyTorch's distributions know it."""
    seen = [(p.outputs(observations), np.exp(p.extras)) for p in (old.numpy(), new.numpy())]
    one, two = (
        torch.distributions.Normal(torch.tensor(mean).double(), torch.tensor(std).double())
        for mean, std in seen
    )
    return float(torch.distributions.kl_divergence(two, one).sum(1).mean())


def test_events_come_in_order_and_checkpoints_after_they_are_on_disk(tmp_path: Path) -> None:
    seen: list[Event] = []

    def listen(event: Event) -> None:
        if isinstance(event, CheckpointSaved):
            assert Path(event.path).stat().st_size == event.size
        seen.append(event)

    result = train(_config(iterations=3, checkpoint_every=2), listen, directory=tmp_path)
    kinds = [type(event).__name__ for event in seen]
    report, saved = "IterationReport", "CheckpointSaved"
    expected = ["TrainingStarted", report, report, saved, report, saved, "TrainingFinished"]
    assert kinds == expected
    assert [e.iteration for e in seen if isinstance(e, IterationReport)] == [1, 2, 3]
    names = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert names == ["000002.ckpt", "000003.ckpt"]
    assert result.completed
    assert result.checkpoint == tmp_path / "checkpoints" / "000003.ckpt"


TWO, THREE = {"task": "point-circle-two-costs"}, {"task": "point-circle-three-costs"}


@pytest.mark.parametrize("options", [{}, FULL, {"algorithm": "pdo"}, {**FULL, **TWO}])
@pytest.mark.parametrize("stop_after", [1, 3])
def test_a_resumed_run_is_bit_for_bit_the_uninterrupted_one(
    tmp_path: Path, options: dict[str, Any], stop_after: int
) -> None:
    config = _config(**options)
    whole = train(config, directory=tmp_path / "whole")
    asked: list[int] = []
    first = train(
        config,
        lambda event: asked.append(1) if isinstance(event, IterationReport) else None,
        lambda: len(asked) == stop_after,
        directory=tmp_path / "parts",
    )
    assert not first.completed
    assert first.checkpoint is not None
    started: list[int] = []
    second = train(
        config,
        lambda e: started.append(e.resumed_iteration) if isinstance(e, TrainingStarted) else None,
        directory=tmp_path / "parts",
        resume=first.checkpoint,
    )
    assert started == [stop_after]
    assert _rows(first.reports + second.reports) == _rows(whole.reports)
    assert whole.checkpoint is not None
    assert second.checkpoint is not None
    ends = [checkpoint.load(path).state for path in (whole.checkpoint, second.checkpoint)]
    assert _same(*ends)


def test_results_do_not_depend_on_threads() -> None:
    rows = [_rows(train(_config(threads=n, batch_size=9000, **FULL)).reports) for n in (1, 2)]
    assert rows[0] == rows[1]


def test_the_seed_decides_the_run() -> None:
    one, again, other = (train(_config(iterations=1, seed=s)).reports for s in (1, 1, 2))
    assert _rows(one) == _rows(again)
    assert _rows(one) != _rows(other)


@pytest.mark.parametrize("options", [{}, {"cross_fit_folds": 2}, FULL, TWO, {**FULL, **THREE}])
def test_every_update_keeps_the_trust_region_and_the_margins(
    options: dict[str, Any], monkeypatch: Any
) -> None:
    """T5; the KL is recomputed from the policies before and after each update of a real run."""
    config = _config(iterations=8, **options)
    with Training(config) as training:
        batches, collect = [], training._collect
        monkeypatch.setattr(training, "_collect", lambda: batches.append(collect()) or batches[-1])
        for _ in range(config.iterations):
            before = training.state
            report = training.iterate()
            # Newer statistics then clip far-out observations elsewhere, which is no part of a step.
            if not config.normalize_observations:
                kl = _mean_kl(before.policy, training.state.policy, batches[-1].observations)
                assert kl <= config.delta * (1 + 1e-4)  # parameters are of single precision
            assert report.kl <= config.delta * (1 + 1e-6)
            assert all(cost.surrogate <= max(-cost.excess, 0.0) for cost in report.costs)
            if not report.accepted:
                assert np.array_equal(before.policy.theta, training.state.policy.theta)
            elif all(cost.excess <= 0 for cost in report.costs):
                assert report.surrogate_return > 0


def test_a_rejected_update_leaves_the_parameters_bit_for_bit(monkeypatch: Any) -> None:
    """T5: no candidate is good enough when KL must be below zero."""
    from cpo_core.training.surrogate import Surrogates

    real = Surrogates.evaluate
    monkeypatch.setattr(
        Surrogates,
        "evaluate",
        lambda self, x: dataclasses.replace(real(self, x), kl=math.inf),
    )
    # Over the limit, and near enough for one step to be back: not a recovery.
    config = _config(correction_gain=0.5, limits={"outside": 26.0}, normalize_observations=True)
    with Training(config) as training:
        before, seen = training.state.policy.theta.clone(), training.state.policy.statistics
        report = training.iterate()
    assert not report.accepted
    assert report.case == "recoverable"
    # Nothing moved, so the excess says nothing of how well the model's promises are kept.
    assert training.state.corrections == (0.0,)
    assert report.step_fraction == 0.0
    assert np.array_equal(before, training.state.policy.theta)
    assert training.state.policy.statistics is seen


def test_corrections_wait_for_long_recoveries_but_count_a_single_one(monkeypatch: Any) -> None:
    """Noise makes single recoveries where a batch reads high: leaving those out is a bias."""
    cases = iter(["recovery", "recovery", "boundary", "recovery", "recovery"])
    with Training(_config(correction_gain=0.1, limits={"outside": 20.0})) as training:
        update = training.algorithm.update
        monkeypatch.setattr(
            training.algorithm,
            "update",
            lambda *given: dataclasses.replace(update(*given), case=next(cases), accepted=True),
        )
        found, expected = [], 0.0
        for grows in (False, False, True, True, False):
            (cost,) = training.iterate().costs
            expected += 0.1 * (cost.mean - 20.0) if grows else 0.0
            found.append((training.state.corrections[0], expected))
    assert expected > 0
    for correction, wanted in found:
        assert correction == pytest.approx(wanted)


@pytest.mark.parametrize("limit", [0.0, 1e9])
def test_limits_that_never_or_always_hold_give_finite_reports(limit: float) -> None:
    """T6: every cost far from its limit, on either side."""
    for report in train(_config(limits={"outside": limit})).reports:
        numbers = [v for v in columns(report).values() if isinstance(v, float)]
        assert all(math.isfinite(v) for v in numbers)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_batches_whose_costs_are_all_the_same_are_survived(level: float, monkeypatch: Any) -> None:
    """T6: all-zero and all-one costs carry no direction, c may be exactly zero or hopeless."""
    collect = Training._collect

    def collected(self: Training) -> Any:
        batch = collect(self)
        return dataclasses.replace(batch, costs=np.full_like(batch.costs, level))

    monkeypatch.setattr(Training, "_collect", collected)
    for limit in (0.0, 57.0):
        for report in train(_config(iterations=2, limits={"outside": limit})).reports:
            numbers = [v for v in columns(report).values() if isinstance(v, float)]
            assert all(math.isfinite(v) for v in numbers)


def test_a_batch_without_a_finished_episode_defers_the_update_and_then_says_so(
    monkeypatch: Any,
) -> None:
    """T6: no episode, no J_C: never zero, never NaN."""
    from cpo_core.sim.sampler import Sampler

    real, calls = Sampler.collect, []

    def empty(self: Sampler, policy: Any, size: int) -> Any:
        batch = real(self, policy, size)
        calls.append(size)
        if len(calls) > 1:
            return batch
        nothing = np.zeros((0, 5), np.float32)
        return dataclasses.replace(
            batch,
            observations=nothing,
            rewards=np.zeros(0),
            costs=np.zeros((1, 0)),
            offsets=np.zeros(1, np.int64),
        )

    monkeypatch.setattr(Sampler, "collect", empty)
    (report,) = train(_config(iterations=1)).reports
    assert len(calls) == 2
    assert report.episodes > 0
    assert report.costs[0].mean > 0


@pytest.mark.parametrize("warm_up", [False, True])
@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("rewards", math.nan, "a reward"),
        ("costs", -1.0, "a cost 'outside'"),
        ("observations", math.inf, "observations that are not finite"),
        ("final_observations", math.nan, "observations that are not finite"),
    ],
)
def test_bad_data_of_a_task_stops_training_by_name(
    field: str, value: float, said: str, warm_up: bool, monkeypatch: Any
) -> None:
    from cpo_core.sim.sampler import Sampler

    real = Sampler.collect

    def spoiled(self: Sampler, policy: Any, size: int) -> Any:
        batch = real(self, policy, size)
        getattr(batch, field)[..., 3] = value
        return batch

    monkeypatch.setattr(Sampler, "collect", spoiled)
    with pytest.raises(TrainingError, match=f"point-circle: gave {said}"):
        train(_config(iterations=1, normalize_observations=warm_up))


def test_stopping_writes_a_checkpoint_and_says_that_the_run_is_not_complete(
    tmp_path: Path,
) -> None:
    seen: list[Event] = []
    result = train(_config(checkpoint_every=100), seen.append, lambda: True, directory=tmp_path)
    assert [type(event).__name__ for event in seen[-2:]] == ["CheckpointSaved", "TrainingFinished"]
    assert isinstance(seen[-1], TrainingFinished)
    assert not seen[-1].completed
    assert result.iteration == 1


def test_a_stop_that_comes_with_the_last_iteration_changes_nothing(tmp_path: Path) -> None:
    result = train(_config(iterations=1), None, lambda: True, directory=tmp_path)
    assert result.completed
    assert result.checkpoint == tmp_path / "checkpoints" / "000001.ckpt"


def test_training_gives_torch_its_threads_back() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        train(_config(iterations=1))
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_shaped_and_true_cost_are_both_reported() -> None:
    reports = train(_config(shaping_alpha=1.0)).reports
    assert [r.costs[0].shaped == pytest.approx(r.costs[0].mean) for r in reports[:2]] == [True] * 2
    last = reports[-1].costs[0]
    assert last.shaped is not None
    assert last.shaped > last.mean
    assert last.excess == pytest.approx(last.shaped - last.limit)


def test_a_cost_under_its_limit_is_not_corrected_below_zero() -> None:
    reports = train(_config(correction_gain=0.5, limits={"outside": 1e6})).reports
    assert all(report.costs[0].correction == 0.0 for report in reports)


@pytest.mark.parametrize("algorithm", ["trpo", "pdo", "fpo"])
def test_the_correction_stays_zero_for_algorithms_that_do_not_keep_limits(algorithm: str) -> None:
    """The primal-dual baseline would otherwise integrate the excess twice."""
    reports = train(_config(correction_gain=0.5, algorithm=algorithm, iterations=2)).reports
    assert all(r.costs[0].correction == 0.0 for r in reports)
    assert reports[1].costs[0].excess == pytest.approx(reports[1].costs[0].mean - 5.0)


def test_regret_sums_the_excess_over_iterations() -> None:
    reports = train(_config()).reports
    excesses = [max(0.0, r.costs[0].mean - r.costs[0].limit) for r in reports]
    assert [r.costs[0].regret for r in reports] == pytest.approx(np.cumsum(excesses))


def test_measured_changes_are_differences_of_successive_batches() -> None:
    reports = train(_config()).reports
    assert reports[0].measured_return is None
    assert reports[0].costs[0].measured is None
    for before, after in itertools.pairwise(reports):
        assert after.measured_return == pytest.approx(after.return_mean - before.return_mean)
        assert after.costs[0].measured == pytest.approx(after.costs[0].mean - before.costs[0].mean)


def test_measured_changes_are_of_what_was_promised() -> None:
    """Of the shaped cost, and of the return penalised as it was when the update was made."""
    options = {"algorithm": "pdo", "shaping_alpha": 0.5, "shaping_steps": 3}
    reports = train(_config(**options)).reports
    assert any(report.costs[0].shaped != report.costs[0].mean for report in reports)
    for before, after in itertools.pairwise(reports):
        (earlier,), (later,) = before.costs, after.costs
        change = later.shaped - earlier.shaped
        assert later.measured == pytest.approx(change)
        gain = after.return_mean - before.return_mean
        assert after.measured_return == pytest.approx(gain - earlier.penalty * change)
    assert len({report.costs[0].penalty for report in reports}) > 1
