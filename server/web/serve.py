"""The web server process: uvicorn around the application, with an end that open streams cannot
hold up."""

from __future__ import annotations

import gc
import logging
from types import FrameType

import uvicorn

from server import logging_setup
from server.db import Database
from server.errors import Unavailable
from server.operations import migrate
from server.services.files import store_identity
from server.services.notify.event_stream import Feed
from server.settings import Settings
from server.web import auth
from server.web.app import create_app

log = logging.getLogger("costline.web")
SHUTDOWN_SECONDS = 5


class Server(uvicorn.Server):
    """Ends the event streams as soon as the signal comes; uvicorn waits for open requests."""

    def __init__(self, config: uvicorn.Config, feed: Feed) -> None:
        super().__init__(config)
        self._feed = feed

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Called by the signal handler."""
        self._feed.close()
        super().handle_exit(sig, frame)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; raises Unavailable when a token is needed and none exists."""
    logging_setup.configure(settings.log_level)
    database = Database(settings.url, lease_seconds=settings.lease_seconds)
    try:
        migrate.upgrade(database)
        with database.write() as session:
            store_identity.establish(session, settings)
        _check_tokens(database, settings)
        app = create_app(settings, database)
        config = uvicorn.Config(
            app, host=settings.host, port=settings.port, log_level="warning", access_log=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS, lifespan="on", server_header=False,
        )  # fmt: skip
        gc.freeze()  # the imported modules live as long as the process
        log.info("action=serve host=%s port=%d", settings.host, settings.port)
        Server(config, app.state.feed).run()
    finally:
        database.close()


def _check_tokens(database: Database, settings: Settings) -> None:
    with database.read() as session:
        if settings.auth_required and not auth.exists(session, settings):
            raise Unavailable(
                "Other machines can reach this server, so tokens are needed: "
                "make one with `costline token NAME`, or set COSTLINE_TOKEN."
            )
