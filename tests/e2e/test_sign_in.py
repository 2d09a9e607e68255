"""A server that wants a token: the page asks for it, says whose it is, and forgets it."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from playwright.sync_api import expect

from tests.acceptance.service import Service

pytestmark = pytest.mark.browser

TOKEN = "a-token-for-tests"


@pytest.fixture
def protected(tmp_path_factory: pytest.TempPathFactory):
    found = Service(tmp_path_factory.mktemp("protected") / "data", require_token=True, token=TOKEN)
    found.web()
    yield found
    found.close()


def test_the_page_asks_for_a_token_and_forgets_it_again(open_page, protected):
    page = open_page("/workers", at=protected, refused=(401,))
    field = page.get_by_label("Token")
    expect(field).to_be_focused()
    field.fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("This token is not known.")).to_be_visible()
    field.fill(TOKEN)
    field.press("Enter")
    expect(page.get_by_role("heading", name="Workers", level=1)).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="live")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Signed in as local").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_label("Token")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Token")).to_be_visible()


def test_the_shell_command_of_the_first_page_sends_the_token(open_page, protected):
    page = open_page("/", at=protected, refused=(401,), away=True)
    page.get_by_label("Token").fill(TOKEN)
    page.keyboard.press("Enter")
    code = page.get_by_role("region", name="Start a run from a shell")
    expect(code).to_contain_text("COSTLINE_TOKEN")
    done = subprocess.run(
        ["bash", "-c", code.inner_text()], capture_output=True, text=True, check=True,
        env=os.environ | {"COSTLINE_TOKEN": TOKEN},
    )  # fmt: skip
    assert json.loads(done.stdout)["state"] == "queued"
