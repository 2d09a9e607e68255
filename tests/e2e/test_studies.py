"""Studies: one click queues the whole, its page shows progress and comparison, the report alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.charts import chart

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def study(service):
    """A small finished study."""
    config = {"iterations": 6, "batch_size": 1000, "video_every": 0}
    runs = [
        {"task": "point-circle", "algorithm": a, "seed": s, "tags": [a], "config": config}
        for s in (0, 1) for a in ("cpo", "trpo")
    ]  # fmt: skip
    found = service.call("POST", "/api/studies", {"name": "Two ways", "runs": runs})
    for run in found["runs"]:
        service.wait_for(run["id"], "succeeded")
    return found["id"]


def test_one_click_starts_the_whole_and_stop_all_ends_it(open_page, service):
    page = open_page("/studies")
    page.get_by_role("button", name="Start 12 runs").click()
    expect(page).to_have_url(re.compile(r"/studies/\w{6,}$"))
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("button", name="Stop all").click()
    page.get_by_role("button", name=re.compile(r"^Stop \d+ runs$")).click()
    study = page.url.rsplit("/", 1)[-1]
    for run in service.call("GET", f"/api/studies/{study}")["runs"]:
        service.wait_for(run["id"], "stopped", "succeeded")


def test_the_page_compares_by_arm_and_gives_a_report(open_page, study):
    page = open_page(f"/studies/{study}")
    chart(page, "Return")
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "100")
    expect(page.get_by_role("button", name=re.compile("^cpo n 2"))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the report").click()
    assert download.value.suggested_filename == "costline-two-ways.html"
    text = download.value.path().read_text()
    assert text.count("<svg viewBox") == 6
    assert "<script" not in text
