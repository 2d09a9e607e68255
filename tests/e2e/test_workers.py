"""The page of workers: what runs where, and whether the service is well."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from tests.acceptance.service import REAL_TIME

pytestmark = pytest.mark.browser


def test_a_worker_is_shown_with_its_room_and_its_sign_of_life(open_page, service, finished_run):
    page = open_page("/workers")
    [worker] = [
        w for w in service.call("GET", "/api/workers")["workers"] if w["state"] == "running"
    ]
    card = page.get_by_role("list", name="Workers").get_by_role("listitem").first
    expect(card).to_contain_text(f"process {worker['pid']}")
    expect(card).to_contain_text("alive")
    expect(card).to_contain_text(f"of {worker['slots']} slots in use")
    expect(card).to_contain_text(f"version {worker['version']}")


def test_a_run_appears_in_its_worker_without_a_reload(open_page, service):
    page = open_page("/workers")
    card = page.get_by_role("list", name="Workers").get_by_role("listitem").first
    card.wait_for()
    config = {"iterations": 500, "video_every": 0}
    run_id = service.create(task=REAL_TIME, name="Seen at work", config=config)
    link = page.get_by_role("link", name="Seen at work")
    expect(link).to_be_visible(timeout=30_000)
    expect(card).to_contain_text(re.compile("[12] of 2 slots in use"))
    service.call("POST", f"/api/runs/{run_id}/stop")
    expect(link).to_have_count(0, timeout=30_000)


def test_missing_rendering_names_the_package_to_install(open_page, service):
    message = "Videos need OpenGL without a screen: install libegl1 (or libosmesa6)."

    def without(route):
        health = route.fetch().json()
        health["rendering"] = {"backend": None, "message": message}
        route.fulfill(body=json.dumps(health), content_type="application/json")

    page = open_page("/nowhere")
    page.route("**/api/health", without)
    page.goto(service.url + "/workers")
    expect(page.get_by_text("apt install libegl1")).to_be_visible()
    expect(page.get_by_text("can be replayed in the browser")).to_be_visible()
