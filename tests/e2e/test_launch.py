"""Starting runs: by the form, by one button, from another run; refusals stand at their fields."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser


def fill_short_run(page: Page, iterations: str = "300") -> None:
    page.get_by_label("Iterations", exact=True).fill(iterations)
    page.get_by_label("Batch size (steps)").fill("1000")


def test_the_form_starts_a_run_whose_points_arrive_without_a_reload(open_page):
    page = open_page("/runs/new")
    fill_short_run(page, "2000")
    page.get_by_role("button", name="Start the run").click()
    expect(page).to_have_url(re.compile(r"/runs/\w{6,}$"))
    page.evaluate("window.notReloaded = true")
    expect(page.get_by_test_id("progress")).to_have_text(
        re.compile(r"iteration [1-9]\d* of 2,?000"), timeout=60_000
    )
    assert page.evaluate("window.notReloaded") is True
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Stop the run").click()
    expect(page.get_by_text(re.compile("^(stopped|succeeded)$")).first).to_be_visible(
        timeout=60_000
    )


def test_a_limit_below_zero_is_refused_beside_its_field_and_starts_nothing(open_page, service):
    before = service.call("GET", "/api/runs")["total"]
    page = open_page("/runs/new", refused=(422,))
    limit = page.get_by_label(re.compile("^Limit of"))
    limit.fill("-1")
    problem = page.get_by_text("must be at least 0, not -1")
    # Said while typing, by the server's check, before anything is started.
    expect(problem).to_be_visible()
    expect(limit).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Start the run").click()
    expect(limit).to_be_focused()
    assert service.call("GET", "/api/runs")["total"] == before


def test_seeds_make_one_run_each(open_page, service):
    page = open_page("/runs/new")
    fill_short_run(page, "1")
    page.get_by_role("textbox", name="Seeds").fill("7-8")
    page.get_by_role("button", name="Start 2 runs").click()
    expect(page.get_by_text("2 runs queued.")).to_be_visible()
    found = service.call("GET", "/api/runs?sort=created_at&order=desc&limit=2")["runs"]
    assert sorted(run["seed"] for run in found) == [7, 8]


def test_the_chosen_task_and_preset_fill_in_the_form_and_are_started(open_page, service):
    page = open_page("/runs/new")
    page.get_by_role("combobox", name="Task").click()
    page.get_by_role("option", name="Point-Circle, two costs (point-circle-two-costs)").click()
    expect(page.get_by_label("Limit of fast steps (steps per episode)")).to_have_value("10")
    page.get_by_text("Quick", exact=True).click()
    expect(page.get_by_label("Iterations", exact=True)).to_have_value("60")
    page.get_by_role("button", name="Name, tags, notes, priority").click()
    page.get_by_role("textbox", name="Priority").fill("7")
    fill_short_run(page, "1")
    page.get_by_role("button", name="Start the run").click()
    expect(page).to_have_url(re.compile(r"/runs/\w{6,}$"))
    run = service.run(page.url.rsplit("/", 1)[-1])
    assert (run["task"], run["preset"], run["priority"]) == ("point-circle-two-costs", "quick", 7)
    assert run["config"]["correction_gain"] == 0.1


def test_a_clone_is_prefilled_and_shows_its_difference(open_page, service, finished_run):
    page = open_page(f"/runs/new?clone={finished_run}")
    expect(page.get_by_label("Iterations", exact=True)).to_have_value("12")
    expect(page.get_by_text("Nothing differs yet")).to_be_visible()
    page.get_by_label("Iterations", exact=True).fill("2")
    expect(page.get_by_role("listitem").filter(has_text="iterations: 12 → 2")).to_be_visible()
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_role("link", name="its parent", exact=True)).to_be_visible()
    run = service.run(page.url.rsplit("/", 1)[-1])
    assert run["parent_id"] == finished_run
    assert run["config"]["batch_size"] == 1000
    assert run["config"]["iterations"] == 2
    page.get_by_role("tab", name="Configuration", exact=True).click()
    panel = page.get_by_role("tabpanel")
    expect(panel.get_by_role("heading", name="Differences from its parent")).to_be_visible()
    expect(panel.locator("dl").first).to_have_text("iterations12 → 2")


def test_lists_are_sent_as_they_were_typed(open_page, service):
    page = open_page("/runs/new", refused=(422,))
    page.get_by_text("FPO", exact=True).click()
    page.get_by_role("button", name="Options of FPO").click()
    nu = page.get_by_label("Penalties ν")
    nu.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("0.5")
    expect(nu).to_have_value("0.5")
    page.get_by_role("button", name="Networks").click()
    layers = page.get_by_label("Policy layers")
    layers.click()
    page.keyboard.press("End")
    page.keyboard.type(", 16")
    expect(layers).to_have_value("64, 32, 16")
    fill_short_run(page, "1")
    page.get_by_role("button", name="Start the run").click()
    expect(page).to_have_url(re.compile(r"/runs/\w{6,}$"))
    config = service.run(page.url.rsplit("/", 1)[-1])["config"]
    assert config["options"]["nu"] == [0.5]
    assert config["hidden"] == [64, 32, 16]


def test_a_group_that_is_wrong_opens_and_typing_in_it_keeps_the_focus(open_page):
    page = open_page("/runs/new", refused=(422,))
    delta = page.get_by_label("Trust region δ (nats)")
    page.get_by_role("button", name="Trust region").click()
    delta.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("-1")
    expect(delta).to_have_attribute("aria-invalid", "true")
    expect(delta).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("0.02")
    expect(delta).not_to_have_attribute("aria-invalid", "true")
    expect(delta).to_be_focused()


def test_a_run_is_started_by_keyboard_alone(open_page, service):
    page = open_page("/runs/new")
    page.get_by_role("heading", name="New run").wait_for()
    iterations = page.get_by_label("Iterations", exact=True)
    start = page.get_by_role("button", name="Start the run")
    for target, text in ((iterations, "1"), (page.get_by_label("Batch size (steps)"), "1000")):
        tab_to(page, target)
        page.keyboard.press("Control+A")
        page.keyboard.type(text)
    tab_to(page, start)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/runs/\w{6,}$"))
    config = service.run(page.url.rsplit("/", 1)[-1])["config"]
    assert (config["iterations"], config["batch_size"]) == (1, 1000)


def tab_to(page: Page, target: Locator) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if target.evaluate("el => el === document.activeElement"):
            return
    expect(target).to_be_focused()
