"""Prints the API's OpenAPI description: `python -m server.web.openapi > frontend/openapi.json`."""

from __future__ import annotations

import json
import sys
from typing import Any

from server.db import Database
from server.settings import Settings
from server.web.app import create_app


def document() -> dict[str, Any]:
    """The description of the whole API; touches neither data directory nor database."""
    return create_app(Settings(), Database("sqlite://")).openapi()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=2, ensure_ascii=False) + "\n")
