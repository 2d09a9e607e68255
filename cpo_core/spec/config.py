"""Everything that defines a training run. One field per hyperparameter, with its one home here.

`make_config` is the only way from a person's choices (task, algorithm, preset, overrides) to a
checked TrainConfig; the CLI, the API and library users all go through it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cpo_core.learners.base import Algorithm
from cpo_core.spec import registry
from cpo_core.spec.parameters import ConfigError, Problem, param, parse, to_plain


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """A complete, validated description of one run; the same config and seed give the same run."""

    task: str = param(label="Task", group="Run", help="The environment and its costs.")
    algorithm: str = param(
        "cpo", "Algorithm", "How the policy is improved under the limits.", group="Run"
    )
    seed: int = param(
        0,
        "Seed",
        "Every random number of the run follows from it.",
        group="Run",
        ge=0,
        le=2**31 - 1,
    )
    iterations: int = param(
        100,
        "Iterations",
        "Policy updates, each from a fresh batch.",
        group="Run",
        ge=1,
        le=1_000_000,
    )
    batch_size: int = param(
        50_000, "Batch size", "Environment steps per iteration; episodes are always completed.",
        unit="steps", group="Run", ge=1, le=100_000_000,
    )  # fmt: skip
    limits: Mapping[str, float] = param(
        default_factory=dict, label="Cost limits", unit="per episode", group="Run", ge=0,
        help="Largest allowed mean cost per episode, for every cost of the task.",
    )  # fmt: skip

    gamma: float = param(
        0.995, "Reward discount γ", "Discount of rewards in the advantage.", group="Advantages",
        gt=0, le=1,
    )  # fmt: skip
    lam: float = param(
        0.95, "Reward GAE λ", "Bias-variance trade-off of reward advantages.", group="Advantages",
        ge=0, le=1,
    )  # fmt: skip
    cost_gamma: float = param(
        1.0, "Cost discount γ_C", "1 matches a limit on the undiscounted sum per episode.",
        group="Advantages", gt=0, le=1,
    )  # fmt: skip
    cost_lam: float = param(
        1.0, "Cost GAE λ_C", "Bias-variance trade-off of cost advantages.", group="Advantages",
        ge=0, le=1,
    )  # fmt: skip

    delta: float = param(
        0.01, "Trust region δ", "Largest mean KL divergence of one update.", unit="nats",
        group="Trust region", gt=0, le=1,
    )  # fmt: skip
    cg_steps: int = param(
        10, "Conjugate-gradient steps", "Per solve of H x = g.", group="Trust region", ge=1, le=200
    )
    damping: float = param(
        1e-5, "Damping", "Added to the Fisher matrix inside conjugate gradients.",
        group="Trust region", ge=0, le=10,
    )  # fmt: skip
    fisher_fraction: float = param(
        0.2, "Fisher subsample", "Share of the batch used for Fisher products.",
        group="Trust region", gt=0, le=1,
    )  # fmt: skip
    line_search_steps: int = param(
        15, "Line-search tries", "Backtracking tries before the update is rejected.",
        group="Trust region", ge=1, le=100,
    )  # fmt: skip
    line_search_decay: float = param(
        0.8, "Line-search decay", "Factor between two tries.", group="Trust region", gt=0, lt=1
    )
    line_search_fit: bool = param(
        True, "Fit to δ", "A step whose KL alone is too large is cut to fit, rather than by the "
        "decay, which gives away a third of the trust region.", group="Trust region",
    )  # fmt: skip

    cross_fit_folds: int = param(
        1, "Cross-fit folds", "1: plain CPO. K ≥ 2: cost products across K folds of episodes, "
        "so that noise does not predict cost reductions that never come.",
        group="Limit tracking", ge=1, le=20,
    )  # fmt: skip
    correction_gain: float = param(
        0.0, "Feedback gain", "Share of each iteration's excess cost that is added to a standing "
        "correction of the constraint (0: off).", group="Limit tracking", ge=0, le=10,
    )  # fmt: skip
    shaping_alpha: float = param(
        0.0, "Cost shaping α", "Weight of the predicted probability of becoming unsafe (0: off).",
        group="Cost shaping", ge=0,
    )  # fmt: skip
    shaping_horizon: int = param(
        20, "Shaping horizon T", "Steps ahead over which unsafe states are predicted.",
        unit="steps", group="Cost shaping", ge=1, le=1_000_000,
    )  # fmt: skip
    shaping_steps: int = param(
        25, "Shaping fit steps", "Gradient steps of the predictor per iteration.",
        group="Cost shaping", ge=1, le=1_000_000,
    )  # fmt: skip

    hidden: tuple[int, ...] = param(
        (64, 32), "Policy layers", "Hidden tanh units of the policy.", group="Networks",
        ge=1, le=4096, advanced=True,
    )  # fmt: skip
    value_hidden: tuple[int, ...] = param(
        (64, 32), "Value layers", "Hidden tanh units of each value function.", group="Networks",
        ge=1, le=4096, advanced=True,
    )  # fmt: skip
    init_std: float = param(
        1.0, "Initial std", "Standard deviation of the untrained Gaussian policy.",
        group="Networks", gt=0, le=10, advanced=True,
    )  # fmt: skip
    last_layer_scale: float = param(
        1.0, "Last-layer scale", "Scales the policy's output layer at the start.",
        group="Networks", gt=0, le=10, advanced=True,
    )  # fmt: skip
    normalize_observations: bool = param(
        False, "Normalise observations", "Standardise observations by running statistics.",
        group="Networks", advanced=True,
    )  # fmt: skip

    environments: int = param(
        0, "Parallel environments", "Environments stepped side by side (0: the task's own choice).",
        group="Machine", ge=0, le=100_000, advanced=True,
    )  # fmt: skip
    threads: int = param(
        0, "Threads", "Processor threads (0: all); results do not depend on it.",
        group="Machine", ge=0, le=1024, advanced=True,
    )  # fmt: skip
    checkpoint_every: int = param(
        5, "Checkpoint every", "Iterations between checkpoints.", unit="iterations",
        group="Machine", ge=1, le=1_000_000, advanced=True,
    )  # fmt: skip
    video_every: int = param(
        20, "Video every", "Iterations between rollout videos (0: none).", unit="iterations",
        group="Machine", ge=0, le=1_000_000, advanced=True,
    )  # fmt: skip

    options: Mapping[str, Any] = field(
        default_factory=dict,
        metadata={
            "label": "Algorithm options",
            "help": "The algorithm's own options.",
            "group": "Run",
        },
    )


def make_config(
    task: str, algorithm: str = "cpo", *, preset: str = "default", **overrides: Any
) -> TrainConfig:
    """Checked config: field defaults, then the task's preset, then `overrides`.

    `limits` overrides are merged per cost name; `options` are checked against the algorithm.
    Raises ConfigError naming every bad field.
    """
    found_task = registry.find_task(task)
    found_algorithm = registry.find_algorithm(algorithm)
    if preset not in found_task.presets:
        known = ", ".join(found_task.presets)
        raise ConfigError([Problem("preset", f"{preset!r} is unknown; {task} has {known}")])
    chosen = found_task.presets[preset].values
    limits = {cost.name: cost.limit for cost in found_task.costs} | dict(chosen.get("limits", {}))
    values = {**chosen, **overrides, "task": task, "algorithm": algorithm}
    values["limits"] = _merged(limits, overrides.get("limits", {}))

    problems: list[Problem] = [
        Problem(f"limits.{name}", f"is not a cost of {task}; it has {', '.join(limits)}")
        for name in (values["limits"] if isinstance(values["limits"], Mapping) else ())
        if name not in limits
    ]
    options, bad_options = _parse_options(found_algorithm, values, len(limits))
    problems += bad_options
    try:
        config = parse(TrainConfig, {**values, "options": options})
    except ConfigError as error:
        raise ConfigError([*error.problems, *problems]) from None
    if problems:
        raise ConfigError(problems)
    return config


def _parse_options(
    algorithm: type[Algorithm], values: Mapping[str, Any], costs: int
) -> tuple[Any, Sequence[Problem]]:
    """All options of the algorithm as plain values, and what is wrong with the given ones."""
    given = values.get("options", {})
    if not isinstance(given, Mapping):
        return given, ()  # refused as a field of the config
    try:
        options = parse(algorithm.Options, given, prefix="options.")
        # Only the algorithm knows whether its options fit this task's number of costs.
        algorithm(options, (0.0,) * costs)
    except ConfigError as error:
        return {}, error.problems
    return to_plain(options), ()


def from_plain(values: Mapping[str, Any]) -> TrainConfig:
    """Rebuild a TrainConfig from `to_plain(config)`; raises ConfigError as make_config does."""
    rest = {k: v for k, v in values.items() if k not in ("task", "algorithm")}
    return make_config(values["task"], values["algorithm"], **rest)


def _merged(limits: Mapping[str, float], given: Any) -> Any:
    return {**limits, **given} if isinstance(given, Mapping) else given
