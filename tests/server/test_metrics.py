"""Metric rows in, columns out."""

from __future__ import annotations

import dataclasses
import math

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from cpo_core.spec.reports import columns
from server.db import Database
from server.models import Metric, Run
from server.services.ledger import summary
from server.services.measurements import history, metrics
from tests.server.reports import report
from tests.server.service import Service


def store(session: Session, run_id: str, *reports) -> None:
    for made in reports:
        row = columns(made) | {"elapsed_seconds": made.iteration * 0.2}
        metrics.insert_row(session, run_id, 1, row, made.geometry, made.extras)


def test_every_column_of_a_report_comes_back(service: Service, database: Database):
    run_id = service.run()
    made = report(1)
    with database.write() as session:
        store(session, run_id, made)
    with database.read() as session:
        found = history.read(session, session.get_one(Run, run_id)).columns
    assert {name: values[0] for name, values in found.items()} == columns(made) | {
        "elapsed_seconds": 0.2
    }


def test_the_table_has_a_column_for_every_plain_field_of_a_report():
    plain = {n for n in columns(report(1)) if not n.endswith("_outside")}
    assert plain | {"elapsed_seconds"} == set(metrics.PLAIN)
    assert len(dataclasses.fields(report(1))) > 20


def test_columns_are_equally_long_and_after_is_respected(client: TestClient, service: Service):
    run_id = service.run()
    with service.database.write() as session:
        store(session, run_id, *(report(i) for i in range(1, 11)))
    body = client.get(f"/api/runs/{run_id}/metrics?after=7").json()
    assert body["columns"]["iteration"] == [8, 9, 10]
    assert {len(v) for v in body["columns"].values()} == {3}
    assert body["total"] == 3
    assert {"env_steps", "return", "cost_outside", "limit_outside", "kl"} <= set(body["columns"])


def test_a_run_without_iterations_has_empty_columns(client: TestClient, service: Service):
    body = client.get(f"/api/runs/{service.run()}/metrics").json()
    assert (body["total"], body["columns"]["iteration"]) == (0, [])


def test_no_number_becomes_null(client: TestClient, service: Service):
    run_id = service.run()
    with service.database.write() as session:
        store(session, run_id, report(1, kl=math.nan, geometry={"gram": [[math.inf]]}))
    assert client.get(f"/api/runs/{run_id}/metrics").json()["columns"]["kl"] == [None]
    assert client.get(f"/api/runs/{run_id}/updates/1").json()["geometry"] == {"gram": [[None]]}


def test_storing_an_iteration_again_replaces_it(service: Service, database: Database):
    run_id = service.run()
    with database.write() as session:
        store(session, run_id, report(1, cost=1.0), report(1, cost=2.0))
    with database.read() as session:
        assert metrics.load(session, run_id)["cost_outside"] == [2.0]


@pytest.mark.parametrize("max_points", [10, 50, 200])
def test_downsampling_keeps_ends_and_every_extreme(max_points: int):
    n = 5000
    values = {
        "iteration": list(range(1, n + 1)),
        "return": [math.sin(i / 100) for i in range(n)],
        "cost_outside": [4.0] * n,
        "limit_outside": [5.0] * n,
        "case": ["reward"] * n,
    }
    values["cost_outside"][2345] = 40.0  # one spike that broke the limit
    values["cost_outside"][3333] = -1.0
    values["return"][77] = 9.0
    few = metrics.downsample(values, max_points)
    assert 2 <= len(few["iteration"]) <= max(max_points, 10) + 2
    assert {len(v) for v in few.values()} == {len(few["iteration"])}
    assert (few["iteration"][0], few["iteration"][-1]) == (1, n)
    assert max(few["cost_outside"]) == 40.0
    assert min(few["cost_outside"]) == -1.0
    assert max(few["return"]) == 9.0
    assert few["iteration"] == sorted(set(few["iteration"]))


def test_a_cost_that_only_another_task_has_is_not_known(client: TestClient, service: Service):
    run_id = service.run()
    with service.database.write() as session:
        store(session, run_id, report(1), report(2))
    query = "columns=cost_outside&columns=cost_bombs&columns=limit_bombs"
    for found in (
        client.get(f"/api/metrics?run={run_id}&{query}").json()["runs"][run_id]["columns"],
        client.get(f"/api/runs/{run_id}/metrics?{query}").json()["columns"],
    ):
        assert found["cost_bombs"] == found["limit_bombs"] == [None, None]
        assert None not in found["cost_outside"]


def test_several_runs_in_one_answer(client: TestClient, service: Service):
    ids = [service.run(), service.run()]
    with service.database.write() as session:
        for run_id in ids:
            store(session, run_id, *(report(i) for i in range(1, 4)))
    query = "&".join(f"run={i}" for i in ids)
    body = client.get(f"/api/metrics?{query}&columns=return&columns=cost_outside").json()
    assert list(body["runs"]) == ids
    assert set(body["runs"][ids[0]]["columns"]) == {"iteration", "return", "cost_outside"}
    assert client.get(f"/api/metrics?run={ids[0]}&columns=colour").status_code == 422
    assert client.get(f"/api/metrics?run={ids[0]}&columns=cost_colour").status_code == 422
    assert client.get("/api/metrics?run=unknown").status_code == 404
    assert client.get("/api/metrics").status_code == 422


def test_figures_have_the_limit_and_survive_an_empty_run(client: TestClient, service: Service):
    run_id = service.run()
    names = [f["name"] for f in client.get(f"/api/runs/{run_id}/figures").json()["figures"]]
    assert {"return", "cost-outside", "kl"} <= set(names)
    with service.database.write() as session:
        store(session, run_id, *(report(i) for i in range(1, 4)))
    for name in names:
        figure = client.get(f"/api/runs/{run_id}/figures/{name}?x=env_steps").json()
        assert figure["data"]
    assert client.get(f"/api/runs/{run_id}/figures/nothing").status_code == 404
    assert client.get(f"/api/runs/{run_id}/figures/return?x=colour").status_code == 422


def test_all_figures_come_drawn_in_one_answer_that_tells_whether_there_were_rows(
    client: TestClient, service: Service
):
    run_id = service.run()
    where = f"/api/runs/{run_id}/figures"
    assert client.get(f"{where}?x=iteration").json()["begun"] is False
    with service.database.write() as session:
        store(session, run_id, *(report(i) for i in range(1, 4)))
        session.get_one(Run, run_id).iteration = 3
    found = client.get(f"{where}?x=env_steps").json()
    assert found["begun"] is True
    for info in found["figures"]:
        assert info["figure"] == client.get(f"{where}/{info['name']}?x=env_steps").json()
    assert client.get(f"{where}?x=colour").status_code == 422


def test_an_iteration_without_update_is_not_found(client: TestClient, service: Service):
    run_id = service.run()
    assert client.get(f"/api/runs/{run_id}/updates/1").status_code == 404
    assert client.get(f"/api/runs/{run_id}/updates/x").status_code == 422


def test_rows_past_a_checkpoint_can_be_forgotten(service: Service, database: Database):
    run_id = service.run()
    with database.write() as session:
        store(session, run_id, *(report(i) for i in range(1, 6)))
        assert metrics.remove_after(session, run_id, 3) == 2
    with database.read() as session:
        assert session.query(Metric).count() == 3


def test_thinning_keeps_rejected_updates_and_changes_of_case():
    n = 5000
    rejected, recovered = {700, 2500, 4001}, range(3000, 3010)
    values = {
        "iteration": list(range(n)),
        "return": [math.sin(i / 100) for i in range(n)],
        "case": ["recovery" if i in recovered else "reward" for i in range(n)],
        "accepted": [i not in rejected for i in range(n)],
    }
    few = metrics.downsample(values, 50)
    kept = dict(zip(few["iteration"], zip(few["case"], few["accepted"], strict=True), strict=True))
    assert {i for i, (_, accepted) in kept.items() if not accepted} == rejected
    assert {2999, 3000, 3009, 3010} <= set(kept)
    assert len(kept) < 100


def test_thinning_stays_small_when_every_other_update_is_rejected():
    n = 5000
    values = {
        "iteration": list(range(n)), "return": [0.0] * n, "case": ["reward"] * n,
        "accepted": [i % 2 == 0 for i in range(n)],
    }  # fmt: skip
    # A page thins anew at twice what it asked for: an answer must stay well below that.
    assert len(metrics.downsample(values, 100)["iteration"]) <= 152


def test_an_update_comes_with_what_the_next_batch_showed(client: TestClient, service: Service):
    run_id = service.run()
    with service.database.write() as session:
        store(session, run_id, report(1), report(2, measured_return=-3.0))
    first, last = (client.get(f"/api/runs/{run_id}/updates/{k}").json() for k in (1, 2))
    assert first["columns"]["iteration"] == 1
    assert first["next"]["measured_return"] == -3.0
    assert last["next"] is None


def record(costs: list[float], returns: list[float], kept: tuple[int, ...] = ()) -> dict:
    state: dict = {}
    for i, (cost, value) in enumerate(zip(costs, returns, strict=True), start=1):
        row = columns(report(i, cost=cost, value=value))
        state = summary.extend(state, row, ["outside"], i - 1 in kept)
    return state


def test_the_constraint_record_counts_what_it_says():
    seen = summary.view(record([9, 8, 4, 6, 5, 3], [1, 2, 3, 9, 5, 4], (2, 4, 5)), ["outside"])
    over = seen.over_limit["outside"]
    assert (over.count, over.longest, over.first_feasible, over.last) == (3, 2, 3, 4)
    assert over.share == 0.5
    assert over.worst_excess == 4.0
    assert seen.regret["outside"] == 4 + 3 + 1
    assert seen.best_feasible is not None
    assert (seen.best_feasible.iteration, seen.best_feasible.return_) == (4, 5.0)


def test_the_best_feasible_policy_is_one_that_is_kept():
    seen = summary.view(record([4, 4, 4, 4], [1, 9, 3, 8], (2,)), ["outside"])
    assert seen.best_feasible is not None
    assert (seen.best_feasible.iteration, seen.best_feasible.return_) == (2, 3.0)


def test_at_the_limit_is_within_it():
    seen = summary.view(record([6.0, 5.0], [1.0, 1.0], (1,)), ["outside"])
    assert seen.over_limit["outside"].count == 1
    assert seen.best_feasible is not None


def test_an_empty_record_has_no_feasible_iteration():
    seen = summary.view({}, ["outside"])
    assert seen.best_feasible is None
    assert seen.over_limit["outside"].share == 0.0
