"""Statistics over seeds: mean with its 95 % interval, and the interquartile mean (rliable).

Arrays are (runs, points); NaN means that a run has no value there and counts out, so each point
has an n of its own. Sources: Student's t for the interval; Agarwal et al. 2021, "Deep RL at the
Edge of the Statistical Precipice", for the interquartile mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

T95 = np.array(
    [
        np.nan, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201,
        2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
        2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ]
)  # fmt: skip
"""Two-sided 95 % quantile of Student's t by degrees of freedom; 1.96 beyond."""
MOST_PLACES = 20_000


@dataclass(frozen=True)
class Aggregate:
    """One figure over `n` seeds: mean ± half (95 %), its standard error, and the IQM.

    `half` and `se` are None for a single seed: one value says nothing about its spread.
    """

    n: int
    mean: float
    half: float | None
    se: float | None
    iqm: float


def aggregate(values: Sequence[float | None]) -> Aggregate | None:
    """Over the known values; None without any."""
    known = np.array([v for v in values if v is not None and np.isfinite(v)], float)[:, None]
    if known.size == 0:
        return None
    _, mean, half = mean_and_half(known)
    single = len(known) == 1
    half_width = None if single else float(half[0])
    t = float(_t95(np.array([len(known)]))[0])
    return Aggregate(
        n=len(known), mean=float(mean[0]), half=half_width,
        se=None if half_width is None else half_width / t,
        iqm=float(interquartile_mean(known)[0]),
    )  # fmt: skip


def words(known: int, total: int | None = None) -> str:
    """How many seeds a value rests on: `3 seeds`, or `1/3 seeds` while only some have data."""
    if total is not None and known != total:
        return f"{known}/{total} seeds"
    return f"{known} seed" if known == 1 else f"{known} seeds"


def mean_and_half(values: Array) -> tuple[Array, Array, Array]:
    """n, mean and half-width of the 95 % interval at each point; NaN where n is too small."""
    known = np.isfinite(values)
    n = known.sum(axis=0)
    safe = np.where(known, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = safe.sum(axis=0) / n
        spread = np.where(known, values - mean, 0.0)
        variance = (spread**2).sum(axis=0) / (n - 1)
        half = _t95(n) * np.sqrt(variance / n)
    return n, np.where(n > 0, mean, np.nan), np.where(n > 1, half, np.nan)


def interquartile_mean(values: Array) -> Array:
    """Mean of the middle half at each point; values at the quarter edges count in part."""
    n = np.isfinite(values).sum(axis=0)
    ordered = np.sort(values, axis=0)  # NaN last
    place = np.arange(len(values))[:, None]
    weight = np.clip(np.minimum(place + 1, 0.75 * n) - np.maximum(place, 0.25 * n), 0.0, None)
    total = (np.where(weight > 0, ordered, 0.0) * weight).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n > 0, total / weight.sum(axis=0), np.nan)


def quartiles(values: Array) -> tuple[Array, Array]:
    """The 25 % and 75 % points of the known values, by linear interpolation."""
    n = np.isfinite(values).sum(axis=0)
    ordered = np.sort(values, axis=0)
    return _quantile(ordered, n, 0.25), _quantile(ordered, n, 0.75)


def on_common_places(xs: Sequence[Array], ys: Sequence[Array]) -> tuple[Array, Array]:
    """(places, (runs, places)): every run at every place of any run, linearly between its own.

    A run has no value before its first and after its last place. With very many places each run
    gives only its extremes, so that no spike of any run is lost.
    """
    known = [
        (x[keep], y[keep]) for x, y in zip(xs, ys, strict=True)
        for keep in [np.isfinite(x) & np.isfinite(y)] if keep.any()
    ]  # fmt: skip
    if not known:
        return np.empty(0), np.empty((0, 0))
    if sum(len(x) for x, _ in known) > 4 * MOST_PLACES:
        budget = 4 * MOST_PLACES // len(known)
        chosen = [x[extremes(y, budget)] for x, y in known]
    else:
        chosen = [x for x, _ in known]
    places = np.unique(np.concatenate(chosen))
    rows = [np.interp(places, x, y, left=np.nan, right=np.nan) for x, y in known]
    return places, np.array(rows)


def extremes(values: Array, most: int) -> NDArray[np.int64]:
    """At most about `most` indices in order: both ends, and each bucket's least and greatest."""
    n = len(values)
    if n <= max(most, 4):
        return np.arange(n)
    buckets = max(1, most // 2 - 1)
    width = -(-n // buckets)
    buckets = -(-n // width)
    padded = np.full(buckets * width, np.nan)
    padded[:n] = values
    table = padded.reshape(buckets, width)
    starts = np.arange(buckets) * width
    low = np.where(np.isnan(table), np.inf, table).argmin(axis=1)
    high = np.where(np.isnan(table), -np.inf, table).argmax(axis=1)
    return np.unique(np.concatenate(([0, n - 1], starts + low, starts + high)))


def _quantile(ordered: Array, n: NDArray[np.int64], q: float) -> Array:
    place = np.maximum(n - 1, 0) * q
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, np.maximum(n - 1, 0))
    low, high = (np.take_along_axis(ordered, i[None], axis=0)[0] for i in (below, above))
    return low + (high - low) * (place - below)


def _t95(n: NDArray[np.int64]) -> Array:
    freedom = np.maximum(n - 1, 0)
    return np.where(freedom < len(T95), T95[np.minimum(freedom, len(T95) - 1)], 1.96)
