"""Every page: both schemes, phone and desk, no accessibility violation, no sideways scrolling.

A page is opened once; its scheme and width change while it is open, as on a real device.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.service import REAL_TIME, Service
from tests.e2e.charts import chart

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOKS = [(width, scheme) for width in (1440, 390) for scheme in ("light", "dark")]
LOOKS_OPENED = [(1440, "light"), (390, "dark")]
"""Both widths and both schemes, for what lies over a page that is looked at in all four ways."""
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
    "run deleted": "{empty}/runs/{deleted}",
    "sign in": "{locked}/",
    "not found": "/nowhere",
}
WITH_CHARTS = ("run", "run live", "compare", "study")
REFUSED = {"run unknown": (404,), "sign in": (401,)}
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
def deleted(empty) -> str:
    """A run that was thrown away before it began."""
    run_id = empty.create(name="Thrown away")
    empty.call("DELETE", f"/api/runs/{run_id}")
    return run_id


@pytest.fixture(scope="module")
def locked(tmp_path_factory) -> Iterator[Service]:
    """A server that wants a token."""
    folder = tmp_path_factory.mktemp("locked") / "data"
    found = Service(folder, require_token=True, token="a-token-for-tests")
    found.web()
    yield found
    found.close()


@pytest.fixture(scope="module")
def fragile(tmp_path_factory) -> Iterator[tuple[str, str]]:
    """The address of a server that tries a run once, and a run there whose process was killed."""
    found = Service(tmp_path_factory.mktemp("fragile") / "data", max_attempts=1)
    found.web()
    found.worker()
    run_id = found.create(task=REAL_TIME, name="Cut off", config=SMALL | {"iterations": 2000})
    found.wait_for_iteration(run_id, 3)
    for attempt in found.attempts(run_id):
        attempt.kill()
    found.wait_for(run_id, "failed")
    yield found.url, run_id
    found.close()


@pytest.fixture(scope="module")
def live(service) -> Iterator[str]:
    """A run that is in training all the while."""
    run_id = service.create(
        task=REAL_TIME, name="In training", config=SMALL | {"iterations": 100_000}
    )
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
def addresses(finished_run, live, study, empty, deleted, locked, fragile) -> dict[str, str]:
    """Where each page is."""
    url, failed = fragile
    known = {"run": finished_run, "live": live, "study": study, "deleted": deleted}
    known |= {"empty": empty.url, "locked": locked.url}
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


def open_more(page: Page) -> None:
    page.get_by_role("button", name="More actions").click()
    expect(page.get_by_role("menuitem", name="Delete")).to_be_visible()


def open_delete(page: Page) -> None:
    open_more(page)
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Delete the run")).to_be_visible()


def open_edit(page: Page) -> None:
    page.get_by_role("button", name="Name, tags and notes of").first.click()
    expect(page.get_by_role("dialog").get_by_label("Notes")).to_be_visible()


def open_tags(page: Page) -> None:
    page.get_by_role("checkbox", name="Choose all runs of this page").check()
    page.get_by_role("button", name="Tag", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("combobox", name="Tags")).to_be_visible()


def open_tab(name: str) -> Callable[[Page], None]:
    def opened(page: Page) -> None:
        page.get_by_role("tab", name=name, exact=True).click()
        page.wait_for_function("() => !document.querySelector('main [role=status]')")

    return opened


OPENED = {
    "stop confirmation": ("run live", open_stop),
    "chart menu": ("run", open_chart_menu),
    "chart as table": ("run", open_table),
    "chart as table of a comparison": ("compare", open_table),
    "columns of the list": ("runs", open_columns),
    "more menu": ("run", open_more),
    "delete confirmation": ("run", open_delete),
    "name, tags and notes": ("runs", open_edit),
    "tags of many": ("runs", open_tags),
    "configuration": ("run", open_tab("Configuration")),
    "log": ("run", open_tab("Log")),
    "events": ("run", open_tab("Events")),
}


@pytest.mark.parametrize("name", OPENED)
def test_no_open_dialog_or_menu_breaks_an_accessibility_rule(open_page, addresses, name):
    where, opened = OPENED[name]
    page = open_page(addresses[where])
    settle(page, where)
    opened(page)
    check(page, LOOKS_OPENED)


def test_an_alert_that_is_told_breaks_no_accessibility_rule(open_page, service):
    page = open_page("/nowhere")
    settle(page, "not found")
    expect(page.get_by_role("status").filter(has_text="live")).to_be_visible()
    rule = service.call("GET", "/api/alert-rules")["rules"][0]["id"]
    for each in LOOKS_OPENED:
        service.call("POST", f"/api/alert-rules/{rule}/test")
        told = page.get_by_role("alert").filter(has_text="A test").last
        expect(told).to_be_visible()
        check(page, [each])
        expect(told).to_be_visible()


def test_the_banner_of_a_server_that_is_away_breaks_no_accessibility_rule(open_page, empty):
    page = open_page("/runs", at=empty, away=True)
    settle(page, "runs")
    empty.processes[-1].end()
    expect(page.get_by_role("alert").filter(has_text="does not answer")).to_be_visible()
    check(page, LOOKS_OPENED)
    empty.web()


@pytest.mark.parametrize("name", ["run", "compare", "study"])
def test_charts_have_most_of_the_width_of_a_desk(open_page, addresses, name):
    page = open_page(addresses[name])
    chart(page, "Return")
    boxes = [page.get_by_role("figure", name=n).first.bounding_box() for n in ("Return", "Cost:")]
    assert sum(box["width"] for box in boxes) >= 0.65 * 1440


MOVING = """() => {
  window.moved = 0;
  const look = () => {
    const lasting = a => a.effect.getComputedTiming().endTime > 20;
    window.moved = Math.max(window.moved, document.getAnimations().filter(lasting).length);
    requestAnimationFrame(look);
  };
  look();
}"""


def test_with_reduced_motion_nothing_moves_where_otherwise_a_dialog_would(open_page, addresses):
    page = open_page(addresses["run live"])
    settle(page, "run live")
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(MOVING)
    open_stop(page)
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.evaluate("moved") == 0
    page.emulate_media(reduced_motion="no-preference")
    open_stop(page)
    page.wait_for_function("() => moved > 0")
