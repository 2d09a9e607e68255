"""Which software made a run: stored with every run, checkpoint and exported policy."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("costline", "torch", "numpy", "mujoco", "gymnasium")


def versions() -> dict[str, str]:
    """Version of Python and of the packages on which results depend."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
