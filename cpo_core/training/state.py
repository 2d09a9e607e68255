"""Everything that training carries from one iteration to the next; a checkpoint is this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cpo_core.networks.policy import Policy
from cpo_core.networks.value import ValueFunction, ends_with_episode
from cpo_core.spec.config import TrainConfig
from cpo_core.tasks.base import Task
from cpo_core.training.shaping import Predictor

GENERATORS = ("update", "shaping")
"""Named random generators beside the sampler's own; each value function has one more."""


@dataclass
class State:
    """After `iteration` updates. `values`: the reward's, then each cost's; `predictors`: one a cost
    (none without shaping). `algorithm` and `sampler` are JSON-ready. `corrections` (m,) stand in
    c_i, `saturated` says that the last update could not do what they ask for. `previous` holds the
    last batch's mean return and (shaped) costs, `penalties` (m,) the ν_i of its rewards, `regret`
    (m,) the summed excess.
    """

    iteration: int
    env_steps: int
    policy: Policy
    values: tuple[ValueFunction, ...]
    predictors: tuple[Predictor, ...]
    generators: dict[str, np.random.Generator]
    algorithm: dict[str, Any]
    sampler: dict[str, Any]
    corrections: tuple[float, ...]
    regret: tuple[float, ...]
    saturated: bool = True
    previous: tuple[float, ...] | None = None
    penalties: tuple[float, ...] = ()


def value_generator(row: int) -> str:
    """Name of the generator that shuffles the fits of value function `row`."""
    return f"value{row}"


def initial_state(config: TrainConfig, task: Task, algorithm: dict[str, Any]) -> State:
    """The untrained policy and everything else at its beginning, all from `config.seed`."""
    m = len(task.costs)
    names = ["policy", *GENERATORS, *(value_generator(row) for row in range(1 + m))]
    seeds = np.random.SeedSequence((config.seed, 0xC90)).spawn(len(names))
    generators = {
        name: np.random.Generator(np.random.PCG64(seed))
        for name, seed in zip(names, seeds, strict=True)
    }
    policy = Policy.initial(
        task.observation_size,
        task.action_size,
        generators.pop("policy"),
        hidden=config.hidden,
        std=config.init_std,
        last_layer_scale=config.last_layer_scale,
        normalize=config.normalize_observations,
    )
    values = tuple(
        ValueFunction.initial(
            task.observation_size + ends_with_episode(task, config, row),
            config.value_hidden,
            generators[value_generator(row)],
        )
        for row in range(1 + m)
    )
    shaped = range(m) if config.shaping_alpha else ()
    predictors = tuple(
        Predictor.initial(task.observation_size, generators["shaping"]) for _ in shaped
    )
    return State(
        iteration=0,
        env_steps=0,
        policy=policy,
        values=values,
        predictors=predictors,
        generators=generators,
        algorithm=algorithm,
        sampler={},
        corrections=(0.0,) * m,
        regret=(0.0,) * m,
    )
