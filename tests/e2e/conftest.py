"""One service and one browser for all browser tests; a page fails its test by any console error."""

from __future__ import annotations

import contextlib
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from tests.acceptance.service import Service
from tests.conftest import skip_or_fail
from tests.e2e.chromium import find_chromium, launch

# Runs train beside the browser, often on two cores.
expect.set_options(timeout=20_000)

STATIC = Path(__file__).parents[2] / "server" / "static"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium for the session."""
    if not (STATIC / "index.html").is_file():
        skip_or_fail("browser", "the page is not built; run `python scripts/page.py build`")
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            skip_or_fail("browser", "no Chromium; install one or set COSTLINE_CHROMIUM")
        found = launch(playwright, path or "")
        yield found
        found.close()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A web server and a worker that draws videos where it can."""
    found = Service(tmp_path_factory.mktemp("browser") / "data", videos="true", slots=2)
    found.web()
    found.worker()
    yield found
    found.close()


@pytest.fixture(scope="session")
def finished_run(service: Service) -> str:
    """A run that has ended, with a few iterations, a checkpoint and, with GL, videos."""
    config = {"iterations": 12, "batch_size": 1000, "checkpoint_every": 6, "video_every": 6}
    run_id = service.create(name="Finished run", config=config, seed=1)
    service.wait_for(run_id, "succeeded")
    return run_id


ACTIVE = "&".join(f"state={state}" for state in ("queued", "starting", "running"))


@pytest.fixture(scope="module", autouse=True)
def _runs_of_the_module_end(service: Service) -> Iterator[None]:
    yield from _ended(service)


@pytest.fixture(autouse=True)
def _runs_of_the_test_end(service: Service) -> Iterator[None]:
    yield from _ended(service)


def _ended(service: Service) -> Iterator[None]:
    """What is started meanwhile is stopped: it would keep the next one's runs waiting."""

    def active() -> set[str]:
        return {run["id"] for run in service.call("GET", f"/api/runs?limit=200&{ACTIVE}")["runs"]}

    before = active()
    yield
    for run_id in active() - before:
        with contextlib.suppress(urllib.error.HTTPError):  # ended by itself
            service.call("POST", f"/api/runs/{run_id}/stop")


@pytest.fixture
def open_page(browser: Browser, service: Service) -> Iterator[Callable[..., Page]]:
    """`open_page(path, width=1440, scheme="light")`; console errors and warnings fail the test.

    `path` is on the session's service, on `at`, or a whole address.
    `refused`: HTTP statuses, or words, that the test provokes and browsers write to the console;
    `away`: the server is taken away.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []
    expected: list[str] = []

    def note(message: ConsoleMessage) -> None:
        provoked = any(words in message.text for words in expected)
        # What a software driver says to itself while the browser copies a 3-D picture.
        provoked = provoked or "GPU stall due to ReadPixels" in message.text
        if message.type in ("error", "warning") and not provoked:
            problems.append(f"{message.type}: {message.text} {message.location['url']}")

    def make(
        path: str, width: int = 1440, height: int = 900, scheme: str = "light",
        refused: tuple[int | str, ...] = (), at: Service = service, away: bool = False,
    ) -> Page:  # fmt: skip
        expected.extend(s if isinstance(s, str) else f"status of {s}" for s in refused)
        if away:
            expected.append("net::ERR_")
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            accept_downloads=True,
        )
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: problems.append(f"exception: {error}"))
        page.goto(path if path.startswith("http") else at.url + path)
        return page

    yield make
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")  # or an answer under way fails the next test
        context.close()
    assert problems == []
