"""Draws docs/screenshots: every page, light and dark, desk (1440 px) and phone (390 px).

`python scripts/screenshots.py [PAGE…]` draws all pages, or those named (home, run, compare, …).

Starts a service of its own on a data directory of its own, trains a few short runs of Point-Circle
(the same ones each time) and a small study, leaves one run in training, and ends it again. Needs
the built page (`python scripts/page.py build`) and a Chromium.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "screenshots"
SIZES = ((1440, 900), (390, 844))
LONGEST = 2400
"""Pages taller than this are cut, in CSS pixels."""
COLOURS, SIGNS = 256, 64
RUNS = (
    ("Stay in the strip", "cpo", 0),
    ("", "cpo", 1),
    ("No limit at all", "trpo", 0),
    ("", "trpo", 1),
)
"""Name, algorithm and seed of the runs that have ended."""

sys.path.insert(0, str(ROOT))

from tests import reaper  # noqa: E402  (needs the path above)
from tests.acceptance.service import Service, wait_until  # noqa: E402
from tests.e2e.chromium import find_chromium, launch  # noqa: E402


def main(wanted: list[str]) -> None:
    """Train, then photograph all pages or those wanted."""
    reaper.guard()
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder) / "data", videos="true")
        try:
            service.web()
            with sync_playwright() as playwright:
                path = find_chromium(playwright)
                if path is None:
                    sys.exit("no Chromium: install one, or set COSTLINE_CHROMIUM")
                browser = launch(playwright, path)
                shoot(browser, service, only(wanted, {"empty": "/"}))
                shoot(browser, service, only(wanted, prepare(service)))
                browser.close()
        finally:
            service.close()


def only(wanted: list[str], pages: dict[str, str]) -> dict[str, str]:
    """The wanted pages; all when none is named."""
    return {name: path for name, path in pages.items() if not wanted or name in wanted}


def prepare(service: Service) -> dict[str, str]:
    """Addresses of all pages, once there is something to see on each."""
    service.worker()
    sizes = {"batch_size": 10_000, "video_every": 10, "checkpoint_every": 5}
    ended = [
        service.create(name=name, algorithm=algorithm, seed=seed, config=sizes | {"iterations": 30})
        for name, algorithm, seed in RUNS
    ]
    study = start_study(service)
    for run_id in ended:
        service.wait_for(run_id, "succeeded")
        wait_until(lambda at=run_id: pictured(service, at), "the last video of a run")
    for run in service.call("GET", f"/api/studies/{study}")["runs"]:
        service.wait_for(run["id"], "succeeded")
    live = service.create(name="In progress", seed=2, config=sizes | {"iterations": 4000})
    service.create(algorithm="pdo", seed=0, config=sizes)
    service.wait_for_iteration(live, 12)
    return {
        "home": "/",
        "runs": "/runs",
        "launch": "/runs/new",
        "clone": f"/runs/new?clone={ended[0]}",
        "run": f"/runs/{ended[0]}",
        "live": f"/runs/{live}",
        "zoomed": f"/runs/{ended[0]}?from=5&to=25&it=12&smooth=0.5",
        "replay": f"/runs/{ended[0]}/replay",
        "compare": f"/compare?runs={','.join(ended)}",
        "studies": "/studies",
        "study": f"/studies/{study}",
        "policies": "/policies",
        "policy": f"/policies/{ended[0]}",
        "alerts": "/alerts",
        "workers": "/workers",
        "not-found": "/nowhere",
    }


def start_study(service: Service) -> str:
    """Id of a study of two algorithms, two seeds each."""
    config = {"batch_size": 4000, "iterations": 15, "checkpoint_every": 5, "video_every": 0}
    runs = [
        {"task": "point-circle", "algorithm": a, "seed": s, "tags": [tag], "config": config}
        for a, tag in (("cpo", "CPO"), ("trpo", "no constraint")) for s in (0, 1)
    ]  # fmt: skip
    body = {"name": "With and without the limit", "runs": runs}
    return service.call("POST", "/api/studies", body)["id"]


def pictured(service: Service, run_id: str) -> bool:
    """The video of the end is there, or this machine draws none."""
    found = service.call("GET", f"/api/runs/{run_id}/videos")
    last = service.run(run_id)["iterations"]
    return bool(found["problem"]) or any(v["iteration"] == last for v in found["videos"])


def shoot(browser: Browser, service: Service, pages: dict[str, str]) -> None:
    """One picture per page, scheme and size; a page is opened once and changes its look."""
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(180_000)
    for name, path in pages.items():
        page = context.new_page()
        page.goto(service.url + path)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            for width, height in SIZES:
                # Tall at first, so that every chart comes into sight and is drawn.
                page.set_viewport_size({"width": width, "height": LONGEST})
                settle(page)
                page.set_viewport_size({"width": width, "height": height})
                page.wait_for_function("height => innerHeight === height", arg=height)
                page.evaluate("() => new Promise(requestAnimationFrame)")
                whole = page.evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": width, "height": min(whole, LONGEST)})
                settle(page)
                save(page.screenshot(), OUT / f"{name}-{width}-{scheme}.png")
        page.close()
    context.close()


def save(picture: bytes, file: Path) -> None:
    """As a PNG of 256 colours: a third of the size, and no difference that the eye sees.

    Some places are kept for the page's own vivid colours: a dot that says "live" is too small for
    a palette made by area.
    """
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    found = [(n, c) for n, c in image.getcolors(image.width * image.height) or [] if vivid(c)]
    signs = [part for _, colour in sorted(found)[-SIGNS:] for part in colour]
    base = image.quantize(COLOURS - SIGNS).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette(base[: 3 * (COLOURS - SIGNS)] + signs)
    image.quantize(palette=palette, dither=Image.Dither.NONE).save(file, optimize=True)


def vivid(colour: Any) -> bool:
    """Far from grey."""
    return max(colour) - min(colour) > 48


def settle(page: Page) -> None:
    """Wait for the heading, for every chart in sight, and for the last animation frame."""
    page.get_by_role("heading", level=1).first.wait_for()
    page.wait_for_function("() => !document.querySelector('main [role=status]')")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.js-plotly-plot')].every(p => p._fullLayout)"
    )
    page.wait_for_timeout(1200)


if __name__ == "__main__":
    main(sys.argv[1:])
