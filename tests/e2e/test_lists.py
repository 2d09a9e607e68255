"""Lists that show a part say of how many, and a search goes past the part that is listed."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.acceptance.service import Service

pytestmark = pytest.mark.browser

LISTS = {
    "finished runs": ("/", r"/api/runs\?.*state=succeeded"),
    "queue": ("/", r"/api/runs\?.*state=queued"),
    "policies": ("/policies", r"/api/runs\?.*sort=return"),
    "alerts": ("/alerts", r"/api/alerts(/seen)?$"),
    "studies": ("/studies", r"/api/studies$"),
}
MORE = 5000


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory):
    """A web server without a worker, with one of everything that is listed."""
    found = Service(tmp_path_factory.mktemp("filled") / "data")
    found.web()
    found.call("POST", "/api/runs", {"task": "point-circle", "algorithm": "cpo"})
    run = found.create(name="Cancelled", notes="the heron's own words")
    found.call("POST", f"/api/runs/{run}/stop")
    found.call("POST", "/api/studies", {"preset": "why-constraints", "seeds": [0]})
    rule = found.call("GET", "/api/alert-rules")["rules"][0]["id"]
    found.call("POST", f"/api/alert-rules/{rule}/test")
    yield found
    found.close()


@contextlib.contextmanager
def more_than_listed(page: Page, address: str) -> Iterator[list[int]]:
    """Answers from this address count more than they list; how many each listed."""
    listed = []

    def answer(route: Route) -> None:
        found = route.fetch()
        body = found.json()
        listed.append(len(next(v for v in body.values() if isinstance(v, list))))
        route.fulfill(response=found, json=body | {"total": body["total"] + MORE})

    page.route(re.compile(address), answer)
    yield listed
    page.unroute_all(behavior="ignoreErrors")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_is_a_part_says_of_how_many(open_page, filled, name):
    path, address = LISTS[name]
    page = open_page("/nowhere", at=filled)
    with more_than_listed(page, address) as listed:
        page.goto(filled.url + path)
        expect(page.get_by_text(re.compile(r"^Showing \d+ .*of 5,0\d\d"))).to_be_visible()
        expect(page.get_by_text(f"of {listed[-1] + MORE:,}")).to_be_visible()


def test_the_queue_counts_all_that_wait(open_page, filled):
    page = open_page("/nowhere", at=filled)
    with more_than_listed(page, LISTS["queue"][1]) as listed:
        page.goto(filled.url + "/")
        expect(page.get_by_role("heading", name=re.compile(r"^Queue \(50\d\d\)"))).to_be_visible()
        expect(page.get_by_text(f"{listed[-1] + MORE} queued")).to_be_visible()


def test_runs_to_compare_are_searched_by_the_server(open_page, filled):
    page = open_page("/compare", at=filled)
    picker = page.get_by_role("combobox", name="Runs")
    picker.fill("heron")
    # Only the server knows the notes of a run.
    expect(page.get_by_role("option")).to_have_text([re.compile("^Cancelled")])
    page.get_by_role("option").click()
    picker.fill("point")
    expect(page.get_by_role("option", name=re.compile("^Cancelled"))).to_have_count(0)
    expect(page.get_by_text(re.compile("^Cancelled"))).to_be_visible()
