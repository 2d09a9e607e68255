"""Watching: points arrive by themselves, zoom stays, the keyboard is enough."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.service import REAL_TIME
from tests.e2e.charts import chart, drag_over, labels, points, x_range

pytestmark = pytest.mark.browser


@pytest.fixture
def long_run(service):
    run_id = service.create(task=REAL_TIME, seed=5, config={"iterations": 2000, "video_every": 0})
    service.wait_for_iteration(run_id, 3)
    yield run_id
    service.call("POST", f"/api/runs/{run_id}/stop")
    service.wait_for(run_id, "stopped", "succeeded")


def wait_for_points(page: Page, plot, more_than: int) -> None:
    page.wait_for_function(
        "([el, n]) => Math.max(...el.data.map(t => t.x.length)) > n",
        arg=[plot.element_handle(), more_than],
        timeout=60_000,
    )


def test_points_arrive_and_zoom_survives_them(open_page, long_run):
    page = open_page(f"/runs/{long_run}")
    plot = chart(page, "Return")
    before = points(plot)
    wait_for_points(page, plot, before + 1)
    cost = chart(page, "Cost:")
    # A point that arrives while the rectangle is drawn must not end it.
    drag_over(page, plot, 0.2, 0.7, lambda: wait_for_points(page, cost, points(cost) + 1))
    page.wait_for_function("() => location.search.includes('from=')")
    zoomed = x_range(plot)
    wait_for_points(page, plot, points(plot) + 1)
    assert x_range(plot) == zoomed
    # All charts share the range.
    assert x_range(chart(page, "Cost:")) == pytest.approx(zoomed, rel=1e-5)
    page.reload()
    assert x_range(chart(page, "Return")) == pytest.approx(zoomed, rel=1e-4)


def test_the_state_of_the_stream_is_shown(open_page):
    page = open_page("/")
    expect(page.get_by_role("status").filter(has_text="live")).to_be_visible(timeout=20_000)


def test_a_run_is_stopped_by_keyboard_alone(open_page, service):
    run_id = service.create(task=REAL_TIME, seed=6, config={"iterations": 2000, "video_every": 0})
    service.wait_for_iteration(run_id, 1)
    page = open_page(f"/runs/{run_id}")
    stop = page.get_by_role("button", name="Stop", exact=True)
    expect(stop).to_be_visible()
    for _ in range(40):
        page.keyboard.press("Tab")
        if stop.evaluate("el => el === document.activeElement"):
            break
    expect(stop).to_be_focused()
    page.keyboard.press("Enter")
    # A second Enter by habit stops nothing.
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Stop the run")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("stopped", exact=True)).to_be_visible(timeout=60_000)
    assert service.run(run_id)["state"] == "stopped"


def test_every_cost_has_its_limit_as_a_labelled_line(open_page, finished_run):
    page = open_page(f"/runs/{finished_run}")
    assert "limit 5" in labels(chart(page, "Cost:"))
    assert "δ 0.01" in labels(chart(page, "KL per update"))


def test_the_chosen_iteration_drives_the_drawing_and_the_address(open_page, finished_run):
    page = open_page(f"/runs/{finished_run}")
    expect(page.get_by_role("heading", name="The update of iteration 12")).to_be_visible()
    page.get_by_label("Chosen iteration").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="The update of iteration 11")).to_be_visible()
    expect(page).to_have_url(re.compile("it=11"))
