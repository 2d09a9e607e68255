"""Policies in the browser: which one is which, its files, and measuring it on demand."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_from_the_list_to_a_file_whose_hash_the_page_shows(open_page, finished_run):
    page = open_page("/policies")
    page.get_by_role("link", name="Finished run", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Finished run")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download ONNX").click()
    content = download.value.path().read_bytes()
    expect(page.get_by_text(hashlib.sha256(content).hexdigest())).to_be_visible(timeout=30_000)
    code = page.get_by_label("Run the ONNX policy", exact=True)
    expect(code).to_contain_text(download.value.suggested_filename)


def test_every_format_shows_its_own_program(open_page, finished_run):
    page = open_page(f"/policies/{finished_run}")
    for title, module in (("safetensors", "safetensors.numpy"), ("PyTorch state", "import torch")):
        page.get_by_role("tab", name=title).click()
        expect(page.get_by_label(f"Run the {title} policy", exact=True)).to_contain_text(module)


def test_last_best_return_and_best_feasible_are_told_apart_and_the_choice_is_in_the_address(
    open_page, service, finished_run
):
    found = service.call("GET", f"/api/runs/{finished_run}/policies")
    page = open_page(f"/policies/{finished_run}")
    for name, iteration in (
        ("Last", found["iterations"][-1]),
        ("Best return", found["best_return"]),
        ("Best feasible", found["best_feasible"]),
    ):
        if iteration is None:
            expect(page.get_by_text("within every limit")).to_be_visible()
            continue
        choice = page.get_by_role("radio", name=re.compile(name))
        expect(choice).to_have_count(1)
        expect(choice).to_have_value(str(iteration))
    page.get_by_role("radio", name=re.compile("Best return")).click()
    expect(page).to_have_url(re.compile(f"iteration={found['best_return']}$"))
    page.reload()
    expect(page.get_by_role("radio", name=re.compile("Best return"))).to_be_checked()


def test_a_measurement_is_asked_for_by_keyboard_and_shown_with_its_error_against_the_limit(
    open_page, finished_run
):
    page = open_page(f"/policies/{finished_run}")
    episodes = page.get_by_role("textbox", name="Episodes")
    episodes.fill("8")
    page.get_by_role("textbox", name="Limit: steps outside the strip").fill("60")
    page.get_by_role("textbox", name="Limit: steps outside the strip").press("Enter")
    results = page.get_by_role("list", name="Evaluations")
    newest = results.get_by_role("listitem").first
    expect(newest).to_contain_text("±", timeout=60_000)
    expect(newest).to_contain_text("of 60")
    expect(newest).to_contain_text("within limit")


def test_no_episodes_are_refused_beside_the_field(open_page, service, finished_run):
    page = open_page(f"/policies/{finished_run}", refused=(422,))
    before = len(service.call("GET", f"/api/runs/{finished_run}/evaluations")["evaluations"])
    page.get_by_role("textbox", name="Episodes").fill("")
    page.get_by_role("button", name=re.compile("^Evaluate")).click()
    expect(page.get_by_text(re.compile("greater than or equal to 1|at least 1"))).to_be_visible()
    after = len(service.call("GET", f"/api/runs/{finished_run}/evaluations")["evaluations"])
    assert after == before


def test_the_training_record_is_one_file(open_page, finished_run):
    page = open_page(f"/policies/{finished_run}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Training record").click()
    record = json.loads(download.value.path().read_text())
    assert record["run"]["id"] == finished_run
    assert record["iterations"]["iteration"][-1] == 12


def test_a_run_that_is_not_there_is_said_by_name(open_page):
    page = open_page("/policies/nosuchrun", refused=(404,))
    expect(page.get_by_role("heading", name="There is no run nosuchrun")).to_be_visible()
