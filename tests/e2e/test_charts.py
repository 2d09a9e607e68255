"""Charts: taken away as pictures and data, kinds of update marked, zoomed without a mouse."""

from __future__ import annotations

import contextlib
import csv
import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.service import Service, wait_until
from tests.e2e.charts import chart, points, x_range

pytestmark = pytest.mark.browser

CORNER = """async url => {
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [picture.width, picture.height];
  const pen = copy.getContext("2d");
  pen.drawImage(picture, 0, 0);
  return [picture.width, ...pen.getImageData(2, 2, 1, 1).data];
}"""


def saved(page, title: str, item: str) -> Path:
    """The file behind an entry of a chart's menu."""
    chart(page, title)
    page.get_by_role("button", name=f"Save or list: {title}").first.click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=item).click()
    return download.value.path()


@pytest.mark.parametrize(("scheme", "ground"), [("light", [255, 255, 255]), ("dark", [21, 27, 36])])
def test_a_picture_stands_alone_on_its_own_ground(open_page, finished_run, scheme, ground):
    page = open_page(f"/runs/{finished_run}", scheme=scheme)
    file = saved(page, "Cost: Steps outside", "Picture (PNG)")
    assert file.read_bytes().startswith(b"\x89PNG")
    data = file.read_bytes().hex()
    blob = (
        "hex => URL.createObjectURL(new Blob([Uint8Array.from(hex.match(/../g), h => +`0x${h}`)]))"
    )
    width, *corner = page.evaluate(CORNER, page.evaluate(blob, data))
    assert corner == [*ground, 255]
    assert width > 1000


def test_a_drawing_has_its_title_and_its_legend(open_page, finished_run):
    page = open_page(f"/runs/{finished_run}")
    drawing = saved(page, "Cost: Steps outside", "Drawing (SVG)").read_text()
    assert drawing.lstrip().startswith("<svg")
    assert "Cost: Steps outside the strip" in drawing
    assert 'class="legend' in drawing
    assert "limit 5" in drawing


def test_the_data_has_the_error_and_the_limit_and_is_the_table(open_page, service, finished_run):
    page = open_page(f"/runs/{finished_run}")
    data = saved(page, "Cost: Steps outside", "Data (CSV)").read_text()
    head, *rows = csv.reader(data.splitlines())
    assert head[0] == "iteration"
    columns = service.columns(finished_run)
    shown = [dict(zip(head, row, strict=True)) for row in rows]
    assert [float(r["limit"]) for r in shown] == columns["limit_outside"]
    assert [float(r["± standard error, upper"]) for r in shown] == pytest.approx(
        [m + s for m, s in zip(columns["cost_outside"], columns["cost_se_outside"], strict=True)]
    )
    page.get_by_role("button", name="Save or list: Cost: Steps outside").click()
    page.get_by_role("menuitem", name="Show as table").click()
    table = page.get_by_role("dialog").get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(1 + len(rows))
    assert table.get_by_role("columnheader").all_inner_texts() == head


def test_a_rejected_update_is_marked_in_its_chart_and_on_the_timeline(
    open_page, service, finished_run
):
    # No small run is sure to have a rejected update, so one is made of an accepted one.
    run_id = service.create(config={"iterations": 4, "batch_size": 1000, "video_every": 0})
    service.wait_for(run_id, "succeeded")
    with contextlib.closing(sqlite3.connect(service.folder / "costline.sqlite3")) as database:
        change = (
            "UPDATE metrics SET accepted = 0, step_fraction = 0 WHERE run_id = ? AND iteration = 3"
        )
        assert database.execute(change, (run_id,)).rowcount == 1
        database.commit()
    page = open_page(f"/runs/{run_id}")
    plot = chart(page, "Line search")
    marks = "el => el.data.find(t => t.name === 'rejected').y"
    assert page.evaluate(marks, plot.element_handle()) == [0, 0, 1, 0]
    timeline = page.get_by_role("region", name="Timeline")
    expect(timeline.get_by_role("img", name="rejected")).to_be_visible()
    expect(timeline.get_by_text("rejected", exact=True)).to_be_visible()


def test_stacked_charts_show_the_same_stretch_at_the_same_place(open_page, finished_run):
    page = open_page(f"/runs/{finished_run}")
    places = []
    for title in ("Return", "KL per update", "Multipliers", "Line search"):
        plot = chart(page, title)
        size = plot.evaluate("el => [el._fullLayout._size.l, el._fullLayout._size.w]")
        places.append([*x_range(plot), *size])
    assert places[0][:2] == [1, 12]
    assert all(place == places[0] for place in places)


def test_a_stretch_is_typed_by_keyboard_and_given_back(open_page, finished_run):
    page = open_page(f"/runs/{finished_run}")
    chart(page, "Return")
    page.get_by_label("from").fill("3")
    page.get_by_label("to", exact=True).fill("7.5")
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.search.includes('to=7.5')")
    assert x_range(chart(page, "Return")) == [3, 7.5]
    page.get_by_role("button", name="Whole run").press("Enter")
    page.wait_for_function("() => !location.search.includes('to=')")
    assert x_range(chart(page, "Return")) == [1, 12]


POINTED = "el => el._hoverdata && el._hoverdata[0] && el._hoverdata[0].x"


def test_pointing_at_one_chart_shows_the_same_place_in_the_others(open_page, finished_run):
    page = open_page(f"/runs/{finished_run}", height=1400)
    cost, kl = (chart(page, name) for name in ("Cost:", "KL per update"))
    plot = chart(page, "Return")
    box = plot.locator(".nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + box["height"] / 2, steps=4)
    plots = [each.element_handle() for each in (plot, cost, kl)]
    page.wait_for_function(
        f"plots => {{ const xs = plots.map({POINTED}); return xs[0] && new Set(xs).size === 1 }}",
        arg=plots,
    )
    page.mouse.move(5, 5)
    for each in (cost, kl):
        expect(each.locator(".hoverlayer .hovertext")).to_have_count(0)


def test_axis_logarithm_and_smoothing_are_chosen_and_kept_in_the_address(
    open_page, service, finished_run
):
    page = open_page(f"/runs/{finished_run}")
    columns = service.columns(finished_run)
    timeline = page.get_by_role("region", name="Timeline")
    chart(page, "Cost:")
    timeline.get_by_text("steps", exact=True).click()
    timeline.get_by_role("switch", name="log y").check(force=True)
    timeline.get_by_role("slider", name="smoothing").fill("0.9")
    page.wait_for_function("() => /(?=.*x=env_steps)(?=.*log=1)(?=.*smooth=0.9)/.test(location)")
    for _ in range(2):
        cost = chart(page, "Cost:")
        page.wait_for_function(
            "el => el.data.some(t => /smoothed$/.test(t.name))", arg=cost.element_handle()
        )
        ends = [columns["env_steps"][0], columns["env_steps"][-1]]
        assert x_range(cost) == ends
        assert cost.evaluate("el => el._fullLayout.yaxis.type") == "log"
        curves = cost.evaluate("el => el.data.map(t => [t.name, t.y])")
        names = ("Steps outside the strip", "Steps outside the strip, smoothed")
        raw, smooth = (next(y for n, y in curves if n == w) for w in names)
        assert raw == columns["cost_outside"], "the raw cost does not stay under the smoothed one"
        assert max(smooth) - min(smooth) < max(raw) - min(raw)
        page.reload()


def test_tiles_say_what_the_service_says(open_page, service, finished_run):
    run = service.run(finished_run)
    over, latest = run["summary"]["over_limit"]["outside"], run["latest"]
    page = open_page(f"/runs/{finished_run}")
    tiles = page.locator("dl > div")
    expect(tiles.filter(has_text="Over the limit")).to_contain_text(
        f"{over['count']} of {run['iteration']}"
    )
    for label, value in (
        ("mean of the newest batch", latest["return"]),
        ("Steps outside", latest["costs"]["outside"]["mean"]),
        ("Cost regret", run["summary"]["regret"]["outside"]),
        ("KL of the last update", latest["kl"]),
    ):
        shown = tiles.filter(has_text=label).locator("dd > div").first.inner_text()
        number = float(shown.split(" ±")[0].replace(",", "").replace("−", "-"))
        assert number == pytest.approx(value, rel=0.02, abs=0.05), label


def test_a_long_run_says_how_much_of_it_is_shown(open_page, service):
    run_id = service.create(config={"iterations": 2, "batch_size": 1000, "video_every": 0})
    service.wait_for(run_id, "succeeded")
    lengthen(service, run_id, 2500)
    page = open_page(f"/runs/{run_id}")
    plot = chart(page, "Return")
    figure = page.get_by_role("figure", name="Return").first
    held = points(plot)
    assert held < 2500
    expect(figure).to_contain_text(f"showing {held} of 2500, min/max-preserving downsampling")


def lengthen(service: Service, run_id: str, rows: int) -> None:
    """Repeat the last iteration of a run: rows that nobody needs to wait for."""
    with contextlib.closing(sqlite3.connect(service.folder / "costline.sqlite3")) as database:
        names = [row[1] for row in database.execute("PRAGMA table_info(metrics)")]
        own = ", ".join("k" if name == "iteration" else f'm."{name}"' for name in names)
        database.execute(
            "WITH RECURSIVE n(k) AS (SELECT 3 UNION ALL SELECT k + 1 FROM n WHERE k < ?) "
            f"INSERT INTO metrics SELECT {own} FROM metrics m, n "
            "WHERE m.run_id = ? AND m.iteration = 2",
            (rows, run_id),
        )
        database.execute(
            "UPDATE runs SET iteration = ?, iterations = ? WHERE id = ?", (rows, rows, run_id)
        )
        database.commit()


def test_a_finger_on_a_chart_scrolls_the_page(browser, service, finished_run):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{service.url}/runs/{finished_run}")
    box = chart(page, "Return").locator(".nsewdrag").first.bounding_box()
    before = page.evaluate("scrollY")
    touch = context.new_cdp_session(page)
    for k in range(9):
        kind = "touchMove" if k else "touchStart"
        finger = {"x": box["x"] + 60, "y": box["y"] + 120 - 20 * k}
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [finger]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("y => scrollY > y + 100", arg=before)
    context.close()


def test_a_policy_that_is_kept_stands_behind_the_best_feasible(open_page, service, finished_run):
    best = service.run(finished_run)["summary"]["best_feasible"]
    kept = service.call("GET", f"/api/runs/{finished_run}/policies")["best_feasible"]
    assert (best and best["iteration"]) == kept
    page = open_page(f"/runs/{finished_run}")
    tile = page.locator("dl > div").filter(has_text="Best feasible policy")
    if best is None:
        expect(tile).to_contain_text("no checkpoint within every limit yet")
    else:
        tile.get_by_role("link").click()
        chosen = page.get_by_role("radio", checked=True)
        expect(chosen).to_have_attribute("value", str(kept))


def test_a_line_above_all_curves_leaves_room_for_its_label(open_page, finished_run):
    plot = chart(open_page(f"/runs/{finished_run}"), "KL per update")
    line = plot.evaluate("el => el.layout.shapes[0].y0")
    assert plot.evaluate("el => Math.max(...el.data[0].y)") < line
    assert plot.evaluate("el => el._fullLayout.yaxis.range[1]") >= 1.09 * line


def test_without_opengl_the_run_says_why_it_has_no_video(open_page, tmp_path):
    # A Python binding that cannot be loaded: every way to draw needs it.
    binding = tmp_path / "broken" / "OpenGL" / "__init__.py"
    binding.parent.mkdir(parents=True)
    binding.write_text("raise ImportError('libGL.so.1: cannot open shared object file')\n")
    broken = Service(tmp_path / "data", videos="true")
    broken.environment |= {"PYTHONPATH": str(tmp_path / "broken")}
    try:
        broken.web()
        broken.worker()
        config = {"iterations": 1, "batch_size": 1000, "video_every": 1}
        run_id = broken.create(config=config)
        broken.wait_for(run_id, "succeeded")
        told = f"/api/runs/{run_id}/videos"
        wait_until(lambda: broken.call("GET", told)["problem"], "the failure to be told")
        page = open_page("/nowhere")
        page.goto(f"{broken.url}/runs/{run_id}")
        panel = page.get_by_role("figure", name="Rollout")
        panel.scroll_into_view_if_needed()
        expect(panel).to_contain_text("Videos cannot be rendered here")
        expect(panel).to_contain_text(broken.call("GET", told)["problem"][:40])
        panel.get_by_role("link", name="Replay its rollouts in the browser").click()
        expect(page.get_by_role("heading", name="Replay of")).to_be_visible()
        page.close()  # before its server goes
    finally:
        broken.close()
