"""Runs the migrations: on the connection of `server.operations.migrate`, or by the settings."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection

from server.db import Database
from server.models import Base
from server.settings import settings


def migrate(connection: Connection) -> None:
    """One transaction for all steps, so that a failed migration leaves nothing behind."""
    options: dict[str, Any] = {"target_metadata": Base.metadata, "compare_type": True}
    # SQLite cannot alter most things of a table: Alembic copies it instead.
    options["render_as_batch"] = connection.dialect.name == "sqlite"
    context.configure(connection=connection, **options)
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Entry point of Alembic."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        migrate(connection)
        return
    database = Database(settings().url)
    with database.engine.connect() as own:
        migrate(own)
        own.commit()
    database.close()


main()
