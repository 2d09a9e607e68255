"""Pages with long histories, on synthetic rows in a real database.

The compare page with 20 runs of 5,000 iterations (until all six charts are painted, bytes on the
wire, redrawing all of it after one new row), a run of 5,000 iterations, the list of 1,000 runs.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.dashboard import synthetic
from benchmarks.dashboard.measure import (
    PATIENCE_MS,
    REPEAT,
    Work,
    chromium,
    count_bytes,
    load,
    say,
)
from server.db import Database
from server.domain.states import RunState
from server.operations import migrate
from server.settings import Settings
from tests.acceptance.service import Service

TOKEN = "a-token-of-the-benchmark"
TALL = {"width": 1440, "height": 2200}
DESK = {"width": 1440, "height": 900}
ITERATIONS = 5000
SAID = "text => document.querySelector('main').textContent.includes(text)"
QUIET_MS = 1500
"""Long enough after an update for everything that follows from it."""


@dataclass(frozen=True)
class Data:
    """A database with long runs, the server on it, and what the runs are."""

    service: Service
    database: Database
    ids: list[str]
    kinds: list[tuple[str, int]]

    def compared(self, service: Service) -> str:
        """The compare page of all long runs, as this server gives it."""
        return f"{service.url}/compare?runs={','.join(self.ids)}"

    @property
    def what(self) -> str:
        """That page in words."""
        return f"compare page, {len(self.ids)} runs x {ITERATIONS:,} iterations x 6 charts"


def main() -> None:
    """All figures."""
    with tempfile.TemporaryDirectory() as folder:
        data = prepare(Path(folder) / "data")
        try:
            with chromium() as browser:
                compare(browser, data)
                wire(browser, data)
                update(browser, data)
                run(browser, data)
                listing(browser, data)
        finally:
            data.service.close()
            data.database.close()


def prepare(folder: Path) -> Data:
    """20 long runs, 980 short ones, and a server that has not seen them yet."""
    settings = Settings(data_dir=folder)
    database = Database(settings.url)
    migrate.upgrade(database)
    kinds = [(a, s) for s in range(5) for a in synthetic.ALGORITHMS]
    ids = [
        synthetic.create(database, settings, a, s, ITERATIONS, state=RunState.RUNNING)
        for a, s in kinds
    ]
    for seed in range(980):
        synthetic.create(database, settings, "cpo", seed, 0, state=RunState.STOPPED)
    service = Service(folder)
    service.web()
    return Data(service, database, ids, kinds)


def compare(browser: Browser, data: Data) -> None:
    """Direct load of the compare page; the first one also reads all rows."""
    walls = []
    for _ in range(REPEAT + 1):
        page = browser.new_context(viewport=TALL).new_page()
        walls.append(load(page, data.compared(data.service), 6))
        page.context.close()
    say("pages", f"{data.what}: first load after the server's start", walls[:1], "s", 1.5)
    say("pages", f"{data.what}: direct load", walls[1:], "s", 1.5)


def wire(browser: Browser, data: Data) -> None:
    """Bytes of the compare page as another machine gets it: compressed, with a token."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with closing(Service(data.service.folder, require_token=True, token=TOKEN)) as service:
        service.web()
        page = browser.new_context(viewport=TALL, extra_http_headers=headers).new_page()
        received = count_bytes(page.context.new_cdp_session(page))
        load(page, data.compared(service), 6)
        page.context.close()
    say("pages", f"{data.what}: bytes over a network, nothing cached", [sum(received) / 1e6],
        "MB", 1.5)  # fmt: skip


def update(browser: Browser, data: Data) -> None:
    """Main-thread time of redrawing everything after one new row, and the delay until it shows."""
    page = browser.new_context(viewport=TALL).new_page()
    load(page, data.compared(data.service), 6)
    page.get_by_text("live", exact=True).wait_for()
    page.wait_for_timeout(QUIET_MS)
    work, delays, done = Work(page), [], []
    for k in range(1, REPEAT + 1):
        before = work.ms()
        start = time.perf_counter()
        synthetic.append(data.database, data.ids[0], *data.kinds[0], ITERATIONS + k)
        rows = f"{len(data.ids) * ITERATIONS + k:,} iterations"
        # Looked for seldom, and without a layout: the looking must not count as work.
        page.wait_for_function(SAID, arg=rows, polling=100, timeout=PATIENCE_MS)
        delays.append(1000 * (time.perf_counter() - start))
        page.wait_for_timeout(QUIET_MS)
        done.append(work.ms() - before)
    say("pages", "compare page: one live update of all of it, work of the page", done, "ms", 100)
    say("pages", "compare page: row written to shown", delays, "ms")
    page.context.close()


def run(browser: Browser, data: Data) -> None:
    """Direct load of a long run until all charts in a tall window are painted."""
    url = f"{data.service.url}/runs/{data.ids[1]}"
    walls = []
    for _ in range(REPEAT + 1):
        page = browser.new_context(viewport=TALL).new_page()
        walls.append(load(page, url, 6))
        page.context.close()
    say("pages", f"run page, {ITERATIONS:,} iterations: direct load", walls[1:], "s", 1)


def listing(browser: Browser, data: Data) -> None:
    """Direct load of the list of 1,000 runs until its first rows are there."""
    walls = []
    for _ in range(REPEAT + 1):
        page = browser.new_context(viewport=DESK).new_page()
        start = time.perf_counter()
        page.goto(f"{data.service.url}/runs", wait_until="commit")
        page.locator("tbody tr").first.wait_for(timeout=PATIENCE_MS)
        walls.append(1000 * (time.perf_counter() - start))
        page.context.close()
    say("pages", "list of 1,000 runs: direct load to first rows", walls[1:], "ms", 500)


if __name__ == "__main__":
    main()
