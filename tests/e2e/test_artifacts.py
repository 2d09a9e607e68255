"""Videos play, policies download, an unknown place is said in words."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.acceptance.service import REAL_TIME, Service, wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def gl(service, need):
    """The worker draws videos; it has looked for OpenGL."""

    def rendering():
        return service.call("GET", "/api/health")["rendering"]

    wait_until(lambda: "still looking" not in rendering()["message"], "the worker to look for GL")
    if rendering()["backend"] is None:
        need("gl", rendering()["message"])


@pytest.mark.usefixtures("gl")
def test_the_video_of_a_rollout_plays_with_its_cost_strip(open_page, service, finished_run):
    wait_until(lambda: {6, 12} <= drawn(service, finished_run), "the videos of 6 and 12")
    page = open_page(f"/runs/{finished_run}")
    video = page.locator("video")
    video.scroll_into_view_if_needed()
    expect(page.get_by_role("heading", name="Rollout at iteration 12")).to_be_visible()
    expect(page.get_by_role("button", name="Go to a step")).to_be_visible()
    video.evaluate("el => el.play()")
    page.wait_for_function("() => document.querySelector('video').currentTime > 0.2")
    page.get_by_role("button", name="it. 6", exact=True).click()
    expect(page.get_by_role("heading", name="Rollout at iteration 6")).to_be_visible()


@pytest.mark.usefixtures("gl")
def test_playing_training_through_plays_its_rollouts(open_page, service, finished_run):
    wait_until(lambda: {6, 12} <= drawn(service, finished_run), "the videos of 6 and 12")
    page = open_page(f"/runs/{finished_run}?it=11")
    page.locator("video").scroll_into_view_if_needed()
    expect(page.get_by_role("heading", name="Rollout at iteration 6")).to_be_visible()
    page.evaluate("window.played = []")
    page.evaluate("document.addEventListener('play', e => played.push(e.target.ariaLabel), true)")
    page.get_by_role("button", name="Play the training through").click()
    page.wait_for_function("() => played.includes('Rollout at iteration 12')")
    assert page.evaluate("played[0]") == "Rollout at iteration 6"


@pytest.fixture
def filming(service, gl):
    """A run in training of which a video is drawn every ten seconds or so."""
    config = {"iterations": 5000, "checkpoint_every": 10, "video_every": 20}
    run_id = service.create(task=REAL_TIME, seed=9, config=config)
    wait_until(lambda: drawn(service, run_id), "the first video")
    yield run_id
    service.call("POST", f"/api/runs/{run_id}/stop")
    service.wait_for(run_id, "stopped")


def test_a_rollout_that_is_watched_stays_and_the_newer_one_is_offered(open_page, service, filming):
    page = open_page(f"/runs/{filming}")
    video = page.locator("video")
    video.scroll_into_view_if_needed()
    # Playing makes it the watched one, unless a newer one takes its place in that moment.
    video.evaluate("el => el.play()")
    page.wait_for_function("() => !document.querySelector('video').paused")
    watched = video.get_attribute("src")
    before = max(drawn(service, filming))
    wait_until(lambda: max(drawn(service, filming)) > before, "a newer video")
    offer = page.get_by_role("button", name=re.compile(r"^Newer rollout: iteration \d+$"))
    expect(offer).to_be_visible()
    assert video.get_attribute("src") == watched
    assert video.evaluate("el => el.paused") is False
    offer.click()
    expect(offer).to_have_count(0)
    expect(video).not_to_have_attribute("src", watched)


def drawn(service: Service, run_id: str) -> set[int]:
    """Iterations whose video is ready."""
    return {v["iteration"] for v in service.call("GET", f"/api/runs/{run_id}/videos")["videos"]}


def test_the_policy_downloads_with_a_snippet_that_names_the_file(open_page, finished_run):
    page = open_page(f"/runs/{finished_run}")
    button = page.get_by_role("link", name="Download ONNX")
    with page.expect_download(timeout=60_000) as download:
        button.click()
    name = download.value.suggested_filename
    assert name.endswith(".onnx")
    expect(page.get_by_role("region", name="Run the ONNX policy")).to_contain_text(name)
    assert download.value.path().stat().st_size > 1000


def test_the_log_tab_shows_what_the_training_process_wrote(open_page, finished_run):
    page = open_page(f"/runs/{finished_run}")
    page.get_by_role("tab", name="Log", exact=True).click()
    log = page.get_by_role("region", name="Log", exact=True)
    expect(log).to_contain_text("action=train from=0")
    expect(log).to_contain_text("action=iteration iteration=12")
    expect(log).to_contain_text("action=end iteration=12 completed=True")


def test_an_unknown_page_names_the_way_back(open_page):
    page = open_page("/nowhere")
    expect(page.get_by_text("There is nothing at /nowhere")).to_be_visible()
    page.get_by_role("link", name="Go to Home").click()
    expect(page.get_by_role("heading", name="Home", exact=True)).to_be_visible()
