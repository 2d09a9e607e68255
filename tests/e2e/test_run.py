"""The page of a run: where it comes from, its labels, its log along the timeline, its update."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.charts import chart, drag_over

pytestmark = pytest.mark.browser

CONFIG = {"iterations": 3, "batch_size": 1000, "video_every": 0}


@pytest.fixture(scope="module")
def clone(service):
    """A finished clone in a study's shadow: its parent belongs to the study, it does not."""
    body = {"runs": [{"task": "point-circle", "algorithm": "cpo", "config": CONFIG}]}
    study = service.call("POST", "/api/studies", body)
    parent = study["runs"][0]["id"]
    changes = {"seed": 7, "config": {"delta": 0.02}, "notes": "Wider steps.\nDo they pay?"}
    own = service.call("POST", f"/api/runs/{parent}/clone", changes)["id"]
    for run_id in (parent, own):
        service.wait_for(run_id, "succeeded")
    return own, parent, study["id"]


def test_a_clone_says_what_was_changed_and_is_compared_with_its_parent(open_page, clone):
    own, parent, study = clone
    page = open_page(f"/runs/{own}")
    header = page.locator("header").filter(has=page.get_by_role("heading", level=1))
    expect(header).to_contain_text("with seed 0 → 7, delta 0.01 → 0.02")
    page.get_by_role("link", name="Compare with its parent").click()
    expect(page).to_have_url(re.compile(f"runs={own}(,|%2C){parent}"))
    page.go_back()
    header.get_by_role("link", name="its parent", exact=True).click()
    header.get_by_role("link", name="its study").click()
    expect(page).to_have_url(re.compile(f"/studies/{study}$"))


def test_name_tags_and_notes_are_read_and_changed_on_the_run_itself(open_page, service, clone):
    own, *_ = clone
    page = open_page(f"/runs/{own}")
    expect(page.get_by_text("Do they pay?")).to_be_visible()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Name, tags and notes").click()
    page.get_by_label("Name", exact=True).fill("Wider")
    page.get_by_role("textbox", name="Notes").fill("They do.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Wider", exact=True)).to_be_visible()
    expect(page.get_by_text("They do.")).to_be_visible()
    assert service.run(own)["notes"] == "They do."


INSIDE = """el => {
  const [line, box] = [el, el.closest("section")].map(e => e.getBoundingClientRect());
  return line.top >= box.top && line.bottom <= box.bottom;
}"""


def test_the_log_goes_to_the_chosen_iteration_and_back_to_its_end(open_page, finished_run):
    page = open_page(f"/runs/{finished_run}?it=2")
    page.get_by_role("tab", name="Log", exact=True).click()
    log = page.get_by_role("region", name="Log", exact=True)
    marked = log.locator("mark")
    expect(marked).to_contain_text("action=iteration iteration=2 ")
    assert marked.evaluate(INSIDE)
    page.get_by_label("Chosen iteration").press("End")
    expect(marked).to_contain_text("action=iteration iteration=12 ")
    assert marked.evaluate(INSIDE)
    page.get_by_role("button", name="Go to latest").click()
    expect(marked).to_have_count(0)
    left = "el => Math.round(el.scrollHeight - el.scrollTop - el.clientHeight)"
    assert log.evaluate(left) == 0


def test_a_hidden_curve_is_shown_and_hidden_by_keyboard_and_mouse_alike(open_page, finished_run):
    page = open_page(f"/runs/{finished_run}")
    title = "Cost: Steps outside"
    plot = chart(page, title)
    theory = "el => el.data.find(t => t.name.startsWith('theory')).visible"

    def by_menu(word: str) -> None:
        page.get_by_role("button", name=f"Save or list: {title}").press("Enter")
        page.get_by_role("menuitem", name=f"{word} theory").press("Enter")

    assert plot.evaluate(theory) == "legendonly"
    by_menu("Show")
    page.wait_for_function(f"el => ({theory})(el) === true", arg=plot.element_handle())
    plot.locator(".legend .traces", has_text="theory").locator(".legendtoggle").click()
    page.wait_for_function(f"el => ({theory})(el) === 'legendonly'", arg=plot.element_handle())
    by_menu("Show")
    page.wait_for_function(f"el => ({theory})(el) === true", arg=plot.element_handle())
    by_menu("Hide")
    page.wait_for_function(f"el => ({theory})(el) === 'legendonly'", arg=plot.element_handle())


def test_a_zoom_is_along_the_axis_alone_so_that_the_address_says_it(open_page, finished_run):
    page = open_page(f"/runs/{finished_run}")
    plot = chart(page, "Return")
    upright = "el => el._fullLayout.yaxis.fixedrange"
    assert plot.evaluate(upright) is True
    drag_over(page, plot, 0.3, 0.8)
    page.wait_for_function("() => location.search.includes('from=')")


def test_the_update_is_taken_as_a_drawing_that_stands_alone(open_page, finished_run):
    page = open_page(f"/runs/{finished_run}?it=5")
    panel = page.get_by_role("figure", name="The update of iteration 5")
    panel.scroll_into_view_if_needed()
    words = panel.get_by_role("img", name="trust region").get_attribute("aria-label")
    assert words is not None
    assert re.search("step taken, toward|No step was taken", words)
    with page.expect_download() as download:
        panel.get_by_role("button", name="Drawing (SVG)").click()
    drawing = download.value.path().read_text()
    assert drawing.startswith("<svg")
    assert "The update of iteration 5" in drawing
    assert "var(" not in drawing
    assert "#2f5fd0" in drawing, "the region's border has the page's colour"


def test_the_timeline_says_the_multipliers_of_the_chosen_iteration(
    open_page, service, finished_run
):
    page = open_page(f"/runs/{finished_run}?it=4")
    expected = service.columns(finished_run)["lambda"][3]
    text = page.get_by_role("region", name="Timeline").get_by_text("λ")
    expect(text).to_contain_text("ν")
    said = float(text.inner_text().split(",")[0].removeprefix("λ (trust-region multiplier) "))
    assert said == pytest.approx(expected, rel=0.01)
