"""What a chart on the page shows, read from Plotly's own state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page


def chart(page: Page, title: str) -> Locator:
    """The drawn plot under this caption; waits until it has points."""
    figure = page.get_by_role("figure", name=title).first
    page.get_by_role("figure").first.wait_for()
    for _ in range(30):
        # Charts further down are not made before one comes near them.
        if figure.count():
            break
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(50)
    figure.scroll_into_view_if_needed()
    plot = figure.locator(".js-plotly-plot")
    plot.locator(".scatterlayer .trace").first.wait_for(state="attached", timeout=60_000)
    return plot


def points(plot: Locator) -> int:
    """Rows of the longest trace."""
    return plot.evaluate("el => Math.max(...el.data.map(t => t.x.length))")


def x_range(plot: Locator) -> list[float]:
    """The visible range of the horizontal axis."""
    return plot.evaluate("el => [...el._fullLayout.xaxis.range]")


def labels(plot: Locator) -> list[str]:
    """Texts of the labelled lines."""
    return plot.evaluate("el => (el.layout.shapes || []).map(s => s.label && s.label.text)")


def drag_over(
    page: Page, plot: Locator, start: float, end: float, during: Callable[[], None] | None = None
) -> None:
    """Zoom by dragging from `start` to `end`, both as shares of the plot's width.

    `during` is called while the button is held down.
    """
    # In the middle of the window, where no bar that stays on top covers it.
    plot.evaluate("el => el.scrollIntoView({ block: 'center' })")
    area: Any = plot.locator(".nsewdrag").first.bounding_box()
    height = area["y"] + area["height"] / 2
    page.mouse.move(area["x"] + start * area["width"], height)
    page.mouse.down()
    page.mouse.move(area["x"] + end * area["width"], height, steps=8)
    if during is not None:
        during()
    page.mouse.up()
