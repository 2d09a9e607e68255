"""What routes ask for: a session (committed before the answer is sent), settings, the caller."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from server.db import Database
from server.errors import Unauthorized
from server.settings import Settings
from server.web import auth


def _database(request: Request) -> Database:
    return request.app.state.database


def _settings(request: Request) -> Settings:
    return request.app.state.settings


DatabaseDep = Annotated[Database, Depends(_database)]
SettingsDep = Annotated[Settings, Depends(_settings)]


def _reading(database: DatabaseDep) -> Iterator[Session]:
    with database.read() as session:
        yield session


def _writing(database: DatabaseDep) -> Iterator[Session]:
    with database.write() as session:
        yield session


# A transaction begins with its session's first statement: what takes long comes before it.
Reading = Annotated[Session, Depends(_reading, scope="function")]
Writing = Annotated[Session, Depends(_writing, scope="function")]


def _maybe_owner(request: Request, database: DatabaseDep, settings: SettingsDep) -> str | None:
    # A session of its own, ended here: an event stream would hold the request's for minutes.
    with database.read() as session:
        return auth.identify(session, settings, request.headers, request.cookies)


MaybeOwner = Annotated[str | None, Depends(_maybe_owner)]


def owner(found: MaybeOwner) -> str:
    """Name of the caller; raises Unauthorized without a valid token where one is needed."""
    if found is None:
        raise Unauthorized("Send a token as `Authorization: Bearer …`, or sign in on the page.")
    return found


Owner = Annotated[str, Depends(owner)]
