"""Trained policies for other programs: a checkpoint in one of the formats of `exporters/`."""

from __future__ import annotations

import json
from pathlib import Path

from cpo_core.networks.moments import CLIP
from cpo_core.rollouts.exporters.base import ExportedPolicy, ExportError
from cpo_core.rollouts.exporters.formats import find_exporter
from cpo_core.sim.action_range import action_range
from cpo_core.spec import registry
from cpo_core.spec.parameters import to_plain
from cpo_core.training import checkpoint
from cpo_core.training.checkpoint import Checkpoint

__all__ = ["ExportError", "export"]


def export(path: Path, format: str, out: Path) -> Path:
    """Write the policy of checkpoint `path` to `out`; raises CheckpointError, ExportError.

    What a file holds stands with its format. All of them give the mean action cut to the task's
    range, from the raw observation: standardisation and clipping are part of what is exported.
    """
    found = checkpoint.load(path)
    policy = exported(found)
    out.parent.mkdir(parents=True, exist_ok=True)
    find_exporter(format).write(policy, out)
    return out


def exported(found: Checkpoint) -> ExportedPolicy:
    """The policy of a checkpoint in plain arrays."""
    policy = found.state.policy.numpy()
    low, high = action_range(registry.find_task(found.config.task))
    return ExportedPolicy(
        weights=policy.weights,
        biases=policy.biases,
        extras=policy.distribution.named_extras(policy.extras),
        low=low,
        high=high,
        shift=policy.shift,
        scale=policy.scale,
        clip=CLIP,
        metadata=_metadata(found),
    )


def _metadata(found: Checkpoint) -> dict[str, str]:
    """Where the policy comes from, as text values."""
    return {
        "task": found.config.task,
        "algorithm": found.config.algorithm,
        "iteration": str(found.state.iteration),
        "limits": json.dumps(dict(found.config.limits)),
        "config": json.dumps(to_plain(found.config)),
        "versions": json.dumps(dict(found.versions)),
    }
