"""Every page: both schemes, phone and desk, no accessibility violation, no sideways scrolling."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.charts import chart

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = {
    "home": "/",
    "launch": "/runs/new",
    "run": "/runs/{run}",
    "compare": "/compare?runs={run}",
    "studies": "/studies",
    "policies": "/policies",
    "policy": "/policies/{run}",
    "replay": "/runs/{run}/replay",
    "alerts": "/alerts",
    "workers": "/workers",
    "not-found": "/nowhere",
}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def settle(page, name: str) -> None:
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_function("() => !document.querySelector('main [role=status]')")
    if name in ("run", "compare"):
        chart(page, "Return")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_no_page_breaks_an_accessibility_rule(open_page, finished_run, name, scheme):
    page = open_page(PAGES[name].format(run=finished_run), scheme=scheme)
    settle(page, name)
    page.add_script_tag(path=AXE)
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})"
        ".then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 160))]))",
        TAGS,
    )
    assert found == [], json.dumps(found, indent=1)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_scrolls_sideways_on_a_phone(open_page, finished_run, name):
    page = open_page(PAGES[name].format(run=finished_run), width=390, height=844)
    settle(page, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_charts_have_most_of_the_width_of_a_desk(open_page, finished_run):
    page = open_page(f"/runs/{finished_run}")
    chart(page, "Return")
    boxes = [page.get_by_role("figure", name=n).first.bounding_box() for n in ("Return", "Cost:")]
    assert sum(box["width"] for box in boxes) >= 0.65 * 1440
