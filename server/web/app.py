"""The web application: routes, errors, the event feed and the built page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.routing import APIRoute

import server
from server.db import Database
from server.services.notify.event_stream import Feed
from server.services.scheduling.sweeper import Sweeper
from server.settings import Settings
from server.web import built_page, error_answers, guard
from server.web.deps import owner
from server.web.routes import (
    alerts,
    artifacts,
    auth,
    catalog,
    compare,
    evaluations,
    events,
    figures,
    health,
    metrics,
    runs,
    studies,
    workers,
)
from server.web.schemas.base import Problem

OPEN = (auth.router, health.router)
CLOSED = (
    runs.router, metrics.router, figures.router, artifacts.router, catalog.router,
    studies.router, workers.router, events.router, compare.router,
    evaluations.router, alerts.router,
)  # fmt: skip
ERRORS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem} for code in (401, 404, 409, 422)
}


def create_app(settings: Settings, database: Database | None = None) -> FastAPI:
    """The application over a migrated database."""
    database = database or Database(settings.url, lease_seconds=settings.lease_seconds)
    feed, sweeper = Feed(database, settings), Sweeper(database, settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with sweeper.running(), feed.running():
            yield
        database.close()

    app = FastAPI(
        title="Costline", version=server.VERSION, lifespan=lifespan, redirect_slashes=False,
        docs_url="/api/docs", redoc_url=None, openapi_url="/api/openapi.json",
        generate_unique_id_function=_operation_id, responses=ERRORS,
    )  # fmt: skip
    app.state.database, app.state.settings, app.state.feed = database, settings, feed
    for router in OPEN:
        app.include_router(router)
    for router in CLOSED:
        app.include_router(router, dependencies=[Depends(owner)])
    error_answers.install(app)
    built_page.install(app, lambda: feed.newest)
    # Over a network only: on this machine the largest script (1.1 MB) arrives in half a millisecond
    # and would take the browser four to unpack, after eighteen to pack it.
    if settings.auth_required:
        app.add_middleware(GZipMiddleware, minimum_size=2000, compresslevel=4)
    app.add_middleware(guard.Guard, settings=settings)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
