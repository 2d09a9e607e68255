"""Every page: both schemes, phone and desk, no accessibility violation, no sideways scrolling.

A page is opened once; its scheme and width change while it is open, as on a real device.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.service import Service
from tests.e2e.charts import chart

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOKS = [(width, scheme) for width in (1440, 390) for scheme in ("light", "dark")]
PAGES = {
    "home": "/",
    "home empty": "{empty}/",
    "runs": "/runs",
    "runs empty": "{empty}/runs",
    "launch": "/runs/new",
    "clone": "/runs/new?clone={run}",
    "run": "/runs/{run}",
    "run live": "/runs/{live}",
    "run failed": "{fragile}/runs/{failed}",
    "run unknown": "/runs/nothing",
    "compare": "/compare?runs={run},{live}",
    "compare empty": "/compare",
    "studies": "/studies",
    "study": "/studies/{study}",
    "policies": "/policies",
    "policies empty": "{empty}/policies",
    "policy": "/policies/{run}",
    "replay": "/runs/{run}/replay",
    "alerts": "/alerts",
    "workers": "/workers",
    "workers empty": "{empty}/workers",
    "not found": "/nowhere",
}
WITH_CHARTS = ("run", "run live", "compare", "study")
REFUSED = {"run unknown": (404,)}
SMALL = {"iterations": 4, "batch_size": 1000, "checkpoint_every": 2, "video_every": 0}

STILL = """async ([scheme, width]) => {
  const own = () => document.documentElement.dataset.mantineColorScheme ?? scheme;
  while (own() !== scheme || innerWidth !== width) await new Promise(requestAnimationFrame);
  // Transitions begin with the frame that sees the new style.
  for (let i = 0; i < 3; i++) {
    await new Promise(requestAnimationFrame);
    await Promise.allSettled(document.getAnimations().map(a => a.finished));
  }
}"""
RUN_AXE = """tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})
  .then(r => r.violations.map(v => [v.id, v.nodes.map(
    n => [n.html.slice(0, 160), n.any.map(check => check.message)])]))"""


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Iterator[Service]:
    """A server on which nothing has happened, without a worker."""
    found = Service(tmp_path_factory.mktemp("empty") / "data")
    found.web()
    yield found
    found.close()


@pytest.fixture(scope="module")
def fragile(tmp_path_factory) -> Iterator[tuple[str, str]]:
    """The address of a server that tries a run once, and a run there whose process was killed."""
    found = Service(tmp_path_factory.mktemp("fragile") / "data", max_attempts=1)
    found.web()
    found.worker()
    run_id = found.create(name="Cut off", config=SMALL | {"iterations": 2000})
    found.wait_for_iteration(run_id, 3)
    for attempt in found.attempts(run_id):
        attempt.kill()
    found.wait_for(run_id, "failed")
    yield found.url, run_id
    found.close()


@pytest.fixture(scope="module")
def live(service) -> Iterator[str]:
    """A run that is in training all the while."""
    run_id = service.create(name="In training", config=SMALL | {"iterations": 100_000})
    service.wait_for_iteration(run_id, 3)
    yield run_id
    service.call("POST", f"/api/runs/{run_id}/stop")
    service.wait_for(run_id, "stopped")


@pytest.fixture(scope="module")
def study(service) -> str:
    """A finished study of two algorithms."""
    runs = [
        {"task": "point-circle", "algorithm": a, "tags": [a], "config": SMALL}
        for a in ("cpo", "trpo")
    ]
    found = service.call("POST", "/api/studies", {"name": "Two ways to look", "runs": runs})
    for run in found["runs"]:
        service.wait_for(run["id"], "succeeded")
    return found["id"]


@pytest.fixture(scope="module")
def addresses(finished_run, live, study, empty, fragile) -> dict[str, str]:
    """Where each page is."""
    url, failed = fragile
    known = {"run": finished_run, "live": live, "study": study, "empty": empty.url}
    return {n: p.format(fragile=url, failed=failed, **known) for n, p in PAGES.items()}


def settle(page: Page, name: str) -> None:
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_function("() => !document.querySelector('main [role=status]')")
    if name in WITH_CHARTS:
        chart(page, "Return")


def look(page: Page, width: int, scheme: str) -> None:
    """Change the window and the system's scheme; wait until nothing moves."""
    dark = "dark" if scheme == "dark" else "light"
    page.emulate_media(color_scheme=dark, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate(STILL, [scheme, width])


def violations(page: Page) -> list:
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    return page.evaluate(RUN_AXE, TAGS)


def check(page: Page, looks: Sequence[tuple[int, str]] = LOOKS) -> None:
    """All rules and the width, on phone and desk, light and dark."""
    for width, scheme in looks:
        look(page, width, scheme)
        found = violations(page)
        assert found == [], f"{width} px, {scheme}: {json.dumps(found, indent=1)}"
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{scheme}: {wide} px wide in a window of {width} px"


@pytest.mark.parametrize("name", PAGES)
def test_no_page_breaks_an_accessibility_rule_or_scrolls_sideways(open_page, addresses, name):
    page = open_page(addresses[name], refused=REFUSED.get(name, ()))
    settle(page, name)
    check(page)


def open_stop(page: Page) -> None:
    page.get_by_role("button", name="Stop", exact=True).first.click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Stop the run")).to_be_visible()


def open_chart_menu(page: Page) -> None:
    chart(page, "Return")
    page.get_by_role("button", name="Save or list: Return").first.click()
    expect(page.get_by_role("menuitem", name="Show as table")).to_be_visible()


def open_table(page: Page) -> None:
    open_chart_menu(page)
    page.get_by_role("menuitem", name="Show as table").click()
    expect(page.get_by_role("dialog").get_by_role("table")).to_be_visible()


def open_columns(page: Page) -> None:
    page.get_by_role("button", name="Columns").click()
    expect(page.get_by_role("dialog", name="Columns")).to_be_visible()


OPENED = {
    "stop confirmation": ("run live", open_stop),
    "chart menu": ("run", open_chart_menu),
    "chart as table": ("run", open_table),
    "chart as table of a comparison": ("compare", open_table),
    "columns of the list": ("runs", open_columns),
}


@pytest.mark.parametrize("name", OPENED)
def test_no_open_dialog_or_menu_breaks_an_accessibility_rule(open_page, addresses, name):
    where, opened = OPENED[name]
    page = open_page(addresses[where])
    settle(page, where)
    opened(page)
    check(page)


def test_charts_have_most_of_the_width_of_a_desk(open_page, finished_run):
    page = open_page(f"/runs/{finished_run}")
    chart(page, "Return")
    boxes = [page.get_by_role("figure", name=n).first.bounding_box() for n in ("Return", "Cost:")]
    assert sum(box["width"] for box in boxes) >= 0.65 * 1440
