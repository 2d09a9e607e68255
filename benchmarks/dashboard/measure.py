"""What all parts share: the line of a figure, and what is read from a page."""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.e2e.chromium import find_chromium, launch

REPEAT = int(os.environ.get("COSTLINE_BENCH_REPEAT", "5"))
PATIENCE_MS = 180_000
DRAWN = """n => {
  const plots = [...document.querySelectorAll('.js-plotly-plot')];
  const loading = document.querySelector('main [role=status]');
  return !loading && plots.length >= n && plots.every(plot =>
    plot.querySelector('.scatterlayer .trace, .barlayer .trace'));
}"""
"""At least n plots are there, none of them without a trace, and nothing is still loading."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            raise SystemExit("no Chromium: install one, or set COSTLINE_CHROMIUM")
        browser = launch(playwright, path)
        yield browser
        browser.close()


def say(
    part: str, figure: str, values: Sequence[float], unit: str, target: float | None = None
) -> None:
    """One line: the median and the worst of the values, which are all of one kind."""
    line = {
        "part": part, "figure": figure, "median": round(statistics.median(values), 3),
        "worst": round(max(values), 3), "n": len(values), "unit": unit, "target": target,
        "load": round(os.getloadavg()[0], 2),
    }  # fmt: skip
    print(json.dumps(line), flush=True)


def load(page: Page, url: str, plots: int) -> float:
    """Seconds from asking for the page until all its plots are painted."""
    start = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_function(DRAWN, arg=plots, timeout=PATIENCE_MS)
    page.evaluate("() => new Promise(requestAnimationFrame)")
    return time.perf_counter() - start


class Work:
    """How long a page's main thread has worked, in ms, since this was made."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def ms(self) -> float:
        """So far; the count begins with the session, so there is one for all looks."""
        found = self._session.send("Performance.getMetrics")["metrics"]
        return 1000 * next(m["value"] for m in found if m["name"] == "TaskDuration")


def count_bytes(session: CDPSession) -> list[int]:
    """Encoded bytes of every answer, as they come."""
    received: list[int] = []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda e: received.append(int(e["encodedDataLength"])))
    return received
