"""Checkpoint files: complete, verified, and refused by name when they are not."""

from __future__ import annotations

import hashlib
import resource
import signal
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from cpo_core.spec.config import make_config
from cpo_core.spec.registry import find_task
from cpo_core.training import checkpoint
from cpo_core.training.checkpoint import CheckpointError
from cpo_core.training.state import initial_state


def _saved(directory: Path, **overrides) -> Path:
    config = make_config("point-circle", **overrides)
    state = initial_state(config, find_task("point-circle"), {"nu": [0.5]})
    path = directory / "000000.ckpt"
    event = checkpoint.save(path, state, config)
    content = path.read_bytes()
    assert event.sha256 == hashlib.sha256(content).hexdigest()
    assert event.size == len(content)
    return path


def test_a_checkpoint_holds_config_state_and_generators(tmp_path: Path) -> None:
    path = _saved(tmp_path, shaping_alpha=1.0, normalize_observations=True)
    found = checkpoint.load(path)
    config = make_config("point-circle", shaping_alpha=1.0, normalize_observations=True)
    fresh = initial_state(config, find_task("point-circle"), {"nu": [0.5]})
    assert found.config == config
    assert found.state.algorithm == {"nu": [0.5]}
    assert np.array_equal(found.state.policy.theta, fresh.policy.theta)
    for name, generator in fresh.generators.items():
        assert found.state.generators[name].random() == generator.random()


def test_only_the_checkpoint_is_left_in_its_directory(tmp_path: Path) -> None:
    path = _saved(tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_told_by_name_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """A limit on the size of files stands for a disk without room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises((CheckpointError, OSError), match=r"000000\.ckpt|File too large"):
            _saved(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", [0.001, 0.2, 0.6, 0.999])
def test_a_flipped_bit_is_noticed_wherever_it_is(tmp_path: Path, place: float) -> None:
    path = _saved(tmp_path)
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 4
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"000000\.ckpt"):
        checkpoint.load(path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_file_is_refused_by_name(tmp_path: Path, share: float) -> None:
    path = _saved(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CheckpointError, match=r"000000\.ckpt"):
        checkpoint.load(path)


def test_a_missing_file_and_a_foreign_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="does not exist"):
        checkpoint.load(tmp_path / "none.ckpt")
    save_file({"a": np.zeros(3)}, tmp_path / "other.ckpt")
    with pytest.raises(CheckpointError, match="not a checkpoint of a run"):
        checkpoint.load(tmp_path / "other.ckpt")


def test_a_checkpoint_of_another_shape_is_refused_with_the_field(tmp_path: Path) -> None:
    found = checkpoint.load(_saved(tmp_path))
    with pytest.raises(CheckpointError, match="hidden"):
        found.state_for(make_config("point-circle", hidden=(8,)))
    longer = make_config("point-circle", iterations=10_000)
    assert found.state_for(longer) is found.state
