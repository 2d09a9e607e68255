"""Draws docs/screenshots: every page, light and dark, desk (1440 px) and phone (390 px).

`python scripts/screenshots.py [PAGE…]` draws all pages, or those named (home, run, compare, …).

Starts a service of its own on a data directory of its own, trains a few short runs of Point-Circle,
and ends it again. Needs the built page (`python scripts/page.py build`) and a Chromium.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "screenshots"
SIZES = ((1440, 900), (390, 844))
LONGEST = 2400
"""Pages taller than this are cut, in CSS pixels."""

sys.path.insert(0, str(ROOT))

from tests.acceptance.service import Service  # noqa: E402  (needs the path above)
from tests.e2e.chromium import find_chromium, launch  # noqa: E402


def main(wanted: list[str]) -> None:
    """Train, then photograph all pages or those wanted."""
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
        for name, algorithm, seed in (
            ("Stay in the strip", "cpo", 0), ("", "cpo", 1), ("No limit at all", "trpo", 0),
        )
    ]  # fmt: skip
    for run_id in ended:
        service.wait_for(run_id, "succeeded")
    live = service.create(name="In progress", seed=2, config=sizes | {"iterations": 400})
    service.create(algorithm="pdo", seed=0, config=sizes)
    service.wait_for_iteration(live, 12)
    return {
        "home": "/",
        "launch": "/runs/new",
        "clone": f"/runs/new?clone={ended[0]}",
        "run": f"/runs/{ended[0]}",
        "live": f"/runs/{live}",
        "zoomed": f"/runs/{ended[0]}?from=5&to=25&it=12&smooth=0.5",
        "compare": f"/compare?runs={','.join(ended)}",
        "studies": "/studies",
        "policies": "/policies",
        "workers": "/workers",
        "not-found": "/nowhere",
    }


def shoot(browser: Browser, service: Service, pages: dict[str, str]) -> None:
    """One picture per page, scheme and size."""
    for scheme in ("light", "dark"):
        for width, height in SIZES:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
                reduced_motion="reduce",
            )
            for name, path in pages.items():
                page = context.new_page()
                page.goto(service.url + path)
                settle(page)
                whole = page.evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": width, "height": min(max(whole, height), LONGEST)})
                settle(page)
                page.screenshot(path=OUT / f"{name}-{width}-{scheme}.png")
                page.close()
            context.close()


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
