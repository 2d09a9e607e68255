"""What every test shares: a requirement that is missing skips its tests, and fails in CI.

`COSTLINE_REQUIRE=browser,postgres,ray,gl` turns the skip for each named requirement into a failure.
Nothing that a run of tests starts outlives it: see tests/reaper.py.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from tests import reaper

# Where requirements are named a gate decides: the same instances each time. Elsewhere new ones.
if os.environ.get("COSTLINE_REQUIRE"):
    settings.load_profile("ci")


def pytest_configure() -> None:
    """Before anything is started; in each of xdist's workers too."""
    reaper.guard()


def required(name: str) -> bool:
    """Whether this environment promises requirement `name`, so that a skip would hide a fault."""
    return name in os.environ.get("COSTLINE_REQUIRE", "").split(",")


def skip_or_fail(name: str, reason: str) -> None:
    """Skip the test for want of `name`; fail it where `name` is required."""
    if required(name):
        pytest.fail(f"{name} is required here: {reason}")
    pytest.skip(reason)


@pytest.fixture
def need():
    """`need("browser", "no chromium found")`: skip or fail, see above."""
    return skip_or_fail
