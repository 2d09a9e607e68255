"""Finds a distribution again from what a checkpoint says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cpo_core.networks.distributions import gaussian
from cpo_core.networks.distributions.base import Distribution


class UnknownDistributionError(ValueError):
    """A kind of distribution that this version does not have."""


def from_plain(plain: Mapping[str, Any]) -> Distribution:
    """The inverse of `Distribution.to_plain`; raises UnknownDistributionError."""
    if plain["kind"] == gaussian.KIND:
        return gaussian.Gaussian(plain["action_size"])
    raise UnknownDistributionError(f"the action distribution {plain['kind']!r} is not known here")
