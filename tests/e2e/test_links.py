"""Links: copied with the view that is on screen, or, where that is not possible, said in words."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("address", ["/runs/{run}", "/compare?runs={run}"])
def test_where_the_page_may_not_copy_it_says_where_the_link_is(open_page, finished_run, address):
    page = open_page("/nowhere")
    # As on plain http from another machine.
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.goto(page.url.removesuffix("/nowhere") + address.format(run=finished_run))
    page.get_by_role("button", name="Copy a link to this view").click()
    expect(page.get_by_role("alert").filter(has_text="from the address bar")).to_be_visible()
