"""Structured logs: one line an event, `action=… key=value`, with run and token where they apply."""

from __future__ import annotations

import logging
import sys


def configure(level: str = "info", **context: object) -> None:
    """Log to stderr; `context` (run, token, worker) is on every line."""
    fixed = "".join(f" {name}={value}" for name, value in context.items())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        logging.Formatter(f"%(asctime)s.%(msecs)03d %(levelname)s %(name)s{fixed} %(message)s",
                          "%Y-%m-%dT%H:%M:%S")
    )  # fmt: skip
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("costline").setLevel(level.upper())
