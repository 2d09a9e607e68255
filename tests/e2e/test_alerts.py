"""Alerts on the page, by webhook and by the browser's own notifications."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.tabs import show
from tests.server.receiver import Receiver

pytestmark = pytest.mark.browser

SMALL = {"iterations": 2, "batch_size": 1000, "checkpoint_every": 2, "video_every": 0}


def test_a_finished_run_is_told_on_any_page_counted_and_listed(open_page, service):
    page = open_page("/studies")
    expect(page.get_by_role("status").filter(has_text="live")).to_be_visible()
    service.create(name="Tell me", config=SMALL)
    told = page.get_by_role("alert").filter(has_text="Tell me")
    expect(told).to_contain_text("Done after 2 iterations", timeout=60_000)
    bell = page.get_by_role("link", name=re.compile(r"Alerts, \d+ new"))
    told.get_by_role("link", name="See the run").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tell me")
    bell.click()
    row = page.get_by_role("list", name="Alerts").get_by_role("listitem").first
    expect(row).to_contain_text("Tell me")
    expect(row).to_contain_text("new")
    expect(page.get_by_role("link", name="Alerts", exact=True)).to_be_visible()


def test_a_rule_with_a_webhook_is_made_tested_switched_off_and_deleted(open_page, service):
    receiver = Receiver()
    page = open_page("/alerts")
    # What loads above the form would move its button from under the click.
    for name in ("Alerts", "Rules"):
        page.get_by_role("list", name=name).wait_for()
    form = page.get_by_role("form", name="New rule")
    form.get_by_role("textbox", name="Iterations in a row").fill("7")
    form.get_by_role("textbox", name="Webhook (optional)").fill(receiver.url)
    form.get_by_role("button", name="Add the rule").click()
    words = "A cost is over its limit for 7 iterations in a row"
    rule = page.get_by_role("list", name="Rules").get_by_role("listitem").filter(has_text=words)
    expect(rule).to_contain_text(receiver.url)
    page.get_by_role("button", name=f"Test: {words}").click()
    row = page.get_by_role("list", name="Alerts").get_by_role("listitem").first
    expect(row).to_contain_text("arrived", timeout=20_000)
    assert [body["kind"] for body in receiver.bodies] == ["test"]
    page.get_by_role("switch", name=words).focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("switch", name=words)).not_to_be_checked()
    page.get_by_role("button", name=f"Delete: {words}").click()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(rule).to_be_visible()
    page.get_by_role("button", name=f"Delete: {words}").click()
    page.get_by_role("button", name="Delete the rule").click()
    expect(rule).to_have_count(0)
    receiver.close()


def test_a_rule_without_iterations_is_refused_beside_its_field(open_page):
    page = open_page("/alerts", refused=(422,))
    form = page.get_by_role("form", name="New rule")
    form.get_by_role("textbox", name="Iterations in a row").fill("")
    form.get_by_role("button", name="Add the rule").click()
    expect(form.get_by_text(re.compile("greater than or equal to 1|at least 1"))).to_be_visible()


def test_an_alert_in_a_hidden_tab_stays_unseen_until_the_tab_is_shown(open_page, service):
    page = open_page("/alerts")
    page.get_by_role("link", name="Alerts", exact=True).wait_for()  # all so far are seen
    marked: list[str] = []
    page.on("request", lambda r: marked.append(r.url) if r.url.endswith("/alerts/seen") else None)
    show(page, "hidden")
    rule = service.call("GET", "/api/alert-rules")["rules"][0]["id"]
    service.call("POST", f"/api/alert-rules/{rule}/test")
    expect(page.get_by_role("link", name="Alerts, 1 new")).to_be_visible()
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert marked == []
    assert service.call("GET", "/api/alerts")["unseen"] == 1
    show(page, "visible")
    expect(page.get_by_role("link", name="Alerts", exact=True)).to_be_visible()
    assert service.call("GET", "/api/alerts")["unseen"] == 0


def test_permission_is_asked_on_a_click_and_a_hidden_tab_notifies(open_page, service):
    page = open_page("/nowhere")
    # Headless browsers have no notifications to show: the page's own calls are what is observed.
    page.add_init_script("""
      window.asked = 0; window.shown = [];
      class Notification {
        static permission = "default";
        static async requestPermission() { window.asked += 1; return this.permission = "granted"; }
        constructor(title, options) { window.shown.push([title, options.tag]); }
      }
      window.Notification = Notification;
    """)
    page.goto(service.url + "/alerts")
    button = page.get_by_role("button", name="Allow notifications")
    button.wait_for()
    assert page.evaluate("asked") == 0, "it asked without a click"
    button.click()
    expect(button).to_have_count(0)
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    service.create(name="While away", config=SMALL)
    page.wait_for_function("shown.some(([title]) => title === 'While away')", timeout=60_000)
    assert page.evaluate("new Set(shown.map(([, tag]) => tag)).size === shown.length")
