"""Puts the built page into every wheel and editable install (see scripts/page.py)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageBuildHook(BuildHookInterface[Any]):
    """Runs before the wheel is put together; an sdist carries the sources instead."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build server/static, which pyproject.toml lists as an artifact."""
        if self.target_name == "wheel":
            sys.path.insert(0, str(Path(self.root) / "scripts"))
            import page

            page.build()
