"""A Plotly figure of ours as an SVG that stands alone: for reports that must open anywhere.

Knows what our comparison figures use: lines, bands (`fill: tonexty`), markers with error bars, and
labelled lines across the plot. Colours with a meaning come from the figure itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 58, 70, 14, 40
AIR, WIDE_SHARE = 0.05, 0.3
"""Shares of the curves' extent: free space beside them, and the most that a band may add."""
STROKES = {
    "dash": "7 4", "dot": "2 3", "dashdot": "7 3 2 3", "longdash": "12 4",
    "longdashdot": "12 3 2 3",
}  # fmt: skip
Range = tuple[float, float]


def svg(figure: dict[str, Any]) -> str:
    """The figure as one `<svg>` element with its summary as title."""
    data, layout = figure["data"], figure["layout"]
    shapes = layout.get("shapes", [])
    place = _Place(_range(data, layout, "x"), _range(data, layout, "y"))
    summary = layout.get("meta", {}).get("summary", "")
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="inherit" font-size="12">'
        f"<title>{escape(summary)}</title>{_axis(place, layout)}"
        # Bands may be wider than the plot; a drawing inside a drawing ends at its edge.
        f'<svg x="{LEFT}" y="{TOP}" width="{width}" height="{height}" '
        f'viewBox="{LEFT} {TOP} {width} {height}">{"".join(_traces(data, place))}</svg>'
        f"{''.join(_shape(s, place) for s in shapes)}</svg>"
    )


class _Place:
    """From data to the drawing's coordinates."""

    def __init__(self, xs: Range, ys: Range) -> None:
        self.xs, self.ys = xs, ys

    def x(self, value: float) -> float:
        """Distance from the left edge."""
        low, high = self.xs
        return round(LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        """Distance from the top edge."""
        low, high = self.ys
        return round(HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)


def _range(data: Sequence[dict[str, Any]], layout: dict[str, Any], axis: str) -> Range:
    """What the curves and lines need; bands and error bars add at most a share of that."""
    curves = [v for t in data if not _is_band(t) for v in t[axis] if v is not None]
    curves += [s[f"{axis}0"] for s in layout.get("shapes", []) if s.get(f"{axis}ref") == axis]
    if not curves:
        return 0.0, 1.0
    low, high = min(curves), max(curves)
    if axis == "x" and _is_time(data) and high > low:
        return low, high
    size = high - low or abs(high) or 1.0
    wide = [v for t in data for v in _spread(t, axis)]
    low = max(min([low, *wide]), low - WIDE_SHARE * size) - AIR * size
    high = min(max([high, *wide]), high + WIDE_SHARE * size) + AIR * size
    never_negative = layout[f"{axis}axis"].get("rangemode") == "nonnegative"
    return (max(low, 0.0) if never_negative else low), high


def _spread(trace: dict[str, Any], axis: str) -> list[float]:
    """The ends of a band or of error bars."""
    known = [v for v in trace[axis] if v is not None]
    if _is_band(trace):
        return known
    bars = trace.get(f"error_{axis}", {}).get("array", [])
    return [v + k * bar for v, bar in zip(known, bars, strict=False) for k in (-1, 1)]


def _is_band(trace: dict[str, Any]) -> bool:
    return trace.get("meta", {}).get("part") == "band"


def _is_time(data: Sequence[dict[str, Any]]) -> bool:
    return any(t.get("mode") == "lines" for t in data)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round values between `low` and `high`: steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * k for k in (1, 2, 5, 10) if power * k >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def _axis(place: _Place, layout: dict[str, Any]) -> str:
    parts = []
    for value in ticks(*place.ys):
        y = place.y(value)
        parts.append(
            f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" class="grid"/>'
            f'<text x="{LEFT - 7}" y="{y + 4}" text-anchor="end">{_short(value)}</text>'
        )
    for value in ticks(*place.xs):
        x = place.x(value)
        parts.append(
            f'<path d="M{x} {TOP}V{HEIGHT - BOTTOM}" class="grid"/>'
            f'<text x="{x}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{_short(value)}</text>'
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    x_title, y_title = (layout[f"{a}axis"]["title"]["text"] for a in "xy")
    across = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(
        f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{escape(x_title)}</text>'
        f'<text transform="translate(13 {across}) rotate(-90)" text-anchor="middle">'
        f"{escape(y_title)}</text>"
    )
    return "".join(parts)


def _traces(data: Sequence[dict[str, Any]], place: _Place) -> list[str]:
    parts: list[str] = []
    before: list[tuple[float, float]] = []
    for trace in data:
        points = [
            (place.x(x), place.y(y)) for x, y in zip(trace["x"], trace["y"], strict=True)
            if x is not None and y is not None
        ]  # fmt: skip
        if trace.get("mode") == "markers":
            parts += _marks(trace, place)
        elif trace.get("fill") == "tonexty":
            outline = _path([*points, *reversed(before)])
            parts.append(f'<path d="{outline}Z" fill="{trace["fillcolor"]}" stroke="none"/>')
        elif trace.get("line", {}).get("width") != 0 and points:
            parts.append(_line(trace, points))
        before = points
    return parts


def _line(trace: dict[str, Any], points: Sequence[tuple[float, float]]) -> str:
    line = trace["line"]
    stroke = STROKES.get(line.get("dash", "solid"))
    dash = f' stroke-dasharray="{stroke}"' if stroke else ""
    return (
        f'<path d="{_path(points)}" fill="none" stroke="{line["color"]}" '
        f'stroke-width="{line.get("width", 1.5)}" stroke-linejoin="round" '
        f'opacity="{trace.get("opacity", 1)}"{dash}/>'
    )


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points) if points else ""


def _marks(trace: dict[str, Any], place: _Place) -> list[str]:
    marker = trace["marker"]
    symbol, colour = marker["symbol"], marker["color"]
    opened = symbol.endswith("-open")
    paint = f'fill="{"none" if opened else colour}" stroke="{colour}" stroke-width="1.5"'
    parts = []
    for i, (x, y) in enumerate(zip(trace["x"], trace["y"], strict=True)):
        at = (place.x(x), place.y(y))
        for axis in "xy":
            bar = (trace.get(f"error_{axis}", {}).get("array") or [0.0] * len(trace["x"]))[i]
            if bar:
                ends = ((x - bar, y), (x + bar, y)) if axis == "x" else ((x, y - bar), (x, y + bar))
                drawn = _path([(place.x(a), place.y(b)) for a, b in ends])
                parts.append(f'<path d="{drawn}" stroke="{colour}" stroke-width="1.5"/>')
        shape = marker_path(symbol.removesuffix("-open"), marker["size"] / 2)
        text = escape(trace.get("text", [""] * (i + 1))[i])
        parts.append(
            f'<path transform="translate({at[0]} {at[1]})" d="{shape}" {paint}>'
            f"<title>{text}</title></path>"
        )
    return parts


def marker_path(symbol: str, r: float) -> str:
    """Outline of a marker around the origin."""
    outlines = {
        "square": f"M{-r} {-r}H{r}V{r}H{-r}Z",
        "diamond": f"M0 {-r}L{r} 0L0 {r}L{-r} 0Z",
        "triangle-up": f"M0 {-r}L{r} {r}H{-r}Z",
        "cross": f"M{-r} 0H{r}M0 {-r}V{r}",
        "x": f"M{-r} {-r}L{r} {r}M{-r} {r}L{r} {-r}",
        "star": _polygon(10, r, r * 0.45),
        "hexagon": _polygon(6, r, r),
    }
    return outlines.get(symbol, f"M{-r} 0A{r} {r} 0 1 0 {r} 0A{r} {r} 0 1 0 {-r} 0Z")


def _polygon(corners: int, outer: float, inner: float) -> str:
    turns = [(math.pi * 2 * k / corners, inner if k % 2 else outer) for k in range(corners)]
    return _path([(round(r * math.sin(a), 2), round(-r * math.cos(a), 2)) for a, r in turns]) + "Z"


def _shape(shape: dict[str, Any], place: _Place) -> str:
    colour, text = shape["line"]["color"], escape(shape.get("label", {}).get("text", ""))
    if shape.get("yref") == "paper":
        x = place.x(shape["x0"])
        drawn, label = f"M{x} {TOP}V{HEIGHT - BOTTOM}", (x + 5, TOP + 11)
    else:
        y = place.y(shape["y0"])
        drawn, label = f"M{LEFT} {y}H{WIDTH - RIGHT}", (WIDTH - RIGHT + 5, y + 4)
    return (
        f'<path d="{drawn}" stroke="{colour}" stroke-width="1.5" stroke-dasharray="6 4"/>'
        f'<text x="{label[0]}" y="{label[1]}" style="fill:{colour}">{text}</text>'
    )


def _short(value: float) -> str:
    if abs(value) >= 1e6:
        return f"{value / 1e6:g} M"
    return f"{value / 1e3:g} k" if abs(value) >= 1e4 else f"{value + 0.0:.6g}".replace("-", "−")
