"""Brings the database to the newest schema, from a checkout or from an installed wheel."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect, text

from server.db import Database

INITIAL = "0001"
PLACES = (Path(__file__).parents[1] / "migrations", Path(__file__).parents[2] / "alembic")
"""In a wheel the migrations lie inside the package; in a checkout beside it."""
LOCK = 0x6D696772


def folder() -> Path:
    """Where the migrations are."""
    return next(place for place in PLACES if (place / "env.py").is_file())


def newest() -> str:
    """The newest revision, by the names of the files."""
    return max(f.name.split("_")[0] for f in (folder() / "versions").glob("[0-9]*.py"))


def current(database: Database) -> str | None:
    """The revision of the database; None when it is empty."""
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.scalar(text("SELECT version_num FROM alembic_version"))


def upgrade(database: Database, revision: str = "head") -> None:
    """Apply all missing migrations; several processes may ask at the same time."""
    if revision == "head" and current(database) == newest():
        return
    _run(database, "upgrade", revision)


def downgrade(database: Database, revision: str) -> None:
    """Undo migrations down to `revision` (`base` for all)."""
    _run(database, "downgrade", revision)


def _run(database: Database, command: str, revision: str) -> None:
    from alembic import command as alembic_command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(folder()))
    writing = database.engine.execution_options(costline_write=True)
    with writing.begin() as connection:
        if database.kind == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        config.attributes["connection"] = connection
        getattr(alembic_command, command)(config, revision)
