"""Comparison figures: statistics over seeds, extremes kept, limits as lines, a drawing alone."""

import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from cpo_core.figures import comparison, seeds
from cpo_core.figures.groups import Group, Member, finals
from cpo_core.figures.style import CATEGORIES
from cpo_core.figures.svg import svg, ticks

COSTS = (("outside", "Steps outside"),)
NAMES = [name for name, _ in comparison.names(COSTS)]


def build_member(seed=0, rows=50, cost=4.0, value=10.0, **columns):
    iteration = np.arange(1.0, rows + 1)
    base = {
        "iteration": iteration, "env_steps": 1000 * iteration, "elapsed_seconds": 0.2 * iteration,
        "return": np.full(rows, value), "kl": np.full(rows, 0.01), "entropy": np.full(rows, 2.0),
        "cost_outside": np.full(rows, cost), "regret_outside": np.zeros(rows),
    }  # fmt: skip
    return Member(f"run{seed}", f"run {seed}", seed, base | columns)


def build_groups(**fields):
    cpo = tuple(build_member(seed, value=10.0 + seed, **fields) for seed in range(3))
    trpo = (build_member(9, cost=20.0, value=30.0),)
    return [Group("cpo", cpo, {"outside": 5.0}), Group("trpo", trpo, {"outside": 5.0})]


def draw(name, groups=None, **view):
    return comparison.figure(name, groups or build_groups(), comparison.View(costs=COSTS, **view))


def test_the_interval_is_students_and_one_seed_has_none():
    found = seeds.aggregate([1.0, 2.0, 3.0])
    assert found.mean == 2.0
    assert found.half == pytest.approx(4.303 / np.sqrt(3))
    assert found.se == pytest.approx(1 / np.sqrt(3))
    assert seeds.aggregate([4.0]).half is None
    assert seeds.aggregate([None]) is None


@pytest.mark.parametrize(
    ("values", "wanted"),
    [([0, 1, 2, 100], 1.5), ([0, 2, 100], 18.8), ([7], 7.0), (list(range(8)), 3.5)],
)
def test_the_interquartile_mean_counts_the_middle_half(values, wanted):
    # Three values: weights 1/4, 1, 1/4 of a middle half of 1.5.
    if len(values) == 3:
        wanted = (0.25 * 0 + 1 * 2 + 0.25 * 100) / 1.5
    assert seeds.aggregate(values).iqm == pytest.approx(wanted)


def test_a_run_that_has_not_come_so_far_counts_out():
    places, values = seeds.on_common_places(
        [np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0])],
        [np.array([1.0, 2.0, 3.0]), np.array([3.0, 4.0])],
    )
    n, mean, half = seeds.mean_and_half(values)
    assert places.tolist() == [1, 2, 3]
    assert n.tolist() == [2, 2, 1]
    assert mean.tolist() == [2, 3, 3]
    assert np.isnan(half[2])


def test_thinning_keeps_every_spike():
    rng = np.random.default_rng(0)
    values = rng.normal(size=5000)
    for spike in rng.choice(5000, 20, replace=False):
        one = values.copy()
        one[spike] = 50.0
        kept = seeds.extremes(one, 400)
        assert spike in kept
        assert len(kept) <= 402
        assert kept[0] == 0
        assert kept[-1] == 4999


def test_a_cost_spike_of_one_seed_is_in_the_drawn_mean():
    cost = np.full(5000, 4.0)
    cost[3210] = 304.0
    spiked = build_member(0, 5000, cost_outside=cost)
    groups = [Group("cpo", (spiked, build_member(1, 5000)), {"outside": 5.0})]
    line = draw("cost-outside", groups)["data"][-1]
    assert max(line["y"]) == 154.0
    assert len(line["x"]) <= 402


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("statistic", comparison.STATISTICS)
def test_every_figure_is_strict_json_that_plotly_takes(name, statistic):
    figure = draw(name, statistic=statistic, singles=True)
    json.dumps(figure, allow_nan=False)
    assert figure["layout"]["meta"]["summary"].endswith(".")
    pytest.importorskip("plotly.graph_objects").Figure(figure)


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_without_data_says_so(name):
    groups = [Group("cpo", (build_member(rows=0),), {"outside": 5.0})]
    assert draw(name, groups)["layout"]["meta"]["summary"].endswith("no data.")


def test_each_limit_is_a_labelled_line_in_cost_and_plane():
    for name in ("cost-outside", "plane-outside"):
        (line,) = draw(name)["layout"]["shapes"]
        assert line["label"]["text"] == "limit 5"


def test_a_band_stands_only_where_there_is_more_than_one_seed():
    parts = [(t["meta"]["group"], t["meta"]["part"]) for t in draw("return")["data"]]
    assert parts == [(0, "band"), (0, "band"), (0, "line"), (1, "line")]


def test_a_window_gives_its_detail_and_reaches_its_edges():
    groups = [Group("cpo", (build_member(0, 5000),), {"outside": 5.0})]
    x = draw("return", groups, window=(100.0, 200.0))["data"][-1]["x"]
    assert (x[0], x[-1], len(x)) == (99, 201, 103)


def test_final_figures_take_the_last_tenth():
    values = np.concatenate((np.zeros(90), np.full(10, 8.0)))
    found = finals(Group("cpo", (build_member(0, 100, cost_outside=values),), {"outside": 5.0}))
    cost = found["costs"]["outside"]
    assert cost["value"]["mean"] == 8.0
    assert cost["verdict"] == "over"
    assert cost["over_share"]["mean"] == pytest.approx(0.1)
    assert found["n"] == 1


def test_the_pair_of_colour_and_dash_repeats_only_after_48_groups():
    pairs = [(i % len(CATEGORIES), comparison.dash_of(i)) for i in range(48)]
    assert len(set(pairs)) == 48


def test_an_unknown_figure_or_statistic_is_refused_with_the_known_names():
    with pytest.raises(KeyError, match="cost-outside"):
        draw("nothing")
    with pytest.raises(ValueError, match="iqm"):
        draw("return", statistic="median")


@pytest.mark.parametrize("name", NAMES)
def test_the_drawing_alone_is_well_formed_and_names_its_limits(name):
    drawing = svg(draw(name))
    root = ElementTree.fromstring(drawing)
    assert root.find("title").text.endswith(".")
    if name.startswith(("cost", "plane")):
        assert "limit 5" in drawing


def test_ticks_are_round():
    assert ticks(0.0, 1.0) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert ticks(-3.0, 47.0) == [0, 10, 20, 30, 40]


def spread_out(column="kl"):
    """Two seeds that differ much for so few: the 95 % interval reaches far below zero."""
    members = tuple(
        build_member(i, **{column: np.full(50, v)}) for i, v in enumerate((0.008, 0.01))
    )
    return [Group("cpo", members, {"outside": 5.0})]


@pytest.mark.parametrize(
    ("name", "ends_at_zero"),
    [("kl", True), ("cost-outside", True), ("regret-outside", True), ("return", False)],
)
def test_the_axis_of_what_cannot_be_negative_ends_at_zero(name, ends_at_zero):
    axis = draw(name)["layout"]["yaxis"]
    assert (axis["rangemode"] == "nonnegative") == ends_at_zero


def test_a_wide_band_over_two_seeds_does_not_flatten_the_curve_of_a_drawing():
    figure = draw("kl", spread_out(), delta=0.01)
    band = [t for t in figure["data"] if t["meta"]["part"] == "band"]
    assert min(band[0]["y"]) < 0, "the case must be one in which the band is wide"
    root = ElementTree.fromstring(svg(figure))
    said = [t.text for t in root.findall("text") if t.get("text-anchor") == "end"]
    heights = [float(t.replace("−", "-")) for t in said]
    assert min(heights) >= 0
    assert max(heights) < 0.012


def test_a_group_is_drawn_once_as_long_as_it_has_no_new_row():
    groups = build_groups()
    first, second = draw("return", groups)["data"], draw("return", groups)["data"]
    assert all(a is b for a, b in zip(first, second, strict=True))
    other = draw("return", groups, statistic="iqm")["data"]
    assert other[0]["y"] != first[0]["y"]
