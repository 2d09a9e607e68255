"""Checkpoints: one safetensors file with everything that training carries on.

Numbers that arrays hold are tensors; the rest is JSON in the file's metadata, with the config, the
versions that made it, a schema version and a digest over all of it. Nothing in it is executed on
loading. The file appears under its name only when it is complete and on disk.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from cpo_core.machine.versions import versions
from cpo_core.networks.adam import Adam
from cpo_core.networks.distributions import plain as distributions
from cpo_core.networks.distributions.gaussian import Gaussian
from cpo_core.networks.distributions.plain import UnknownDistributionError
from cpo_core.networks.mlp import Mlp, to_tensor
from cpo_core.networks.moments import Statistics
from cpo_core.networks.policy import Policy
from cpo_core.networks.value import ValueFunction
from cpo_core.sim.episodes import Array
from cpo_core.spec.config import TrainConfig, from_plain
from cpo_core.spec.parameters import ConfigError, to_plain
from cpo_core.spec.reports import CheckpointSaved
from cpo_core.training.shaping import Predictor
from cpo_core.training.state import State

SCHEMA = 2


class CheckpointError(RuntimeError):
    """A checkpoint cannot be used; the message names the file and says why."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as read: the run's config, its state, and the software that made it."""

    path: Path
    config: TrainConfig
    state: State
    versions: Mapping[str, str]

    def state_for(self, config: TrainConfig) -> State:
        """The state, if a run of `config` can continue from it.

        Anything may differ but what shapes the state; CheckpointError names what does.
        """
        fixed = ("task", "algorithm", "hidden", "value_hidden", "normalize_observations")
        for name in fixed:
            here, there = getattr(config, name), getattr(self.config, name)
            if here != there:
                raise CheckpointError(
                    f"{self.path}: was made with {name} {there!r}, so it cannot continue a run "
                    f"with {name} {here!r}"
                )
        if bool(config.shaping_alpha) != bool(self.config.shaping_alpha):
            raise CheckpointError(f"{self.path}: cost shaping cannot be switched on resuming")
        return self.state


def save(path: Path, state: State, config: TrainConfig) -> CheckpointSaved:
    """Write `path` by way of a temporary file beside it: complete, synced, then renamed.

    Raises CheckpointError or OSError when it cannot be written; then nothing of it is left.
    """
    tensors = _tensors(state)
    plain = json.dumps(
        {
            "schema": SCHEMA,
            "config": to_plain(config),
            "versions": versions(),
            "state": _plain(state),
        },
        sort_keys=True,
    )
    metadata = {"costline": plain, "digest": _digest(tensors, plain)}
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        save_file(tensors, temporary, metadata)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
            content = hashlib.file_digest(file, "sha256")
        size = temporary.stat().st_size
        temporary.replace(path)
    except SafetensorError as error:
        raise CheckpointError(f"{path}: cannot be written: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)
    _sync_directory(path.parent)
    return CheckpointSaved(state.iteration, str(path), content.hexdigest(), size)


def load(path: Path) -> Checkpoint:
    """Read and verify; raises CheckpointError naming `path` when it is missing or damaged."""
    try:
        with safe_open(path, "np") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise CheckpointError(f"{path}: does not exist") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path}: is damaged or not a checkpoint ({error})") from error
    if "costline" not in metadata:
        raise CheckpointError(f"{path}: is a safetensors file, but not a checkpoint of a run")
    if metadata.get("digest") != _digest(tensors, metadata["costline"]):
        raise CheckpointError(f"{path}: is damaged, its content does not match its digest")
    plain = json.loads(metadata["costline"])
    if plain["schema"] != SCHEMA:
        raise CheckpointError(
            f"{path}: has schema version {plain['schema']}; this version reads {SCHEMA}"
        )
    try:
        config = from_plain(plain["config"])
    except ConfigError as error:
        raise CheckpointError(f"{path}: its configuration is not known here: {error}") from error
    try:
        state = _state(tensors, plain["state"])
    except UnknownDistributionError as error:
        raise CheckpointError(f"{path}: {error}") from error
    return Checkpoint(path, config, state, plain["versions"])


def _tensors(state: State) -> dict[str, Array]:
    found = {"policy.theta": state.policy.theta.numpy()}
    if state.policy.statistics is not None:
        found |= _statistics_tensors("policy.observations", state.policy.statistics)
    for i, value in enumerate(state.values):
        found[f"value{i}.theta"] = value.theta.numpy()
        found |= _statistics_tensors(f"value{i}.inputs", value.inputs)
        found |= _statistics_tensors(f"value{i}.output", value.output)
    for i, predictor in enumerate(state.predictors):
        found[f"predictor{i}.theta"] = predictor.theta.numpy()
        found[f"predictor{i}.first"] = predictor.adam.first.numpy()
        found[f"predictor{i}.second"] = predictor.adam.second.numpy()
        found |= _statistics_tensors(f"predictor{i}.inputs", predictor.inputs)
    return {name: np.ascontiguousarray(array) for name, array in found.items()}


def _plain(state: State) -> dict[str, Any]:
    return {
        "iteration": state.iteration,
        "env_steps": state.env_steps,
        "policy_sizes": state.policy.mlp.sizes,
        "distribution": state.policy.distribution.to_plain(),
        "value_sizes": [value.mlp.sizes for value in state.values],
        "predictors": [
            {"sizes": p.mlp.sizes, "fits": p.fits, "steps": p.adam.steps} for p in state.predictors
        ],
        "generators": {name: g.bit_generator.state for name, g in state.generators.items()},
        "algorithm": state.algorithm,
        "sampler": state.sampler,
        "corrections": state.corrections,
        "regret": state.regret,
        "saturated": state.saturated,
        "previous": state.previous,
        "penalties": state.penalties,
    }


def _state(tensors: Mapping[str, Array], plain: Mapping[str, Any]) -> State:
    def tensor(name: str) -> torch.Tensor:
        return to_tensor(tensors[name])

    policy_sizes = tuple(plain["policy_sizes"])
    # Checkpoints from before there was a choice say nothing of it.
    told = plain.get("distribution")
    policy = Policy(
        Mlp(policy_sizes),
        tensor("policy.theta"),
        Gaussian(policy_sizes[-1]) if told is None else distributions.from_plain(told),
        _read_statistics(tensors, "policy.observations"),
    )
    values = tuple(
        ValueFunction(
            Mlp(tuple(sizes)),
            tensor(f"value{i}.theta"),
            _must(_read_statistics(tensors, f"value{i}.inputs")),
            _must(_read_statistics(tensors, f"value{i}.output")),
        )
        for i, sizes in enumerate(plain["value_sizes"])
    )
    predictors = tuple(
        Predictor(
            Mlp(tuple(entry["sizes"])),
            tensor(f"predictor{i}.theta"),
            _must(_read_statistics(tensors, f"predictor{i}.inputs")),
            Adam(tensor(f"predictor{i}.first"), tensor(f"predictor{i}.second"), entry["steps"]),
            entry["fits"],
        )
        for i, entry in enumerate(plain["predictors"])
    )
    return State(
        iteration=plain["iteration"],
        env_steps=plain["env_steps"],
        policy=policy,
        values=values,
        predictors=predictors,
        generators={name: _generator(value) for name, value in plain["generators"].items()},
        algorithm=plain["algorithm"],
        sampler=plain["sampler"],
        corrections=tuple(plain["corrections"]),
        regret=tuple(plain["regret"]),
        saturated=plain["saturated"],
        previous=plain["previous"] and tuple(plain["previous"]),
        penalties=tuple(plain["penalties"]),
    )


def _generator(state: Mapping[str, Any]) -> np.random.Generator:
    bits = np.random.PCG64()
    bits.state = dict(state)  # type: ignore[assignment]
    return np.random.Generator(bits)


def _statistics_tensors(name: str, statistics: Statistics) -> dict[str, Array]:
    return {
        f"{name}.count": np.array([statistics.count]),
        f"{name}.mean": statistics.mean,
        f"{name}.variance": statistics.variance,
    }


def _read_statistics(tensors: Mapping[str, Array], name: str) -> Statistics | None:
    if f"{name}.count" not in tensors:
        return None
    count = float(tensors[f"{name}.count"][0])
    return Statistics(count, tensors[f"{name}.mean"], tensors[f"{name}.variance"])


def _must(statistics: Statistics | None) -> Statistics:
    assert statistics is not None
    return statistics


def _digest(tensors: Mapping[str, Array], plain: str) -> str:
    digest = hashlib.sha256(plain.encode())
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _sync_directory(directory: Path) -> None:
    """A rename lasts once its directory is on disk (where the system can sync one)."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
