"""Hand-made policies and batches: no simulation is needed to test what learns from them."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch

from cpo_core.networks.policy import Policy
from cpo_core.sim.episodes import Array, Batch


def make_policy(
    observation_size: int = 5, action_size: int = 2, *, seed: int = 0, normalize: bool = False
) -> Policy:
    """A small policy with every parameter away from zero."""
    generator = np.random.default_rng(seed)
    policy = Policy.initial(
        observation_size, action_size, generator, hidden=(7, 6), std=0.7, normalize=normalize
    )
    noise = torch.from_numpy(generator.normal(0, 0.1, len(policy.theta)).astype(np.float32))
    return dataclasses.replace(policy, theta=policy.theta + noise)


def make_batch(
    policy: Policy,
    lengths: tuple[int, ...] = (4, 7, 1, 5),
    *,
    costs: int = 2,
    seed: int = 0,
    terminated: tuple[bool, ...] | None = None,
) -> Batch:
    """Random observations, the policy's own actions, rewards and non-negative costs."""
    generator = np.random.default_rng(seed)
    steps, sampler = sum(lengths), policy.numpy()
    observations = generator.normal(size=(steps, policy.observation_size)).astype(np.float32)
    means = sampler.outputs(observations)
    noise = generator.normal(size=means.shape).astype(np.float32)
    return Batch(
        observations=observations,
        actions=means + np.exp(sampler.extras) * noise,
        rewards=generator.normal(size=steps),
        costs=generator.exponential(size=(costs, steps)),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        terminated=np.array(terminated or (False,) * len(lengths)),
        final_observations=generator.normal(size=(len(lengths), policy.observation_size)).astype(
            np.float32
        ),
    )


def random_advantages(batch: Batch, *, seed: int = 1) -> tuple[Array, Array]:
    """Reward (S,) and cost (m, S) advantages without meaning."""
    generator = np.random.default_rng(seed)
    return generator.normal(size=batch.steps), generator.normal(size=batch.costs.shape)
