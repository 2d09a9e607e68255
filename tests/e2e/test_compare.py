"""The compare page: groups over seeds, limits, zoom in step, hiding, the address, live."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.acceptance.service import REAL_TIME, wait_until
from tests.conftest import skip_or_fail
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
    table = page.get_by_role("region", name="Final results by group")
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


def test_a_stretch_is_typed_and_given_back(open_page, pair):
    page = open_page(f"/compare?runs={','.join(pair)}")
    chart(page, "Return")
    page.get_by_label("from").fill("3")
    page.get_by_label("to", exact=True).fill("7.5")
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.search.includes('to=7.5')")
    assert x_range(chart(page, "Return")) == [3, 7.5]
    page.get_by_role("button", name="Whole run").press("Enter")
    page.wait_for_function("() => !location.search.includes('to=')")


def test_hiding_a_group_by_keyboard_changes_no_figure_of_the_table(open_page, pair):
    page = open_page(f"/compare?runs={','.join(pair)}")
    plot = chart(page, "Return")
    table = page.get_by_role("region", name="Final results by group")
    before = table.inner_text()
    key = page.get_by_role("button", name=re.compile("^TRPO 1 seed"))
    key.focus()
    page.keyboard.press("Enter")
    expect(key).to_have_attribute("aria-pressed", "false")
    page.wait_for_function("el => el.data.length === 1", arg=plot.element_handle())
    assert table.inner_text() == before
    assert "hide=TRPO" in page.url


def test_runs_are_grouped_by_any_setting_and_their_seeds_by_quartiles(open_page, pair):
    page = open_page(f"/compare?runs={','.join(pair)}")
    chart(page, "Return")
    bar = page.get_by_role("region", name="How runs are compared")
    bar.get_by_role("combobox", name="Group by").click()
    page.get_by_role("option", name="task", exact=True).click()
    expect(page.get_by_role("button", name=re.compile("^point-circle 2 seeds"))).to_be_visible()
    table = page.get_by_role("region", name="Final results by group")
    expect(table.get_by_role("row")).to_have_count(2)
    bands = "([el, name]) => el.data.filter(t => t.name === name).length === 2"
    plot = chart(page, "Return").element_handle()
    page.wait_for_function(bands, arg=[plot, "point-circle, 95 % interval"])
    bar.get_by_text("IQM, quartiles").click()
    page.wait_for_function(bands, arg=[plot, "point-circle, middle half"])
    expect(page).to_have_url(re.compile("(?=.*statistic=iqm)(?=.*group=task)"))


def test_a_new_iteration_appears_by_itself(open_page, service):
    run_id = service.create(task=REAL_TIME, seed=8, config={"iterations": 2000, "video_every": 0})
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


@pytest.fixture(scope="module")
def filmed(service, finished_run):
    """Two runs with videos of different iterations: 6 and 12; 9 and 12 (and 3, its first)."""
    config = {"iterations": 12, "batch_size": 1000, "checkpoint_every": 3, "video_every": 9}
    ids = [finished_run, service.create(algorithm="trpo", config=config, seed=1)]
    for run_id, wanted in zip(ids, ({6, 12}, {9, 12}), strict=True):
        service.wait_for(run_id, "succeeded")
        listed = f"/api/runs/{run_id}/videos"
        wait_until(
            lambda at=listed, wanted=wanted: done(service.call("GET", at), wanted),
            f"the videos of iterations {wanted}",
        )
    if any(service.call("GET", f"/api/runs/{i}/videos")["problem"] for i in ids):
        skip_or_fail("gl", "this machine draws no videos")
    return ids


def done(found, wanted: set[int]) -> bool:
    """The videos of these iterations are there, or will never be."""
    return bool(found["problem"]) or wanted <= {video["iteration"] for video in found["videos"]}


TIMES = "() => [...document.querySelectorAll('video')].map(v => v.currentTime)"


def test_videos_play_in_step_and_say_of_which_iterations_they_are(open_page, filmed):
    page = open_page(f"/compare?runs={','.join(filmed)}")
    videos = page.locator("video")
    expect(videos).to_have_count(2)
    expect(page.get_by_text("of different iterations")).to_have_count(0)
    for caption in page.locator("video + div").all():
        expect(caption).to_contain_text(
            re.compile("iteration 12: return .+, steps outside the strip")
        )
    page.get_by_role("button", name="Play all in step").click()
    page.wait_for_function("() => [...document.querySelectorAll('video')].every(v => !v.paused)")
    page.wait_for_function(f"() => ({TIMES})().every(t => t > 0.5)")
    one, other = page.evaluate(TIMES)
    assert abs(one - other) < 0.5
    page.get_by_role("button", name="Pause all").click()
    page.wait_for_function("() => [...document.querySelectorAll('video')].every(v => v.paused)")


def test_rollouts_of_different_iterations_are_named_as_such(open_page, filmed):
    page = open_page(f"/compare?runs={','.join(filmed)}")
    expect(page.locator("video")).to_have_count(2)
    page.get_by_label(re.compile("up to iteration")).fill("0.75")
    expect(page.get_by_text("of different iterations: 6, 9")).to_be_visible()
    expect(page).to_have_url(re.compile("at=0.75"))
    page.reload()
    expect(page.get_by_text("of different iterations: 6, 9")).to_be_visible()


def test_the_run_of_a_video_is_chosen_and_stays_in_the_address(open_page, filmed):
    page = open_page(f"/compare?runs={','.join(filmed)}")
    page.get_by_role("combobox", name="Run of video 1").click()
    page.get_by_role("option", name=re.compile(f"\\({filmed[1][:5]}")).click()
    chosen = page.locator("video").first
    expect(chosen).to_have_attribute("src", re.compile(filmed[1]))
    page.reload()
    expect(chosen).to_have_attribute("src", re.compile(filmed[1]))
