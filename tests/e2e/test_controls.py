"""What can be asked of a run from its page, and what a failed run says."""

from __future__ import annotations

import re
import signal

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.service import REAL_TIME, Service

pytestmark = pytest.mark.browser

LONG = {"iterations": 5000, "checkpoint_every": 1, "video_every": 0}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory):
    """A service whose worker gives a lost run up at once."""
    found = Service(tmp_path_factory.mktemp("strict") / "data", slots=2, max_attempts=1)
    found.web()
    found.worker()
    yield found
    found.close()


def state(page: Page, word: str):
    return page.locator("header").get_by_text(word, exact=True)


def test_a_run_is_paused_and_goes_on(open_page, strict):
    run_id = strict.create(task=REAL_TIME, config=LONG)
    strict.wait_for_iteration(run_id, 1)
    page = open_page(f"/runs/{run_id}", at=strict)
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(state(page, "paused")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Resume", exact=True).click()
    expect(state(page, "running")).to_be_visible(timeout=60_000)
    strict.call("POST", f"/api/runs/{run_id}/stop")
    strict.wait_for(run_id, "stopped")


def test_a_failed_run_shows_its_reason_its_log_and_a_way_on(open_page, strict):
    run_id = strict.create(task=REAL_TIME, config=LONG)
    strict.wait_for_iteration(run_id, 1)
    for process in strict.attempts(run_id):
        process.send_signal(signal.SIGKILL)
    strict.wait_for(run_id, "failed")
    page = open_page(f"/runs/{run_id}", at=strict)
    failure = page.get_by_role("region", name="This run failed")
    expect(failure).to_contain_text(strict.run(run_id)["reason"])
    expect(failure.get_by_label("Last lines of the log")).to_contain_text("iteration")
    failure.get_by_role("button", name="Retry from its last checkpoint").click()
    expect(state(page, "running")).to_be_visible(timeout=60_000)
    strict.call("POST", f"/api/runs/{run_id}/stop")
    strict.wait_for(run_id, "stopped")


def test_two_tasks_with_different_costs_both_have_their_curves(open_page, strict):
    ids = [strict.create(task=t, config=LONG) for t in (REAL_TIME, "point-gather")]
    for run_id in ids:
        strict.wait_for_iteration(run_id, 3)
    page = open_page("/", at=strict)
    for name in (REAL_TIME, "point-gather"):
        card = page.get_by_role("article", name=name)
        expect(card.get_by_role("img", name=re.compile("by iteration"))).to_have_count(2)
    expect(page.get_by_text("2 of 2 in use, 0 free")).to_be_visible()
    for run_id in ids:
        strict.call("POST", f"/api/runs/{run_id}/stop")


def test_a_stopped_run_goes_on_from_its_last_checkpoint(open_page, strict):
    run_id = strict.create(task=REAL_TIME, config=LONG)
    strict.wait_for_iteration(run_id, 3)
    strict.call("POST", f"/api/runs/{run_id}/stop")
    reached = strict.wait_for(run_id, "stopped")["iteration"]
    page = open_page(f"/runs/{run_id}", at=strict)
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Go on from its last checkpoint").click()
    expect(state(page, "running")).to_be_visible(timeout=60_000)
    strict.wait_for_iteration(run_id, reached + 1)
    strict.call("POST", f"/api/runs/{run_id}/stop")
    strict.wait_for(run_id, "stopped")
    iterations = strict.columns(run_id)["iteration"]
    assert iterations == list(range(1, len(iterations) + 1))
    log = strict.call("GET", f"/api/runs/{run_id}/log")["lines"]
    [resumed] = [line for line in log if re.search(r"action=train from=[1-9]", line)]
    assert int(re.search(r"from=(\d+)", resumed)[1]) <= reached
