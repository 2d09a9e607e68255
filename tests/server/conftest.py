"""Databases of both kinds, settings in a temporary folder, and factories for runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from server.db import Database
from server.operations import migrate
from server.settings import Settings
from server.web.app import create_app
from tests.server.postgres import Postgres
from tests.server.service import Service

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy from."""
    path = tmp_path_factory.mktemp("template") / "costline.sqlite3"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The PostgreSQL server of this test session."""
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> str:
    """Name of a migrated database to copy from."""
    url = postgres.database()
    database = Database(Settings(database_url=url).url)
    migrate.upgrade(database)
    database.close()
    return url.split("?")[0].rsplit("/", 1)[1]


@pytest.fixture(params=KINDS)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a fresh, migrated service on each kind of database."""
    if request.param == "sqlite":
        template = request.getfixturevalue("migrated_sqlite")
        shutil.copy(template, tmp_path / "costline.sqlite3")
        yield Settings(data_dir=tmp_path, background_nice=0)
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.database(request.getfixturevalue("migrated_postgres"))
    yield Settings(data_dir=tmp_path, database_url=url, background_nice=0)
    server.drop(url)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The database of `settings`."""
    found = Database(settings.url)
    yield found
    found.close()


@pytest.fixture
def client(settings: Settings, database: Database) -> Iterator[TestClient]:
    """A caller of the API on this machine."""
    app = create_app(settings, database)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as found:
        yield found


@pytest.fixture
def service(database: Database, settings: Settings) -> Service:
    """See Service."""
    return Service(database, settings)
