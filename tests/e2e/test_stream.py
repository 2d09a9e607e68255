"""The event stream under a browser: cut and resumed, shared by tabs, never a hole in a curve."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.acceptance.service import REAL_TIME, wait_until
from tests.e2e.charts import chart
from tests.e2e.proxy import Proxy
from tests.e2e.tabs import show

pytestmark = pytest.mark.browser

CURVE = "el => el.data.find(t => t.name === 'return').x"


@pytest.fixture
def proxy(service):
    found = Proxy(service.port)
    yield found
    found.close()


@pytest.fixture
def endless(service):
    """A run that goes on for as long as its test."""
    run_id = service.create(task=REAL_TIME, seed=8, config={"iterations": 2000, "video_every": 0})
    service.wait_for_iteration(run_id, 3)
    yield run_id
    service.call("POST", f"/api/runs/{run_id}/stop")
    service.wait_for(run_id, "stopped", "succeeded")


def test_a_cut_stream_resumes_without_a_gap_or_a_double_point(proxy, open_page, endless):
    page = open_page("/nowhere", refused=("net::ERR",))
    page.goto(f"{proxy.url}/runs/{endless}")
    plot = chart(page, "Return")
    for _ in range(3):
        before, streams = page.evaluate(CURVE, plot.element_handle()), proxy.streams()
        proxy.cut()
        wait_until(lambda n=streams: proxy.streams() > n, "the page to come back")
        page.wait_for_function(
            f"([el, n]) => ({CURVE})(el).length > n + 1", arg=[plot.element_handle(), len(before)]
        )
    assert b"last-event-id" in bytes(proxy.asked).lower()
    curve = page.evaluate(CURVE, plot.element_handle())
    assert curve == list(range(1, len(curve) + 1))


def test_ten_tabs_share_one_connection(proxy, open_page):
    first = open_page("/nowhere")
    first.goto(proxy.url + "/")
    tabs = [first, *(first.context.new_page() for _ in range(9))]
    for tab in tabs[1:]:
        tab.goto(proxy.url + "/")
    for tab in tabs:
        expect(tab.get_by_role("status").filter(has_text="live")).to_be_visible()
    assert proxy.streams() == 1


def test_what_happens_before_the_stream_is_open_is_on_the_page(
    proxy, open_page, service, finished_run
):
    page = open_page("/nowhere")
    proxy.open.clear()
    page.goto(f"{proxy.url}/runs/{finished_run}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Finished run")
    wait_until(lambda: proxy.streams() == 1, "the stream to be asked for")
    service.call("PATCH", f"/api/runs/{finished_run}", {"name": "Renamed meanwhile"})
    try:
        proxy.open.set()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Renamed meanwhile")
    finally:
        service.call("PATCH", f"/api/runs/{finished_run}", {"name": "Finished run"})


def test_nothing_that_the_stream_would_tell_is_asked_for_twice(open_page, service, finished_run):
    page = open_page("/nowhere")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(service.url)))
    page.goto(f"{service.url}/runs/{finished_run}")
    expect(page.get_by_role("status").filter(has_text="live")).to_be_visible()
    for title in ("Return", "KL per update"):
        chart(page, title)
    big = [url for url in asked if url.startswith("/api/metrics") or "/figures" in url]
    once = ["/api/metrics", f"/api/runs/{finished_run}/figures"]
    assert sorted(url.split("?")[0] for url in big) == once


def test_a_hidden_tab_draws_nothing_and_has_no_gap_when_it_is_shown(open_page, service, endless):
    page = open_page(f"/runs/{endless}")
    plot = chart(page, "Return")
    show(page, "hidden")
    plot.evaluate("el => el.on('plotly_afterplot', () => { window.drawn += 1 })")

    def quiet() -> bool:
        """Rows that had come before are on their way to the chart for a moment."""
        page.evaluate("window.drawn = 0")
        service.wait_for_iteration(endless, service.run(endless)["iteration"] + 3)
        return page.evaluate("drawn") == 0

    wait_until(quiet, "three iterations for which nothing is drawn", seconds=40)
    held = len(page.evaluate(CURVE, plot.element_handle()))
    missed = service.run(endless)["iteration"]
    assert held <= missed - 3
    show(page, "visible")
    page.wait_for_function(
        f"([el, n]) => ({CURVE})(el).length > n", arg=[plot.element_handle(), missed]
    )
    curve = page.evaluate(CURVE, plot.element_handle())
    assert curve == list(range(1, len(curve) + 1))
