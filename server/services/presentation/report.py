"""A comparison as one HTML file that opens anywhere: figures, tables, configuration, videos.

Nothing is loaded from a network: figures are inline SVG. Videos are too large to carry along, so
they are links to this server.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from cpo_core.figures import seeds
from cpo_core.figures.comparison import dash_of
from cpo_core.figures.style import CATEGORIES
from cpo_core.figures.svg import STROKES, svg
from server import VERSION
from server.models import Run
from server.services.files import artifacts
from server.services.presentation import compare
from server.services.presentation.compare import Wish
from server.settings import is_loopback

VERDICTS = {
    "within": "✓ within limit", "noise": "≈ at the limit, within noise", "over": "✗ over the limit",
    None: "no data yet",
}  # fmt: skip
Row = Sequence[str]


def html(session: Session, wish: Wish, title: str, address: str) -> str:
    """The report; `address` is this server's, for links back to runs and videos."""
    found = compare.compare(session, dataclasses.replace(wish, figures=True))
    ids = [r["id"] for g in found["groups"] for r in g["runs"]]
    runs = [run for i in ids if (run := session.get(Run, i)) is not None]
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    style = (resources.files("server.services.presentation") / "report.css").read_text()
    sections = [
        _verdicts(found),
        _section("Final results", _finals(found)),
        _section("Figures", _key(found) + _drawn(wish) + _figures(found)),
        _section("Runs", _leads(address) + _runs(runs, address)),
        _section("Configuration", _configuration(runs)),
        _section("Videos", _videos(session, runs, address)),
        _section("Versions", _versions(runs)),
    ]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style>"
        f"<header><h1>{escape(title)}</h1><p>{found['shown']} of {found['total']} runs, "
        f"{found['rows']:,} iterations, grouped by {escape(found['group'])}. "
        f"Made by Costline {VERSION} on {made}.</p></header>"
        f"<main>{''.join(sections)}</main></html>"
    )


def _section(title: str, body: str) -> str:
    return f"<section><h2>{title}</h2>{body}</section>" if body else ""


def _verdicts(found: Mapping[str, Any]) -> str:
    said = []
    for group in found["groups"]:
        words = [
            f"{escape(title)} {_interval(cost['value'])} (limit {cost['limit']:g}), "
            f"<b class={cost['verdict'] or 'none'}>{VERDICTS[cost['verdict']]}</b>"
            for name, title in _titles(found) if (cost := group["costs"].get(name))
        ]  # fmt: skip
        said.append(
            f"<li><b>{escape(group['name'])}</b> ({_seeds(group)}): return "
            f"{_interval(group['return_'])}; {'; '.join(words)}</li>"
        )
    return f'<ul class="said">{"".join(said)}</ul>'


def _seeds(group: Mapping[str, Any]) -> str:
    return seeds.words(group["n"], len(group["runs"]))


def _counted(group: Mapping[str, Any]) -> str:
    known, total = group["n"], len(group["runs"])
    return str(known) if known == total else f"{known}/{total}"


def _finals(found: Mapping[str, Any]) -> str:
    head = ["Group", "Seeds", "Return", "Return, IQM"]
    for _, title in _titles(found):
        head += [title, "Limit", "Within?", "Over limit", "Regret"]
    rows = []
    for group in found["groups"]:
        row = [escape(group["name"]), _counted(group), _interval(group["return_"]),
               _number(group["return_"], "iqm")]  # fmt: skip
        for name, _ in _titles(found):
            cost = group["costs"].get(name)
            row += ["–"] * 5 if cost is None else [
                _interval(cost["value"]), f"{cost['limit']:g}", VERDICTS[cost["verdict"]],
                _interval(cost["over_share"], 100, " %"), _interval(cost["regret"]),
            ]  # fmt: skip
        rows.append([*row, _interval(group["seconds"], 1 / 60, " min")])
    note = "<p>Means over the last tenth of training, ± the 95 % interval over seeds.</p>"
    return _table([*head, "Time"], rows) + note


def _key(found: Mapping[str, Any]) -> str:
    parts = []
    for i, group in enumerate(found["groups"]):
        dash = STROKES.get(dash_of(i), "none")
        parts.append(
            f'<span><svg width="34" height="10" aria-hidden="true"><path d="M0 5H34" '
            f'stroke="{CATEGORIES[i % len(CATEGORIES)]}" stroke-width="2.5" '
            f'stroke-dasharray="{dash}"/></svg>{escape(group["name"])} ({_seeds(group)})</span>'
        )
    return f'<p class="key">{"".join(parts)}</p>'


def _drawn(wish: Wish) -> str:
    """What lines and bands are; they may be cut at the edge of a drawing."""
    words = {
        "mean": "Lines are means over the seeds of a group, bands their 95 % intervals.",
        "iqm": "Lines are interquartile means over the seeds of a group, bands their middle half.",
    }
    part = "" if wish.window is None else " From {:g} to {:g} of training.".format(*wish.window)
    return f"<p>{words[wish.statistic]} A band that is much wider than all lines is cut.{part}</p>"


def _leads(address: str) -> str:
    """Where links lead: a file is read elsewhere, and later."""
    text = f"Links to runs and videos lead to the server at {escape(address)}"
    if is_loopback(urlsplit(address).hostname or ""):
        text += ", which only the machine that made this file can reach, while Costline runs there"
    return f"<p>{text}.</p>"


def _figures(found: Mapping[str, Any]) -> str:
    drawn = [
        f"<figure><figcaption>{escape(f['title'])}</figcaption>{svg(f)}</figure>"
        for f in found["figures"]
    ]
    return f'<div class="figures">{"".join(drawn)}</div>'


def _runs(runs: Sequence[Run], address: str) -> str:
    rows = [
        [f'<a href="{address}/runs/{r.id}">{escape(compare.title(r))}</a>', escape(r.algorithm),
         str(r.seed), r.state, f"{r.iteration} of {r.iterations}", escape(", ".join(r.tags)),
         escape(r.notes)]
        for r in runs
    ]  # fmt: skip
    return _table(["Run", "Algorithm", "Seed", "State", "Iterations", "Tags", "Notes"], rows)


def _configuration(runs: Sequence[Run]) -> str:
    """One row per setting: its value where all agree, else the value of each run."""
    flat = [compare.flat(run.config) for run in runs]
    names = dict.fromkeys(name for config in flat for name in config)
    same, rows = [], []
    for name in names:
        values = [compare.text(config.get(name)) for config in flat]
        if len(set(values)) == 1:
            same.append([escape(name), escape(values[0])])
        else:
            rows.append([escape(name), *map(escape, values)])
    head = ["Setting", *(escape(compare.title(r)) for r in runs)]
    differing = _table(head, rows) if rows else ""
    alike = _table(["Setting", "Value"], same)
    return f"<h3>Where runs differ</h3>{differing}<details><summary>The same in all runs " \
           f"({len(same)})</summary>{alike}</details>"  # fmt: skip


def _videos(session: Session, runs: Sequence[Run], address: str) -> str:
    items = []
    for run in runs:
        links = [
            f'<a href="{address}{v.url}">iteration {v.iteration}</a> (return {v.return_:.4g})'
            for v in artifacts.videos(session, run).videos
        ]
        if links:
            items.append(f"<li>{escape(compare.title(run))}: {', '.join(links)}</li>")
    return f"<ul>{''.join(items)}</ul>" if items else "<p>No videos were rendered.</p>"


def _versions(runs: Sequence[Run]) -> str:
    found = sorted({(k, str(v)) for run in runs for k, v in run.versions.items()})
    return _table(["Part", "Version"], [[escape(k), escape(v)] for k, v in found]) if found else ""


def _table(head: Row, rows: Sequence[Row]) -> str:
    top = "".join(f'<th scope="col">{h}</th>' for h in head)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{c}</td>" for c in row[1:])}</tr>'
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(head[0])} table">'
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _titles(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(c["name"], c["title"]) for c in found["costs"]]


def _number(value: Mapping[str, Any] | None, which: str = "mean", times: float = 1.0) -> str:
    return "–" if value is None else f"{value[which] * times:.4g}".replace("-", "−")


def _interval(value: Mapping[str, Any] | None, times: float = 1.0, unit: str = "") -> str:
    if value is None:
        return "–"
    half = "" if value["half"] is None else f" ± {value['half'] * times:.2g}"
    return f"{_number(value, times=times)}{half}{unit}"
