"""What every connection to a database is set to."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from server.db import Database


def test_a_frozen_machine_cannot_keep_locks_for_long(database: Database):
    if database.kind != "postgresql":
        pytest.skip("SQLite's locks end with the process, which its worker ends")
    with database.read() as session:
        found = session.scalar(text("SHOW idle_in_transaction_session_timeout"))
    assert found == "1min"
