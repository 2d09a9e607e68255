"""A fresh service for a row, with the database, disk or cluster that the row hurts."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.faults import disk, stage
from tests.faults.postgres import FallingPostgres
from tests.faults.ray_rows import RAY_ROWS, use
from tests.faults.rows import ROWS as OWN_ROWS
from tests.faults.stage import Stage
from tests.ray.cluster import Cluster

ROWS = {**OWN_ROWS, **RAY_ROWS}
DATABASES = ("sqlite", "postgres")
ONLY_POSTGRES = ("postgres-cut", "postgres-cut-past-lease")
ONLY_SQLITE = ("disk-full-database",)
SMALL_DISK = {"disk-full": "runs", "disk-full-database": ""}
"""Rows whose data directory, or a folder in it, is a small file system."""
LONG_LEASE = {"postgres-cut": 30.0}
"""The outage of this row is shorter than the lease; elsewhere a short lease saves time."""


def possible(name: str, database: str) -> bool:
    """Whether the row means anything on this kind of database."""
    return name not in (ONLY_SQLITE if database == "postgres" else ONLY_POSTGRES)


@contextmanager
def prepared(name: str, database: str) -> Iterator[Stage]:
    """A fresh service for one row, with all that belongs to it."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="faults"))
        if not os.environ.get("FAULTS_KEEP"):
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = None
        if database == "postgres":
            postgres = FallingPostgres()
            stack.callback(postgres.stop)
        data = folder / "data"
        data.mkdir()
        if name in SMALL_DISK:
            stack.enter_context(disk.small(data / SMALL_DISK[name]))
        cluster = Cluster() if name in RAY_ROWS else None
        if cluster is not None:
            stack.callback(cluster.close)
        found = Stage(data, postgres, lease=LONG_LEASE.get(name, stage.LEASE))
        stack.callback(found.close)
        if cluster is not None:
            use(found, cluster)
        yield found
