"""The short form of the fault suite: each kind of fault once (`make faults` for the long form)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.claimers import sixteen
from tests.faults.prepare import ROWS, prepared

ON_SQLITE = (
    "attempt-killed", "supervisor-killed", "web-killed", "frozen-in-transaction", "machine-frozen",
    "killed-before-commit", "checkpoint-wrong-hash", "stopped-in-c-that-holds-all",
)  # fmt: skip
ON_POSTGRES = ("frozen-in-transaction", "postgres-cut-past-lease", "everything-killed")


@pytest.mark.acceptance
@pytest.mark.parametrize("name", ON_SQLITE)
def test_nothing_is_lost_or_doubled_after(name: str):
    with prepared(name, "sqlite") as stage:
        ROWS[name](stage)


@pytest.mark.acceptance
@pytest.mark.postgres
@pytest.mark.parametrize("name", ON_POSTGRES)
def test_nothing_is_lost_or_doubled_on_postgresql_after(name: str):
    with prepared(name, "postgres") as stage:
        ROWS[name](stage)


@pytest.mark.acceptance
def test_a_full_disk_fails_the_run_with_its_reason_and_a_retry_goes_on(
    need: Callable[[str, str], None],
):
    try:
        with prepared("disk-full", "sqlite") as stage:
            ROWS["disk-full"](stage)
    except OSError as error:
        need("tmpfs", str(error))


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def test_sixteen_claimers_take_each_run_once_in_the_order_of_the_queue(database: str):
    with prepared("claimers", database) as stage:
        sixteen(stage, count=64)
