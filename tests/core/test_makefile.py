"""The first command on a fresh machine, where Python is too old or cannot make environments."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")


def _make(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Make the environment `folder/venv` with a Python that is this shell script."""
    fake = folder / "python"
    fake.write_text(f"#!/bin/sh\n{python}\n")
    fake.chmod(0o755)
    pip = folder / "venv" / "bin" / "pip"
    command = ["make", "-C", str(ROOT), f"PYTHON={fake}", f"VENV={folder / 'venv'}", str(pip)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_old_python_is_named_before_anything_is_made(tmp_path: Path) -> None:
    old = 'if [ "$1" = --version ]; then echo Python 3.9.2; else exit 1; fi'
    done = _make(tmp_path, old)
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert "is Python 3.9.2." in done.stderr
    assert not (tmp_path / "venv").exists()


def test_a_half_made_environment_is_removed_so_that_the_next_try_begins_anew(
    tmp_path: Path,
) -> None:
    """Debian without python3-venv leaves bin/python and no pip."""
    half = f'[ "$2" != venv ] || {{ mkdir -p {tmp_path}/venv/bin && exit 1; }}'
    done = _make(tmp_path, half)
    assert done.returncode != 0
    assert "apt install python3-venv" in done.stderr
    assert not (tmp_path / "venv").exists()
