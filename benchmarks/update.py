"""Cost of the policy update: Fisher products, and the share of an iteration outside sampling.

    python -m benchmarks.update [--repeats R] [--iterations I] [--threads T]

One JSON line per figure, medians, alternatives in turn in one run; processor seconds beside wall
seconds because other programs on the machine disturb them less.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import torch

from benchmarks.figures import Seconds, clocked, in_turn, median, ratio, say
from cpo_core.networks.policy import Policy
from cpo_core.networks.shards import Workers
from cpo_core.sim.episodes import Array, Batch
from cpo_core.spec.config import make_config
from cpo_core.spec.reports import IterationReport
from cpo_core.training.loop import Training
from cpo_core.training.surrogate import Surrogates, Weights

BY_HAND, BLOCK = "by hand", "by hand, per vector of a block of two"
CACHED = "cached double backpropagation"
STEPS, OBSERVATION, ACTION, HIDDEN = 50_000, 33, 8, (64, 64)


def main() -> None:
    """All figures of the update."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--iterations", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    fisher(given.repeats)
    outside_sampling(given.iterations, given.threads)


def fisher(repeats: int) -> None:
    """Hand-written products against cached double backpropagation, on one thread."""
    policy, batch = _random_problem()
    workers = Workers(1)
    surrogates = Surrogates(policy, batch, Weights.of(batch, batch.rewards, batch.costs), workers)
    block = np.random.default_rng(1).normal(size=(2, len(policy.theta)))
    vector = torch.from_numpy(block[0]).float()
    cached = _double_backpropagation(policy, batch.observations, torch.float32)
    runs: dict[str, Callable[[], object]] = {
        BY_HAND: lambda: surrogates.hessian_product(block[0]),
        BLOCK: lambda: surrogates.hessian_product(block),
        CACHED: lambda: cached(vector),
    }
    taken = in_turn(runs, repeats)
    exact = _double_backpropagation(policy, batch.observations, torch.float64)
    expected = exact(torch.from_numpy(block[0])).numpy()
    error = np.linalg.norm(surrogates.hessian_product(block[0]) - expected)
    for name, vectors in ((BY_HAND, 1), (BLOCK, 2)):
        spent, faster = median(taken[name]), ratio(taken[CACHED], taken[name])
        say(
            f"Fisher product {name}, against cached double backpropagation",
            vectors * faster.wall, "times", target=">= 1.8", times_cpu=vectors * faster.cpu,
            wall_s=spent.wall / vectors, cpu_s=spent.cpu / vectors, steps=STEPS, repeats=repeats,
        )  # fmt: skip
    relative = float(error / np.linalg.norm(expected))
    say("Fisher product, relative error", relative, "", target="<= 1e-6")


def outside_sampling(iterations: int, threads: int) -> None:
    """Ant-Circle at 100,000 steps a batch with its default preset."""
    config = make_config("ant-circle", threads=threads)
    rows = []
    with Training(config) as training:
        training.iterate()
        for _ in range(iterations):
            reports: list[IterationReport] = []
            whole = clocked(lambda kept=reports: kept.append(training.iterate()))
            sampling = reports[0].extras["cpu_seconds"]["sampling"]
            outside = Seconds(whole.wall - reports[0].seconds_sampling, whole.cpu - sampling)
            rows.append((whole, outside))
    total, outside = (median(column) for column in zip(*rows, strict=True))
    share = median(Seconds(o.wall / w.wall, o.cpu / w.cpu) for w, o in rows)
    say(
        "share of an iteration outside sampling, ant-circle", share.wall, "share",
        target="<= 0.25", cpu_share=share.cpu, wall_s=total.wall, cpu_s=total.cpu,
        outside_wall_s=outside.wall, outside_cpu_s=outside.cpu, batch=config.batch_size,
        repeats=iterations,
    )  # fmt: skip


def _random_problem() -> tuple[Policy, Batch]:
    generator = np.random.default_rng(0)
    policy = Policy.initial(OBSERVATION, ACTION, generator, hidden=HIDDEN)
    observations = generator.normal(size=(STEPS, OBSERVATION)).astype(np.float32)
    means = policy.numpy().outputs(observations)
    return policy, Batch(
        observations=observations,
        actions=means + generator.normal(size=means.shape).astype(np.float32),
        rewards=generator.normal(size=STEPS),
        costs=generator.random((1, STEPS)),
        offsets=np.arange(0, STEPS + 1, 500),
        terminated=np.zeros(STEPS // 500, bool),
        final_observations=observations[: STEPS // 500],
    )


def _double_backpropagation(
    policy: Policy, observations: Array, kind: torch.dtype
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
