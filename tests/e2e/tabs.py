"""Tabs in the background: headless browsers have none, so the page is told that it is one."""

from __future__ import annotations

from typing import Literal

from playwright.sync_api import Page

SHOW = """state => {
  const own = (name, get) => Object.defineProperty(document, name, { configurable: true, get });
  own("visibilityState", () => state);
  own("hidden", () => state === "hidden");
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""


def show(page: Page, state: Literal["hidden", "visible"]) -> None:
    """Put the tab into the background, or bring it back."""
    page.evaluate(SHOW, state)
