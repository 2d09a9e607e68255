"""What watching costs the training: ten pages against none, turn by turn.

Once with ten event streams alone, as for people at other machines, and once with ten pages of a
Chromium beside the training, which must share its processors.
"""

from __future__ import annotations

import itertools
import statistics
import threading
import time
import urllib.request
from collections.abc import Callable

from playwright.sync_api import Page

from benchmarks.dashboard.measure import REPEAT, chromium, load, say
from benchmarks.dashboard.training import Trained, training

PAGES = 10
TURN_SECONDS = 15.0


def main() -> None:
    """Both ways, in interleaved turns on one run."""
    with training() as trained, chromium() as browser:
        streams = Streams(trained)
        slower = [turn(trained, streams.open, streams.close) for _ in range(REPEAT)]
        say("watching", "training slowed by 10 pages at other machines", slower, "%", 3)
        pages = [browser.new_context().new_page() for _ in range(PAGES)]
        url = f"{trained.service.url}/runs/{trained.run_id}"

        def show() -> None:
            for page in pages:
                load(page, url, 2)

        slower = [turn(trained, show, lambda: leave(pages)) for _ in range(REPEAT)]
        say("watching", "training slowed by 10 pages in a Chromium beside it", slower, "%")


def turn(trained: Trained, watch: Callable[[], None], leave_off: Callable[[], None]) -> float:
    """Percent by which an iteration takes longer while watched than in the turn before."""
    alone = seconds_per_iteration(trained)
    watch()
    watched = seconds_per_iteration(trained)
    leave_off()
    return 100 * (watched / alone - 1)


def seconds_per_iteration(trained: Trained) -> float:
    """Median time between the rows of one turn."""
    first = trained.newest()
    time.sleep(TURN_SECONDS)
    moments = sorted(trained.written(first).values())
    return statistics.median(b - a for a, b in itertools.pairwise(moments))


def leave(pages: list[Page]) -> None:
    """Every page shows nothing."""
    for page in pages:
        page.goto("about:blank")


class Streams:
    """Ten readers of the event stream."""

    def __init__(self, trained: Trained) -> None:
        self._url = f"{trained.service.url}/api/events"
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []

    def open(self) -> None:
        """Each reads in a thread of its own."""
        self._closing.clear()
        self._threads = [threading.Thread(target=self._read, daemon=True) for _ in range(PAGES)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """All end with the next line they get."""
        self._closing.set()
        for thread in self._threads:
            thread.join()

    def _read(self) -> None:
        with urllib.request.urlopen(self._url, timeout=120) as answer:
            while not self._closing.is_set() and answer.readline():
                pass


if __name__ == "__main__":
    main()
