"""From the recorder's row to the point in the browser, of a run that really trains.

Both moments are of this machine's clock: the row's own, taken before its commit, and the frame
after Plotly drew a curve that reaches this iteration.
"""

from __future__ import annotations

from benchmarks.dashboard.measure import PATIENCE_MS, chromium, load, say
from benchmarks.dashboard.training import Trained, training

POINTS = 40
LISTEN = """() => {
  const figure = [...document.querySelectorAll('figure')].find(
    f => f.querySelector('h3')?.textContent === 'Return');
  const plot = figure.querySelector('.js-plotly-plot');
  window.drawn = [];
  plot.on('plotly_afterplot', () => {
    const newest = Math.max(...plot.data.map(trace => trace.x.at(-1) ?? 0));
    requestAnimationFrame(() => window.drawn.push([newest, Date.now()]));
  });
}"""


def main() -> None:
    """One page on one run."""
    with training() as trained, chromium() as browser:
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        load(page, f"{trained.service.url}/runs/{trained.run_id}", 2)
        page.evaluate(LISTEN)
        first = trained.newest() + 2
        arg, wait = first + POINTS, "n => window.drawn.some(([iteration]) => iteration >= n)"
        page.wait_for_function(wait, arg=arg, timeout=PATIENCE_MS)
        delays = delays_ms(trained, page.evaluate("window.drawn"), first, POINTS)
        say("live", "iteration written by the recorder to drawn on the run page", delays, "ms", 300)


def delays_ms(
    trained: Trained, drawn: list[tuple[int, float]], first: int, count: int
) -> list[float]:
    """Milliseconds until the first frame whose curve reaches each iteration."""
    written = trained.written(first - 1)
    return [
        min(at for newest, at in drawn if newest >= iteration) - 1000 * written[iteration]
        for iteration in range(first, first + count)
    ]


if __name__ == "__main__":
    main()
