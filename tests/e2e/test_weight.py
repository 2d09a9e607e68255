"""What the first page costs to load."""

from __future__ import annotations

import gzip

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

MOST_BYTES = 250_000


def test_the_first_page_loads_little_script(open_page, service):
    page = open_page("/nowhere")
    scripts: dict[str, int] = {}

    def note(response) -> None:
        if response.url.endswith(".js"):
            scripts[response.url] = len(gzip.compress(response.body(), 6))

    page.on("response", note)
    page.goto(service.url + "/")
    page.get_by_role("heading", level=1).wait_for()
    expect(page.get_by_role("status").filter(has_text="live")).to_be_visible()
    assert len(scripts) > 1
    assert not any("engine" in url for url in scripts), "charts are not on the first page"
    assert sum(scripts.values()) < MOST_BYTES, scripts
