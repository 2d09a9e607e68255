"""The first page: empty, with a queue, with the server away; deletion and its ways back.

Its service has no worker, so whatever is queued stays queued.
"""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.service import Service

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory):
    """A web server without a worker and, at first, without runs."""
    found = Service(tmp_path_factory.mktemp("quiet") / "data")
    found.web()
    yield found
    found.close()


def names(page: Page) -> list[str]:
    """Runs in the queue as shown, top to bottom."""
    return page.get_by_role("list", name="Queue").locator("li a").all_inner_texts()


def test_the_shell_command_of_the_empty_home_starts_a_run(open_page, quiet):
    page = open_page("/", at=quiet)
    code = page.get_by_role("region", name="Start a run from a shell")
    expect(code).to_contain_text("quick")
    command = ["bash", "-c", code.inner_text()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    run = json.loads(done.stdout)
    assert (run["task"], run["algorithm"], run["preset"]) == ("point-circle", "cpo", "quick")
    quiet.call("DELETE", f"/api/runs/{run['id']}")


def test_the_empty_home_starts_a_demo_run_in_one_click(open_page, quiet):
    page = open_page("/", at=quiet)
    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()
    page.get_by_role("button", name="Start a demo run").click()
    expect(page).to_have_url(re.compile(r"/runs/\w{6,}$"))
    run = quiet.run(page.url.rsplit("/", 1)[-1])
    assert (run["task"], run["algorithm"], run["preset"]) == ("point-circle", "cpo", "quick")
    quiet.call("POST", f"/api/runs/{run['id']}/stop")


def test_the_queue_moves_by_one_place_and_a_run_is_cancelled(open_page, quiet):
    ids = [quiet.create(name=f"waiting {letter}") for letter in "abc"]
    page = open_page("/", at=quiet)
    page.get_by_role("button", name="Up one place: waiting c").click()
    expect(page.get_by_role("list", name="Queue").locator("li").nth(1)).to_contain_text("waiting c")
    assert names(page) == ["waiting a", "waiting c", "waiting b"]
    page.get_by_role("button", name="Down one place: waiting a").click()
    expect(page.get_by_role("list", name="Queue").locator("li").nth(1)).to_contain_text("waiting a")
    assert names(page) == ["waiting c", "waiting a", "waiting b"]
    page.get_by_role("button", name="Cancel: waiting a").click()
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_role("heading", name="Queue (2)")).to_be_visible()
    assert quiet.run(ids[0])["state"] == "stopped"
    assert names(page) == ["waiting c", "waiting b"]


def test_a_deleted_run_is_undone_at_once_or_restored_later(open_page, quiet):
    run_id = quiet.create(name="Thrown away")
    page = open_page(f"/runs/{run_id}", at=quiet)
    delete(page)
    page.get_by_role("button", name="Undo").click()
    waiting = page.get_by_role("list", name="Queue").get_by_role("link", name="Thrown away")
    expect(waiting).to_be_visible()
    assert quiet.run(run_id)["deleted_at"] is None
    page.goto(f"{quiet.url}/runs/{run_id}")
    delete(page)
    page.goto(f"{quiet.url}/runs")
    page.get_by_role("button", name="Deleted").click()
    page.get_by_role("link", name="Thrown away").click()
    expect(page.get_by_role("heading", name="This run is deleted")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Restore")).first.click()
    expect(page.get_by_role("heading", name="This run is deleted")).to_have_count(0)
    assert quiet.run(run_id)["deleted_at"] is None


def test_a_queued_run_says_its_place_and_when_it_starts(open_page, quiet):
    run_id = quiet.create(name="Patient")
    page = open_page(f"/runs/{run_id}", at=quiet)
    place = quiet.run(run_id)["queue_position"]
    words = f"number {place} in the queue, starts when a worker has room for it"
    expect(page.get_by_text(words)).to_be_visible()
    quiet.call("POST", f"/api/runs/{run_id}/stop")


def delete(page: Page) -> None:
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("button", name="Delete the run").click()
    expect(page.get_by_text("Run deleted")).to_be_visible()


def test_a_search_of_finished_runs_loses_no_letter_and_follows_the_address(open_page, quiet):
    page = open_page("/", at=quiet)
    field = page.get_by_label("Search finished runs")
    field.press_sequentially("thrown away", delay=15)
    expect(page).to_have_url(re.compile("search=thrown"))
    expect(field).to_have_value("thrown away")
    page.get_by_role("link", name="Home", exact=True).click()
    expect(field).to_have_value("")


def test_the_scheme_is_switched_and_remembered(open_page, quiet):
    page = open_page("/", at=quiet)
    html = page.locator("html")
    expect(html).to_have_attribute("data-mantine-color-scheme", "light")
    page.get_by_role("button", name="Colours: as the system").click()
    page.get_by_role("button", name="Colours: light").click()
    expect(html).to_have_attribute("data-mantine-color-scheme", "dark")
    page.reload()
    expect(html).to_have_attribute("data-mantine-color-scheme", "dark")


def test_exact_times_are_there_for_the_keyboard(open_page, quiet):
    page = open_page("/", at=quiet)
    page.locator("time").first.focus()
    expect(page.get_by_role("tooltip").filter(has_text=re.compile(r"\d:\d\d"))).to_be_visible()


def test_while_the_server_is_away_a_banner_says_so_and_the_page_stays(open_page, quiet):
    page = open_page("/", at=quiet, away=True)
    row = page.get_by_role("link", name="Thrown away")
    expect(row).to_be_visible()
    quiet.processes[-1].end()
    banner = page.get_by_role("alert").filter(has_text="does not answer")
    expect(banner).to_be_visible()
    expect(row).to_be_visible()
    quiet.web()
    expect(banner).to_have_count(0)
