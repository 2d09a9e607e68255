"""The compare page: groups over seeds, limits, zoom in step, hiding, the address, live."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.charts import chart, drag_over, labels, points, x_range

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pair(service):
    """A finished run of CPO and one of TRPO."""
    config = {"iterations": 12, "batch_size": 1000, "video_every": 0}
    ids = [service.create(algorithm=a, config=config, seed=3) for a in ("cpo", "trpo")]
    for run_id in ids:
        service.wait_for(run_id, "succeeded")
    return ids


def test_groups_stand_in_charts_table_and_plane_with_their_limit(open_page, pair):
    page = open_page(f"/compare?runs={','.join(pair)}")
    assert "limit 5" in labels(chart(page, "Cost:"))
    assert "limit 5" in labels(chart(page, "Return against"))
    table = page.get_by_role("region", name="Final figures by group")
    expect(table.get_by_role("row")).to_have_count(3)
    expect(table.get_by_role("row").nth(2)).to_contain_text("over the limit")


def test_zoom_is_shared_and_kept_in_the_address(open_page, pair):
    page = open_page(f"/compare?runs={','.join(pair)}")
    plot = chart(page, "Return")
    drag_over(page, plot, 0.3, 0.8)
    page.wait_for_function("() => location.search.includes('from=')")
    zoomed = x_range(plot)
    page.wait_for_timeout(500)
    assert x_range(chart(page, "KL per update")) == pytest.approx(zoomed, rel=1e-4)
    page.reload()
    assert x_range(chart(page, "Return")) == pytest.approx(zoomed, rel=1e-4)


def test_hiding_a_group_by_keyboard_changes_no_figure_of_the_table(open_page, pair):
    page = open_page(f"/compare?runs={','.join(pair)}")
    plot = chart(page, "Return")
    table = page.get_by_role("region", name="Final figures by group")
    before = table.inner_text()
    key = page.get_by_role("button", name=re.compile("^trpo n 1"))
    key.focus()
    page.keyboard.press("Enter")
    expect(key).to_have_attribute("aria-pressed", "false")
    page.wait_for_function("el => el.data.length === 1", arg=plot.element_handle())
    assert table.inner_text() == before
    assert "hide=trpo" in page.url


def test_a_new_iteration_appears_by_itself(open_page, service):
    run_id = service.create(seed=8, config={"iterations": 2000, "video_every": 0})
    service.wait_for_iteration(run_id, 2)
    page = open_page(f"/compare?runs={run_id}")
    plot = chart(page, "Return")
    before = points(plot)
    page.wait_for_function(
        "([el, n]) => Math.max(...el.data.map(t => t.x.length)) > n",
        arg=[plot.element_handle(), before], timeout=60_000,
    )  # fmt: skip
    service.call("POST", f"/api/runs/{run_id}/stop")
    service.wait_for(run_id, "stopped", "succeeded")
