"""A real Chromium: where it is, and how it is started (also used by scripts/screenshots.py)."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright

NAMES = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome",
    "google-chrome-stable",
)  # fmt: skip
"""The shell first: the same engine without a browser's windows, at half the processor time."""
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def find_chromium(playwright: Playwright) -> str | None:
    """COSTLINE_CHROMIUM, else one on the PATH, else Playwright's own; None without any."""
    named = os.environ.get("COSTLINE_CHROMIUM")
    own = playwright.chromium.executable_path
    found = (named, *(shutil.which(name) for name in NAMES), own if Path(own).exists() else None)
    return next((path for path in found if path), None)


def launch(playwright: Playwright, path: str) -> Browser:
    """A headless browser that talks to nobody but the page."""
    return playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
