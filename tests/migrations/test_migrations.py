"""The migrations: up and down, twice, and no drift from the models."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from server.db import Database
from server.models import Base
from server.operations import migrate
from server.settings import Settings
from tests.server.postgres import Postgres


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        found = Database(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
        yield found
        found.close()
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.database()
    found = Database(Settings(database_url=url).url)
    yield found
    found.close()
    server.drop(url)


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def test_up_down_and_up_again(database: Database):
    migrate.upgrade(database)
    assert tables(database) == set(Base.metadata.tables)
    assert migrate.current(database) == migrate.newest()
    migrate.downgrade(database, "base")
    assert tables(database) == set()
    migrate.upgrade(database)
    assert tables(database) == set(Base.metadata.tables)


def test_the_migrations_give_what_the_models_say(database: Database):
    migrate.upgrade(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_several_processes_may_migrate_at_the_same_time(database: Database):
    errors: list[BaseException] = []

    def up() -> None:
        other = Database(database.engine.url.render_as_string(hide_password=False))
        try:
            migrate.upgrade(other)
        except BaseException as error:
            errors.append(error)
        finally:
            other.close()

    threads = [threading.Thread(target=up) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert tables(database) == set(Base.metadata.tables)
