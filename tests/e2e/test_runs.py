"""The list of runs: searched, sorted, columns chosen, many labelled and deleted with a way back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def three(service):
    """Three ended runs whose names begin alike."""
    config = {"iterations": 3, "batch_size": 1000, "video_every": 0}
    ids = [service.create(name=f"listed {i}", config=config, seed=i) for i in range(3)]
    for run_id in ids:
        service.wait_for(run_id, "succeeded")
    return ids


def rows(page):
    return page.locator("tbody tr")


def test_search_and_order_are_in_the_address(open_page, three):
    page = open_page("/runs")
    page.get_by_label("Search runs").fill("listed")
    expect(rows(page)).to_have_count(3)
    page.get_by_role("button", name="Regret").click()
    expect(page.get_by_role("columnheader", name="Regret")).to_have_attribute(
        "aria-sort", "descending"
    )
    expect(page).to_have_url(re.compile("(?=.*search=listed)(?=.*sort=regret)"))
    page.reload()
    expect(rows(page)).to_have_count(3)


def test_columns_are_chosen_and_remembered(open_page, three):
    page = open_page("/runs?search=listed")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("checkbox", name="Notes").check()
    expect(page.get_by_role("columnheader", name="Notes")).to_be_visible()
    page.reload()
    expect(page.get_by_role("columnheader", name="Notes")).to_be_visible()


def test_name_tags_notes_and_priority_of_one_run_are_changed(open_page, service, three):
    page = open_page("/runs?search=listed")
    page.get_by_role("button", name=re.compile("^Name, tags and notes of listed 1")).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("listed anew")
    dialog.get_by_role("combobox", name="Tags").fill("odd")
    page.keyboard.press("Enter")
    dialog.get_by_label("Notes").fill("to be looked at")
    dialog.get_by_role("textbox", name="Priority").fill("-3")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("link", name="listed anew")).to_be_visible()
    run = service.run(three[1])
    assert (run["name"], run["tags"]) == ("listed anew", ["odd"])
    assert (run["notes"], run["priority"]) == ("to be looked at", -3)


def test_many_are_tagged_then_deleted_and_brought_back(open_page, service, three):
    page = open_page("/runs?search=listed")
    page.get_by_label("Choose all runs of this page").check()
    page.get_by_role("button", name="Tag", exact=True).click()
    page.get_by_role("dialog").get_by_role("combobox", name="Tags").fill("kept")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # the tags that are known close
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("link", name="kept")).to_have_count(3)
    page.get_by_role("button", name="Delete 3").click()
    page.get_by_role("button", name="Delete 3 runs").click()
    expect(page.get_by_text("No run matches")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(rows(page)).to_have_count(3)
    assert all(service.run(i)["deleted_at"] is None for i in three)


def test_the_chosen_are_compared(open_page, three):
    page = open_page("/runs?search=listed")
    page.get_by_label("Choose all runs of this page").check()
    page.get_by_role("link", name="Compare", exact=True).last.click()
    expect(page.get_by_role("button", name=re.compile("^CPO 3 seeds"))).to_be_visible()
