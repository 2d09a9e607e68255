"""Links: copied with the view that is on screen, or said in words where that is not possible; and
followed, whatever the page still has to write into its address."""

from __future__ import annotations

import re

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


def test_a_link_that_is_followed_right_after_a_change_of_the_view_leads_away(
    open_page, finished_run
):
    page = open_page("/nowhere")
    page.clock.install()
    page.goto(page.url.removesuffix("/nowhere") + f"/runs/{finished_run}")
    smoothing = page.get_by_role("slider", name="smoothing")
    smoothing.wait_for()
    held = []
    slow = re.compile("/assets/StudiesPage-")
    page.route(slow, lambda route: held.append(route))
    smoothing.press("ArrowRight")
    page.get_by_role("link", name="Studies", exact=True).click()
    page.clock.run_for(1000)  # the view is written into the address after 300 ms
    [route] = held
    route.continue_()
    expect(page).to_have_url(re.compile("/studies$"))
