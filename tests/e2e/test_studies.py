"""Studies: one click queues the whole, its page shows progress and comparison, the report alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.acceptance.service import REAL_TIME
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


def test_stop_all_says_how_many_were_asked_and_why_one_was_refused(open_page, service):
    config = {"iterations": 5000, "batch_size": 1000, "video_every": 0}
    body = {"task": REAL_TIME, "algorithm": "cpo", "config": config}
    found = service.call("POST", "/api/studies", {"name": "Refusing", "runs": [body] * 3})
    refused, *others = (run["id"] for run in found["runs"])
    page = open_page(f"/studies/{found['id']}", refused=(409,))
    problem = {"title": "Conflict", "status": 409, "detail": "The run has ended.", "errors": []}
    page.route(
        f"**/api/runs/{refused}/stop",
        lambda route: route.fulfill(
            status=409, json=problem, content_type="application/problem+json"
        ),
    )
    page.get_by_role("button", name="Stop all").click()
    page.get_by_role("button", name="Stop 3 runs").click()
    expect(page.get_by_text("2 asked to stop; 1 refused: The run has ended.")).to_be_visible()
    for run_id in others:
        service.wait_for(run_id, "stopped")
    service.call("POST", f"/api/runs/{refused}/stop")
    service.wait_for(refused, "stopped")


def test_an_own_comparison_is_every_algorithm_with_every_seed(open_page, service):
    page = open_page("/studies")
    form = page.get_by_role("region", name="Or a comparison of your own")
    choose(page, form, "Task", "Point-Circle, two costs")
    choose(page, form, "Preset", "Quick")
    form.get_by_role("textbox", name="Seeds").fill("4, 6")
    form.get_by_role("textbox", name="Name").fill("Mine")
    form.get_by_role("button", name="Start 4 runs").click()
    expect(page.get_by_role("heading", name="Mine", level=1)).to_be_visible()
    found = service.call("GET", f"/api/studies/{page.url.rsplit('/', 1)[-1]}")
    for run in found["runs"]:
        service.call("POST", f"/api/runs/{run['id']}/stop")
    assert {(r["algorithm"], r["seed"]) for r in found["runs"]} == {
        (algorithm, seed) for algorithm in ("cpo", "trpo") for seed in (4, 6)
    }
    assert {(r["task"], r["preset"]) for r in found["runs"]} == {
        ("point-circle-two-costs", "quick")
    }


def choose(page: Page, form: Locator, field: str, option: str) -> None:
    form.get_by_role("combobox", name=field).click()
    page.get_by_role("option", name=option, exact=True).click()


def test_the_demo_run_is_one_click_away(open_page, service):
    page = open_page("/studies")
    page.get_by_role("button", name="Start a demo run").click()
    expect(page).to_have_url(re.compile(r"/runs/\w{6,}$"))
    run = service.run(page.url.rsplit("/", 1)[-1])
    service.call("POST", f"/api/runs/{run['id']}/stop")
    assert (run["task"], run["preset"]) == ("point-circle", "quick")


def test_the_page_compares_by_arm_and_gives_a_report(open_page, study):
    page = open_page(f"/studies/{study}")
    chart(page, "Return")
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "100")
    expect(page.get_by_role("button", name=re.compile("^CPO 2 seeds"))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the report").click()
    assert download.value.suggested_filename == "costline-two-ways.html"
    text = download.value.path().read_text()
    assert text.count("<svg viewBox") == 6
    assert "<script" not in text
