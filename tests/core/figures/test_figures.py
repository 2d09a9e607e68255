"""Every figure of a run: limits as labelled lines, extendable traces, strict JSON."""

import json
import subprocess
import sys

import pytest

from cpo_core import figures
from cpo_core.figures.expressions import evaluate
from cpo_core.spec import reports

CONTEXT = {
    "costs": [
        {"name": "outside", "title": "Steps outside", "limit": 5.0},
        {"name": "bombs", "title": "Bombs", "limit": 0.1},
    ],
    "delta": 0.01,
}
NAMES = [n["name"] for n in figures.names(CONTEXT)]


def build_report(iteration=1, cost=6.0, **overrides):
    costs = tuple(
        reports.CostReport(
            name=c["name"], limit=c["limit"], mean=cost, se=0.5, excess=cost - c["limit"],
            promised=-1.0, crossfit=-0.5, measured=None if iteration == 1 else -0.75, regret=2.0,
        )
        for c in CONTEXT["costs"]
    )  # fmt: skip
    values = {
        "env_steps": 1000 * iteration, "episodes": 20, "episode_length": 50.0,
        "return_mean": 2.0 * iteration, "return_se": 0.3, "kl": 0.009, "delta": 0.01,
        "entropy": 2.8, "case": "boundary", "accepted": True, "line_search_tries": 1,
        "step_fraction": 1.0, "lam": 3.0, "q": 0.2, "promised_return": 0.1,
        "surrogate_return": 0.09, "measured_return": None if iteration == 1 else 0.2,
        "explained_variance": 0.5, "seconds_sampling": 0.5, "seconds_update": 0.2,
        "seconds_values": 0.1, "seconds_total": 0.8,
    }  # fmt: skip
    return reports.IterationReport(iteration=iteration, costs=costs, **(values | overrides))


def build_columns(rows=4, cost=6.0):
    built = [reports.columns(build_report(i, cost)) for i in range(1, rows + 1)]
    table = {name: [r[name] for r in built] for name in built[0]} if built else {}
    means = {"return": 0.1} | {c["name"]: 0.25 for c in CONTEXT["costs"]}
    gaps = {f"optimism_{name}": [None, *[mean] * rows][:rows] for name, mean in means.items()}
    return table | gaps | {"elapsed_seconds": [0.8 * i for i in range(1, rows + 1)]}


def limit_labels(figure):
    return [shape["label"]["text"] for shape in figure["layout"].get("shapes", [])]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rows", [0, 1, 4])
def test_every_figure_is_strict_json_with_equally_long_axes(name, rows):
    figure = json.loads(
        json.dumps(figures.figure(name, build_columns(rows), CONTEXT), allow_nan=False)
    )
    assert figure["layout"]["meta"]["summary"].endswith(".")
    assert [len(t["x"]) for t in figure["data"]] == [len(t["y"]) for t in figure["data"]]
    assert {len(t["x"]) for t in figure["data"]} == {rows}


@pytest.mark.parametrize("name", NAMES)
def test_the_meta_of_each_trace_rebuilds_its_data_from_the_columns(name):
    columns = build_columns()
    for trace in figures.figure(name, columns, CONTEXT)["data"]:
        assert evaluate(trace["meta"]["x"], columns) == trace["x"]
        assert evaluate(trace["meta"]["y"], columns) == trace["y"]


def test_each_cost_has_a_figure_with_its_limit_as_a_labelled_line():
    assert "cost-outside" in NAMES
    assert "cost-bombs" in NAMES
    assert limit_labels(figures.figure("cost-outside", build_columns(), CONTEXT)) == ["limit 5"]
    assert limit_labels(figures.figure("cost-bombs", build_columns(), CONTEXT)) == ["limit 0.1"]


def test_the_kl_figure_has_the_line_of_delta():
    assert limit_labels(figures.figure("kl", build_columns(), CONTEXT)) == ["δ 0.01"]


def test_the_ribbon_differs_by_pattern_and_counts_every_row_once():
    data = figures.figure("cost-outside", build_columns(cost=5.2), CONTEXT)["data"]
    ribbon = [t for t in data if "verdict" in t["meta"]["y"]]
    assert len({t["fillpattern"]["shape"] for t in ribbon}) == 3
    assert [sum(values) for values in zip(*(t["y"] for t in ribbon), strict=True)] == [1] * 4
    assert [t["name"] for t in ribbon if sum(t["y"])] == ["over, within noise"]


def test_measured_changes_stand_at_the_update_that_caused_them():
    data = figures.figure("promised-outside", build_columns(), CONTEXT)["data"]
    measured = next(t for t in data if t["meta"]["role"] == "measured")
    assert measured["x"] == [0, 1, 2, 3]
    assert measured["y"] == [None, -0.75, -0.75, -0.75]


@pytest.mark.parametrize("of", ["outside", "return"])
def test_thinned_history_shows_the_measured_changes_and_the_optimism_of_the_full_one(of):
    full = build_columns(rows=40)
    measured, promised, optimism = (f"{kind}_{of}" for kind in ("measured", "promised", "optimism"))
    del full[optimism]  # of a whole history the figure knows it
    full[measured] = [None, *((k * 37 % 11) - 5.0 for k in range(2, 41))]
    full[promised] = [(k * 23 % 7) - 3.0 for k in range(1, 41)]
    gaps = [full[measured][k] - full[promised][k - 1] for k in range(1, 40)]
    whole = figures.figure(f"promised-{of}", full, CONTEXT)["data"]
    full[optimism] = next(t for t in whole if t["meta"]["role"] == "gap")["y"]
    assert full[optimism][-1] == pytest.approx(sum(gaps) / 39)
    kept = [0, 6, 7, 21, 39]
    few = {name: [values[k] for k in kept] for name, values in full.items()}
    thinned = figures.figure(f"promised-{of}", few, CONTEXT)["data"]
    for role in ("measured", "gap"):
        one, other = (next(t for t in d if t["meta"]["role"] == role) for d in (whole, thinned))
        for axis in ("x", "y"):
            assert other[axis] == [one[axis][k] for k in kept]


def test_the_bound_of_the_theory_is_a_line_of_its_own_that_is_asked_for():
    data = figures.figure("cost-outside", build_columns(), CONTEXT)["data"]
    (theory,) = [t for t in data if t["name"] == "theory (Proposition 2)"]
    assert theory["visible"] == "legendonly"
    assert theory["meta"]["y"] == {"column": "bound_outside"}


@pytest.mark.parametrize("x", ["iteration", "env_steps", "elapsed_seconds"])
def test_the_horizontal_axis_is_chosen_by_the_context(x):
    columns = build_columns()
    figure = figures.figure("return", columns, CONTEXT | {"x": x})
    assert figure["data"][-1]["x"] == columns[x]
    assert figure["layout"]["uirevision"] == x


def test_an_unknown_axis_or_figure_is_refused_with_the_known_names():
    with pytest.raises(ValueError, match="env_steps"):
        figures.figure("return", build_columns(), CONTEXT | {"x": "day"})
    with pytest.raises(KeyError, match="cost-outside"):
        figures.figure("cost-nothing", build_columns(), CONTEXT)


def test_figures_load_neither_plotly_nor_torch():
    code = "import sys, cpo_core.figures; print(sorted({'plotly', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_figure_is_valid_for_plotly():
    graph_objects = pytest.importorskip("plotly.graph_objects")
    for name in NAMES:
        graph_objects.Figure(figures.figure(name, build_columns(), CONTEXT))
