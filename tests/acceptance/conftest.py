"""A service per test, ended with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.service import Service


@pytest.fixture
def make_service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Factory of services; each has its own data directory."""
    made: list[Service] = []

    def make(**settings: object) -> Service:
        made.append(Service(tmp_path / f"data{len(made)}", **settings))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for service in made:
        service.close()


@pytest.fixture
def service(make_service: Callable[..., Service]) -> Service:
    """A service with one web server and one worker."""
    found = make_service()
    found.web()
    found.worker()
    return found
