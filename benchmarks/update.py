"""Cost of the policy update: Fisher products, and the share of an iteration outside sampling.

    python -m benchmarks.update [--repeats R] [--iterations I] [--threads T]

One JSON line per figure, medians, alternatives in turn in one run; processor seconds beside wall
seconds because other programs on the machine disturb them less.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from cpo_core.batch import Array, Batch
from cpo_core.config import make_config
from cpo_core.parallel import Workers
from cpo_core.policies import GaussianPolicy
from cpo_core.surrogate import Surrogates, Weights
from cpo_core.train import Training

STEPS, OBSERVATION, ACTION, HIDDEN = 50_000, 33, 8, (64, 64)

Seconds = tuple[float, float]
"""Wall and processor seconds."""


def main() -> None:
    """All figures of the update."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--iterations", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    for line in (*fisher(given.repeats), outside_sampling(given.iterations, given.threads)):
        print(json.dumps(line), flush=True)


def fisher(repeats: int) -> list[dict[str, Any]]:
    """Hand-written products against cached double backpropagation, on one thread."""
    policy, batch = _random_problem()
    workers = Workers(1)
    surrogates = Surrogates(policy, batch, Weights.of(batch, batch.rewards, batch.costs), workers)
    block = np.random.default_rng(1).normal(size=(2, len(policy.theta)))
    vector = torch.from_numpy(block[0]).float()
    cached = _double_backpropagation(policy, batch.observations, torch.float32)
    runs: dict[str, Callable[[], object]] = {
        "by hand": lambda: surrogates.hessian_product(block[0]),
        "by hand, block of two": lambda: surrogates.hessian_product(block),
        "cached double backpropagation": lambda: cached(vector),
    }
    taken = _in_turn(runs, repeats)
    exact = _double_backpropagation(policy, batch.observations, torch.float64)
    expected = exact(torch.from_numpy(block[0])).numpy()
    error = np.linalg.norm(surrogates.hessian_product(block[0]) - expected)
    slow = taken["cached double backpropagation"]
    lines: list[dict[str, Any]] = [
        {"figure": f"fisher product, {name}", "wall_s": wall, "cpu_s": cpu,
         "faster": slow[0] / wall, "faster_cpu": slow[1] / cpu, "steps": STEPS}
        for name, (wall, cpu) in taken.items()
    ]  # fmt: skip
    relative = float(error / np.linalg.norm(expected))
    return [*lines, {"figure": "fisher product, relative error", "value": relative}]


def outside_sampling(iterations: int, threads: int) -> dict[str, Any]:
    """Ant-Circle at 100,000 steps a batch with its default preset."""
    config = make_config("ant-circle", threads=threads)
    rows = []
    with Training(config) as training:
        training.iterate()
        for _ in range(iterations):
            report = training.iterate()
            outside = report.seconds_total - report.seconds_sampling
            rows.append((report.seconds_total, outside, outside / report.seconds_total))
    total, outside, share = (statistics.median(column) for column in zip(*rows, strict=True))
    return {
        "figure": "ant-circle, outside sampling", "seconds_total": total,
        "seconds_outside": outside, "share": share, "batch_size": config.batch_size,
    }  # fmt: skip


def _in_turn(runs: dict[str, Callable[[], object]], repeats: int) -> dict[str, Seconds]:
    taken: dict[str, list[Seconds]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            taken[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {
        name: (statistics.median(w for w, _ in rows), statistics.median(c for _, c in rows))
        for name, rows in taken.items()
    }


def _random_problem() -> tuple[GaussianPolicy, Batch]:
    generator = np.random.default_rng(0)
    policy = GaussianPolicy.initial(OBSERVATION, ACTION, generator, hidden=HIDDEN)
    observations = generator.normal(size=(STEPS, OBSERVATION)).astype(np.float32)
    means = policy.numpy().mean(observations)
    return policy, Batch(
        observations=observations,
        actions=means + generator.normal(size=means.shape).astype(np.float32),
        log_std=policy.numpy().log_std,
        rewards=generator.normal(size=STEPS),
        costs=generator.random((1, STEPS)),
        offsets=np.arange(0, STEPS + 1, 500),
        terminated=np.zeros(STEPS // 500, bool),
        final_observations=observations[: STEPS // 500],
    )


def _double_backpropagation(
    policy: GaussianPolicy, observations: Array, kind: torch.dtype
) -> Callable[[torch.Tensor], torch.Tensor]:
    """v -> H v by differentiating the kept graph of the gradient of the mean KL."""
    n = policy.mlp.parameters
    theta = policy.theta.to(kind, copy=True).requires_grad_()
    means = policy.mlp.output(theta[:n], torch.from_numpy(observations).to(kind))
    log_std = theta[n:]
    old_means, old_log_std = means.detach(), log_std.detach()
    spread = (2 * (log_std - old_log_std)).exp() + ((means - old_means) / old_log_std.exp()) ** 2
    kl = (old_log_std - log_std + spread / 2).sum(1).mean()
    (gradient,) = torch.autograd.grad(kl, theta, create_graph=True)
    return lambda v: torch.autograd.grad(gradient @ v, theta, retain_graph=True)[0]


if __name__ == "__main__":
    main()
