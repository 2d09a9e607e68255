"""How long a run will take: by what earlier runs of its kind took for each environment step."""

from __future__ import annotations

import pytest

from server.models import Run

SECONDS_PER_STEP = 2e-4
PLAN = {
    "task": "point-circle",
    "algorithm": "cpo",
    "config": {"batch_size": 20_000, "iterations": 50},
}


def trained(service, iterations: int, **fields) -> None:
    """A run that came so far at the usual speed."""
    run_id = service.run(**fields)
    with service.database.write() as session:
        run = session.get_one(Run, run_id)
        run.iteration = iterations
        run.elapsed_seconds = SECONDS_PER_STEP * run.config["batch_size"] * iterations


def test_without_an_earlier_run_no_duration_is_promised(client):
    found = client.post("/api/runs/estimate", json=PLAN).json()
    assert (found["seconds"], found["based_on"]) == (None, 0)


def test_earlier_runs_of_any_batch_size_give_the_duration(client, service):
    trained(service, 10, config={"batch_size": 1000})
    trained(service, 40, config={"batch_size": 5000})
    found = client.post("/api/runs/estimate", json=PLAN).json()
    assert found["seconds"] == pytest.approx(SECONDS_PER_STEP * 20_000 * 50)
    assert found["based_on"] == 2


def test_runs_of_another_task_or_algorithm_or_just_begun_do_not_count(client, service):
    trained(service, 10, algorithm="trpo")
    trained(service, 10, task="point-gather")
    trained(service, 1)
    assert client.post("/api/runs/estimate", json=PLAN).json()["based_on"] == 0
