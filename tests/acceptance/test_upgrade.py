"""Data of the version before goes on under this one after `costline migrate`.

The archive is a data directory of 0.1.0 whose worker was killed: of four small runs one was queued,
one running, one paused and one finished.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine, func, select, text

from server.db import Database
from server.operations import migrate
from server.settings import Settings
from tests.acceptance.service import Service
from tests.server.postgres import Postgres

pytestmark = pytest.mark.acceptance
OLD = Path(__file__).parent / "upgrades" / "version-0.1.0-schema-0003.tar.gz"
SCHEMA = "0003"


@pytest.fixture
def old_data(tmp_path: Path) -> Path:
    """The old data directory, unpacked."""
    folder = tmp_path / "data0"
    with tarfile.open(OLD) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture
def old_postgres(old_data: Path) -> Iterator[str]:
    """URL of a PostgreSQL database with the old schema and the rows of the archive."""
    server = Postgres()
    url = server.database()
    database = Database(Settings(database_url=url).url)
    migrate.upgrade(database, SCHEMA)
    _copy(old_data / "costline.sqlite3", database)
    database.close()
    yield url
    server.stop()


def _copy(source: Path, target: Database) -> None:
    """All rows, by the tables as they are rather than as today's models say."""
    sqlite = create_engine(f"sqlite:///{source}")
    old, new = MetaData(), MetaData()
    old.reflect(sqlite)
    new.reflect(target.engine)
    with sqlite.connect() as reading, target.engine.begin() as writing:
        tables = [table for table in new.sorted_tables if table.name != "alembic_version"]
        for table in reversed(tables):
            writing.execute(table.delete())  # rows that migrations begin with
        for table in tables:
            rows = reading.execute(select(old.tables[table.name])).mappings().all()
            if rows:
                writing.execute(table.insert(), [dict(row) for row in rows])
            if table.name in ("events", "alerts"):
                newest = writing.scalar(select(func.max(table.c.id))) or 1
                sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
                writing.execute(text(f"SELECT setval({sequence}, {newest})"))
    sqlite.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def upgraded(
    request: pytest.FixtureRequest, old_data: Path, make_service: Callable[..., Service]
) -> Service:
    """A service on the old data, migrated by the command that operators use."""
    postgres = request.param == "postgresql"
    url = request.getfixturevalue("old_postgres") if postgres else ""
    service = make_service(database_url=url, lease_seconds=5)
    assert service.folder == old_data
    command = [sys.executable, "-m", "server.cli", "migrate"]
    subprocess.run(command, env=service.environment, check=True, timeout=60)
    return service


def test_old_runs_go_on_after_the_migration(upgraded: Service):
    upgraded.web()
    runs = {run["name"]: run for run in upgraded.call("GET", "/api/runs")["runs"]}
    states = {name: run["state"] for name, run in runs.items()}
    assert states == {
        "finished": "succeeded", "paused": "paused", "running": "running", "queued": "queued"
    }  # fmt: skip
    before = {name: upgraded.columns(run["id"]) for name, run in runs.items()}
    upgraded.worker()
    for name in ("running", "queued"):
        run_id = runs[name]["id"]
        upgraded.wait_for_iteration(run_id, runs[name]["iteration"] + 3)
        if name == "running":
            upgraded.call("POST", f"/api/runs/{run_id}/stop")
            upgraded.wait_for(run_id, "stopped")
    upgraded.call("POST", f"/api/runs/{runs['paused']['id']}/resume")
    upgraded.wait_for_iteration(runs["paused"]["id"], runs["paused"]["iteration"] + 3)
    for name in ("finished", "running", "paused"):
        columns = upgraded.columns(runs[name]["id"])
        kept = _checkpointed(before[name])
        assert columns["iteration"] == list(range(1, len(columns["iteration"]) + 1))
        assert {k: v[: len(kept["iteration"])] for k, v in columns.items() if k in kept} == kept


def _checkpointed(columns: dict[str, list[object]]) -> dict[str, list[object]]:
    """The rows that a resumed run keeps whatever it lost: all but the last two."""
    return {name: values[:-2] for name, values in columns.items()}
