"""Measures the comparison and the list of runs in a real Chromium on a real database.

`python -m benchmarks.dashboard_compare` prints one JSON line per figure: the compare page with 20
runs of 5,000 iterations (until its charts are drawn, bytes on the wire, redrawing after one new
row), and the list of 1,000 runs (until its first rows are there). Medians.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from benchmarks import dashboard_rows
from server import migrate
from server.db import Database
from server.schemas import RunState
from server.settings import Settings
from tests.acceptance.service import Service
from tests.e2e.chromium import find_chromium, launch

REPEAT = int(os.environ.get("COSTLINE_BENCH_REPEAT", "5"))
DRAWN = """n => document.querySelectorAll('.js-plotly-plot .scatterlayer .trace').length > 0
  && [...document.querySelectorAll('.js-plotly-plot')].length >= n"""


def main() -> None:
    """All figures."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        settings = Settings(data_dir=data)
        database = Database(settings.url)
        migrate.upgrade(database)
        kinds = [(a, s) for s in range(5) for a in dashboard_rows.ALGORITHMS]
        ids = [
            dashboard_rows.create(database, settings, a, s, 5000, state=RunState.RUNNING)
            for a, s in kinds
        ]
        for seed in range(980):
            dashboard_rows.create(database, settings, "cpo", seed, 0, state=RunState.STOPPED)
        service = Service(data)
        service.web()
        try:
            with sync_playwright() as playwright:
                browser = launch(playwright, find_chromium(playwright) or "")
                compare(browser, service, ids)
                update(browser, service, database, ids, kinds)
                listing(browser, service)
                browser.close()
        finally:
            service.close()
            database.close()


def compare(browser: Browser, service: Service, ids: list[str]) -> None:
    """Direct load of the compare page until the charts in view are drawn."""
    walls, sizes = [], []
    for _ in range(REPEAT):
        page = browser.new_context(viewport={"width": 1440, "height": 2200}).new_page()
        session = page.context.new_cdp_session(page)
        received = count_bytes(session)
        start = time.perf_counter()
        page.goto(f"{service.url}/compare?runs={','.join(ids)}", wait_until="commit")
        page.wait_for_function(DRAWN, arg=6, timeout=60_000)
        walls.append(time.perf_counter() - start)
        sizes.append(sum(received))
        page.context.close()
    say("compare page, 20 runs x 5,000 iterations x 6 charts, first load", walls[0], "s")
    say("the same, median of later loads", statistics.median(walls[1:] or walls), "s")
    say("bytes on the wire, page and data, cold cache", statistics.median(sizes) / 1e6, "MB")
    query = "&".join(f"run={i}" for i in ids)
    _, body, _ = service.download(f"/api/compare?{query}", {"Accept-Encoding": "gzip"})
    say("of it, the comparison itself", len(body) / 1e6, "MB")


def update(
    browser: Browser, service: Service, database: Database, ids: list[str], kinds: list
) -> None:  # fmt: skip
    """Main-thread time of redrawing everything after one new row, and the delay until it shows."""
    page = browser.new_context(viewport={"width": 1440, "height": 2200}).new_page()
    page.goto(f"{service.url}/compare?runs={','.join(ids)}")
    page.wait_for_function(DRAWN, arg=6, timeout=60_000)
    page.get_by_text("live", exact=True).wait_for()
    work, delays = [], []
    for k in range(REPEAT):
        before = work_ms(page)
        start = time.perf_counter()
        dashboard_rows.append(database, ids[0], *kinds[0], 5001 + k)
        page.wait_for_function(
            "n => document.body.innerText.includes(n)", arg=f"{100_001 + k:,} iterations"
        )
        delays.append(time.perf_counter() - start)
        page.wait_for_timeout(600)
        work.append(work_ms(page) - before)
    say("one live update of all charts, page's script and drawing", statistics.median(work), "ms")
    say("row written to drawn on the compare page", 1000 * statistics.median(delays), "ms")
    page.context.close()


def listing(browser: Browser, service: Service) -> None:
    """Direct load of the list of 1,000 runs until its first rows are there."""
    walls = []
    for _ in range(REPEAT):
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        start = time.perf_counter()
        page.goto(f"{service.url}/runs", wait_until="commit")
        page.locator("tbody tr").first.wait_for()
        walls.append(time.perf_counter() - start)
        page.context.close()
    say("list of 1,000 runs, direct load to first rows", 1000 * statistics.median(walls), "ms")


def work_ms(page: Page) -> float:
    """Milliseconds that the page's main thread has worked so far."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    found = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return 1000 * found["TaskDuration"]


def count_bytes(session: CDPSession) -> list[int]:
    """Encoded bytes of every answer, as they come."""
    received: list[int] = []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda e: received.append(int(e["encodedDataLength"])))
    return received


def say(figure: str, value: float, unit: str) -> None:
    """One line."""
    load = os.getloadavg()[0]
    print(json.dumps({"figure": figure, "value": round(value, 3), "unit": unit, "load": load}))


if __name__ == "__main__":
    main()
