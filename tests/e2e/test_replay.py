"""A rollout drawn by the browser from its recorded states."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.acceptance.service import wait_until

pytestmark = pytest.mark.browser

PICTURE = """() => new Promise(done => requestAnimationFrame(() => {
  // Read in the frame that draws: afterwards the buffer may be empty.
  const area = document.querySelector("[role=application]");
  area.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowLeft", bubbles: true}));
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [96, 54];
  const pen = copy.getContext("2d");
  pen.drawImage(area.querySelector("canvas"), 0, 0, 96, 54);
  done(Array.from(pen.getImageData(0, 0, 96, 54).data));
}))"""


def drawn(page) -> list[int]:
    """The picture, after one press of the left arrow."""
    return page.evaluate(PICTURE)


def differing(one: list[int], other: list[int]) -> int:
    return sum(abs(a - b) > 24 for a, b in zip(one, other, strict=True))


@pytest.fixture(scope="module")
def recorded_run(service, finished_run) -> str:
    """The finished run once both of its rollouts are recorded.

    The page shows the newest: one that came later would put the playhead and the camera back.
    """
    found = f"/api/runs/{finished_run}/replays"
    wait_until(lambda: len(service.call("GET", found)["replays"]) == 2, "two recorded rollouts")
    return finished_run


@pytest.fixture
def replay(open_page, recorded_run):
    """The replay page of a run, its scene on screen."""
    page = open_page(f"/runs/{recorded_run}/replay")
    page.get_by_role("application").wait_for()
    page.wait_for_selector("[role=application] canvas")
    return page


def test_it_plays_to_the_end_and_from_the_beginning_again(replay):
    step = replay.get_by_test_id("step")
    expect(step).to_have_text(re.compile("^0 of"))
    total = int(step.inner_text().split()[-1])
    replay.get_by_text("3×").click()
    replay.get_by_role("button", name="Play").click()
    expect(step).to_have_text(f"{total} of {total}", timeout=30_000)
    expect(replay.get_by_role("button", name="Play")).to_be_visible()
    # Slowly, so that it is not at the end again before anybody looks.
    replay.get_by_text("¼×").click()
    replay.get_by_role("button", name="Play").click()
    expect(step).not_to_have_text(f"{total} of {total}")


def test_the_slider_scrubs_by_keyboard_and_the_sums_follow(replay):
    slider = replay.get_by_role("slider", name="Step")
    slider.focus()
    slider.press("ArrowRight")
    expect(replay.get_by_test_id("step")).not_to_have_text(re.compile("^0 of"))
    slider.press("End")
    text = replay.get_by_role("figure").locator("figcaption").inner_text()
    value = re.search(r"return (\S+),", text)
    assert value is not None
    expect(replay.locator("dl dd").nth(1)).to_have_text(value[1])


def test_the_scene_is_drawn_moves_with_the_playhead_and_turns_with_the_camera(replay):
    first = drawn(replay)
    assert len(set(first)) > 20, "the picture is empty"
    turned = drawn(replay)
    assert differing(first, turned) > 50, "the camera did not turn"
    replay.get_by_role("slider", name="Step").press("End")
    assert differing(turned, drawn(replay)) > 50, "nothing moved"


def test_a_click_into_the_cost_strip_goes_to_that_step(replay):
    strip = replay.get_by_role("button", name=re.compile("per step"))
    box = strip.bounding_box()
    strip.click(position={"x": box["width"] / 2, "y": 5})
    step, total = replay.get_by_test_id("step").inner_text().split(" of ")
    assert abs(int(step) - int(total) / 2) <= 3


def test_another_rollout_is_chosen_and_stays_in_the_address(replay):
    chips = replay.get_by_role("group", name="Rollouts in training").get_by_role("button")
    chips.first.click()
    expect(replay).to_have_url(re.compile(r"iteration=\d+$"))
    expect(chips.first).to_have_attribute("aria-pressed", "true")


def test_without_webgl_the_page_says_so(open_page, recorded_run):
    page = open_page("/")
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page.goto(page.url + f"runs/{recorded_run}/replay")
    expect(page.get_by_text("draws no WebGL")).to_be_visible()
