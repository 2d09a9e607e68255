"""The HTML report as a colleague opens it: a file alone, in a browser that asks nobody."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.e2e.test_pages import LOOKS, check

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(service, tmp_path_factory):
    """A report of four runs of two algorithms, on disk."""
    config = {"iterations": 4, "batch_size": 1000, "video_every": 0}
    ids = [
        service.create(algorithm=a, seed=s, config=config)
        for a in ("cpo", "trpo")
        for s in (20, 21)
    ]
    for run_id in ids:
        service.wait_for(run_id, "succeeded")
    query = "&".join(f"run={i}" for i in ids)
    _, body, _ = service.download(f"/api/compare/report?{query}")
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_bytes(body)
    return file


def test_the_report_opens_from_disk_asks_nobody_and_breaks_no_rule(browser: Browser, report):
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page: Page = context.new_page()
    asked: list[str] = []
    problems: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith("data:"):
            asked.append(request.url)

    page.on("request", note)
    page.on("console", lambda m: problems.append(m.text) if m.type != "log" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(report.as_uri())
    drawings = page.get_by_role("figure").locator("> svg")
    assert drawings.count() == 6
    for drawing in drawings.all():
        assert drawing.locator("path").count() > 3
        box = drawing.bounding_box()
        assert box is not None
        assert box["height"] > 100
    check(page, [(width, "light") for width, _ in LOOKS[::2]])
    assert asked == [report.as_uri()]
    assert problems == []
    context.close()
