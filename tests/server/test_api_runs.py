"""The API of runs: what it takes, what it refuses, and how it says so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from cpo_core.spec import registry
from server.db import Database
from server.models import Run, Worker
from server.services.ledger import lifecycle
from server.services.scheduling import workers
from tests.server.service import Service

MINIMAL = {"task": "point-circle", "algorithm": "cpo"}
WORDS = ("alpha", "beta", "gamma", "delta", "epsilon")


def create(client: TestClient, **fields: Any) -> dict[str, Any]:
    answer = client.post("/api/runs", json=MINIMAL | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def fields_at_fault(answer: Any) -> list[str]:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert all(e["message"] for e in problem["errors"])
    return sorted(e["field"] for e in problem["errors"])


def test_task_and_algorithm_are_enough(client: TestClient):
    run = create(client)
    assert run["state"] == "queued"
    assert run["seed"] == 0
    assert run["config"]["limits"] == {"outside": 5.0}
    assert run["costs"][0]["limit"] == 5.0
    assert run["queue_position"] == 1
    assert client.get(f"/api/runs/{run['id']}").json() == run


def test_what_is_given_is_what_is_stored(client: TestClient):
    run = create(
        client, seed=7, name="mine", tags=["a", "b"], notes="why", priority=2,
        config={"limits": {"outside": 2.5}, "iterations": 3}, resources={"slots": 2},
    )  # fmt: skip
    assert (run["seed"], run["config"]["seed"], run["iterations"]) == (7, 7, 3)
    assert run["config"]["limits"]["outside"] == 2.5
    assert (run["name"], run["tags"], run["notes"], run["priority"]) == (
        "mine",
        ["a", "b"],
        "why",
        2,
    )
    assert run["resources"] == {"slots": 2, "gpus": 0}


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"task": "nowhere"}, ["task"]),
        ({"algorithm": "magic"}, ["algorithm"]),
        ({"preset": "best"}, ["preset"]),
        ({"seed": 1.5}, ["seed"]),
        ({"seed": "1"}, ["seed"]),
        ({"seed": True}, ["seed"]),
        ({"seed": -1}, ["seed"]),
        ({"seed": 2**31}, ["seed"]),
        ({"seed": None}, ["seed"]),
        ({"config": {"limits": {"outside": -1}}}, ["config.limits.outside"]),
        ({"config": {"limits": {"outside": "low"}}}, ["config.limits.outside"]),
        ({"config": {"limits": {"outside": 10**400}}}, ["config.limits.outside"]),
        ({"config": {"delta": 10**400}}, ["config.delta"]),
        ({"config": {"batch_size": 10**400}}, ["config.batch_size"]),
        ({"config": {"batch_size": 100_000_001}}, ["config.batch_size"]),
        ({"config": {"checkpoint_every": 10**30}}, ["config.checkpoint_every"]),
        ({"seed": 10**400}, ["seed"]),
        ({"priority": 10**400}, ["priority"]),
        ({"config": {"limits": {"inside": 1}}}, ["config.limits.inside"]),
        ({"config": {"limits": 3}}, ["config.limits"]),
        ({"config": {"gama": 0.9}}, ["config.gama"]),
        ({"config": {"gamma": 2, "delta": 0}}, ["config.delta", "config.gamma"]),
        ({"config": {"options": {"nothing": 1}}}, ["config.options.nothing"]),
        ({"config": {"task": "point-gather"}}, ["config.task"]),
        ({"config": []}, ["config"]),
        ({"colour": "red"}, ["colour"]),
        ({"tags": ["x" * 61]}, ["tags.0"]),
        ({"priority": 1001}, ["priority"]),
        ({"resources": {"slots": 0}}, ["resources.slots"]),
        ({"name": "a\0b"}, ["name"]),
    ],
)
def test_bad_input_names_its_field_and_creates_nothing(
    client: TestClient, change: dict[str, Any], fields: list[str]
):
    answer = client.post("/api/runs", json=MINIMAL | change)
    assert answer.status_code == 422
    assert fields_at_fault(answer) == fields
    assert client.get("/api/runs").json()["total"] == 0


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"task":"point-circle","algorithm":"cpo","config":{"limits":{"outside":%s}}}',
         "config.limits.outside"),
        ('{"task":"point-circle","algorithm":"cpo","config":{"delta":%s}}', "config.delta"),
        ('{"task":"point-circle","algorithm":"cpo","seed":%s}', "seed"),
    ],
)  # fmt: skip
def test_no_number_is_refused(client: TestClient, number: str, body: str, field: str):
    answer = client.post(
        "/api/runs", content=body % number, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 422
    assert fields_at_fault(answer) == [field]


@pytest.mark.parametrize("missing", ["task", "algorithm"])
def test_a_missing_field_is_named(client: TestClient, missing: str):
    answer = client.post("/api/runs", json={k: v for k, v in MINIMAL.items() if k != missing})
    assert answer.status_code == 422
    assert fields_at_fault(answer) == [missing]


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"run"'])
def test_a_body_that_is_no_object_is_refused(client: TestClient, body: str):
    answer = client.post("/api/runs", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert fields_at_fault(answer) == ["body"]


def test_a_huge_body_is_refused(client: TestClient):
    body = json.dumps(MINIMAL | {"notes": "x" * 5_000_000}).encode()
    parts = (body[i : i + 65536] for i in range(0, len(body), 65536))
    headers = {"content-type": "application/json"}
    answer = client.post("/api/runs", content=body, headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.post("/api/runs", content=parts, headers=headers).status_code == 411


@pytest.mark.parametrize("run_id", ["nosuchrun", "..%2f..%2fetc", "ABC", "a" * 40, "%00"])
@pytest.mark.parametrize(
    "path", ["", "/metrics", "/figures", "/videos", "/policies", "/log", "/events"]
)
def test_an_unknown_run_is_not_found(client: TestClient, run_id: str, path: str):
    answer = client.get(f"/api/runs/{run_id}{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("move", ["pause", "resume", "stop", "retry", "restore", "clone"])
def test_no_move_of_an_unknown_run(client: TestClient, move: str):
    assert client.post(f"/api/runs/nosuchrun/{move}").status_code == 404


def test_a_forbidden_move_is_a_conflict_with_its_reason(client: TestClient):
    run = create(client)
    assert client.post(f"/api/runs/{run['id']}/stop").json()["state"] == "stopped"
    answer = client.post(f"/api/runs/{run['id']}/resume")
    assert answer.status_code == 409
    assert "stopped; possible now: retry, delete" in answer.json()["detail"]


def test_moves_say_what_may_be_asked_now(client: TestClient):
    run = create(client)
    assert run["moves"] == ["pause", "stop", "delete"]
    paused = client.post(f"/api/runs/{run['id']}/pause").json()
    assert paused["moves"] == ["resume", "stop", "delete"]
    assert client.post(f"/api/runs/{run['id']}/resume").json()["state"] == "queued"


def test_a_clone_keeps_the_settings_but_for_the_given_ones(client: TestClient):
    parent = create(client, seed=4, config={"delta": 0.02, "limits": {"outside": 3}}, tags=["x"])
    answer = client.post(f"/api/runs/{parent['id']}/clone", json={"config": {"iterations": 9}})
    clone = answer.json()
    assert answer.status_code == 201
    assert clone["parent_id"] == parent["id"]
    assert clone["config"] == parent["config"] | {"iterations": 9}
    assert (clone["seed"], clone["tags"], clone["state"]) == (4, ["x"], "queued")
    assert client.post(f"/api/runs/{parent['id']}/clone", json={"seed": 5}).json()["seed"] == 5
    assert client.post(f"/api/runs/{parent['id']}/clone").json()["config"] == parent["config"]


def test_a_clone_with_another_algorithm_takes_the_preset(client: TestClient):
    parent = create(client, config={"delta": 0.02})
    clone = client.post(f"/api/runs/{parent['id']}/clone", json={"algorithm": "trpo"}).json()
    assert clone["algorithm"] == clone["config"]["algorithm"] == "trpo"


def test_a_bad_clone_names_the_field(client: TestClient):
    parent = create(client)
    answer = client.post(
        f"/api/runs/{parent['id']}/clone", json={"config": {"limits": {"outside": -2}}}
    )
    assert fields_at_fault(answer) == ["config.limits.outside"]
    assert client.get("/api/runs").json()["total"] == 1


def test_name_tags_notes_and_priority_can_be_changed(client: TestClient):
    first, second = create(client), create(client)
    changed = client.patch(
        f"/api/runs/{second['id']}",
        json={"name": "second", "tags": ["t", "t"], "notes": "n", "priority": 3},
    ).json()
    assert (changed["name"], changed["tags"], changed["queue_position"]) == ("second", ["t"], 1)
    assert client.get(f"/api/runs/{first['id']}").json()["queue_position"] == 2
    assert client.patch(f"/api/runs/{first['id']}", json={"state": "failed"}).status_code == 422


def test_a_deleted_run_can_be_restored(client: TestClient):
    run = create(client)
    deleted = client.delete(f"/api/runs/{run['id']}").json()
    assert deleted["deleted_at"] is not None
    assert deleted["moves"] == ["restore"]
    assert client.get("/api/runs").json()["total"] == 0
    assert client.get("/api/runs?deleted=true").json()["total"] == 1
    assert client.post(f"/api/runs/{run['id']}/retry").status_code == 404
    restored = client.post(f"/api/runs/{run['id']}/restore").json()
    assert restored["deleted_at"] is None
    assert client.post(f"/api/runs/{run['id']}/restore").status_code == 409


def test_a_queued_run_that_is_deleted_waits_unclaimed_and_is_queued_again_when_restored(
    client: TestClient, service: Service
):
    run, later = create(client), create(client)
    deleted = client.delete(f"/api/runs/{run['id']}").json()
    assert (deleted["moves"], deleted["queue_position"]) == (["restore"], None)
    assert client.get(f"/api/runs/{later['id']}").json()["queue_position"] == 1
    restored = client.post(f"/api/runs/{run['id']}/restore").json()
    assert (restored["state"], restored["queue_position"]) == ("queued", 1)
    client.delete(f"/api/runs/{run['id']}")
    claim = service.claim()
    assert claim is not None
    assert claim.run_id == later["id"]
    assert service.claim() is None


def test_an_active_run_is_not_deleted(client: TestClient, service: Service, database: Database):
    claim = service.held()
    with database.write() as session:
        lifecycle.started(session, claim.run_id, claim.token)
    answer = client.delete(f"/api/runs/{claim.run_id}")
    assert answer.status_code == 409
    assert "stop it before" in answer.json()["detail"]


def test_the_list_filters_sorts_and_pages(client: TestClient):
    for seed in range(5):
        create(client, seed=seed, name=f"run {WORDS[seed]}", tags=["odd"] if seed % 2 else [])
    create(client, algorithm="trpo", name="100% other_thing")

    def seeds(query: str) -> list[int]:
        return [r["seed"] for r in client.get(f"/api/runs?{query}").json()["runs"]]

    assert seeds("algorithm=cpo&sort=seed&order=asc") == [0, 1, 2, 3, 4]
    assert seeds("algorithm=cpo&sort=seed&order=desc&limit=2&offset=1") == [3, 2]
    assert client.get("/api/runs?limit=2").json()["total"] == 6
    assert sorted(seeds("tag=odd")) == [1, 3]
    assert seeds("search=run+DELTA") == [3]
    assert len(seeds("search=TRPO")) == 1
    assert len(seeds("search=%25")) == 1
    assert len(seeds("search=_thing")) == 1
    assert seeds("state=running") == []
    assert len(seeds("state=queued&state=running")) == 6
    for key in ("return", "over_limit", "regret", "state", "finished_at", "elapsed_seconds"):
        assert len(seeds(f"sort={key}")) == 6


def test_runs_of_one_priority_are_listed_in_the_order_of_the_queue(client: TestClient):
    for seed, priority in enumerate([0, 5, 0, 0, 5]):
        create(client, seed=seed, priority=priority)
    found = client.get("/api/runs?sort=priority&order=desc").json()["runs"]
    assert [run["seed"] for run in found] == [1, 4, 0, 2, 3]
    assert [run["queue_position"] for run in found] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "query", ["state=flying", "limit=0", "limit=x", "sort=colour", "offset=-1", "order=up"]
)
def test_a_bad_query_is_named(client: TestClient, query: str):
    answer = client.get(f"/api/runs?{query}")
    assert answer.status_code == 422
    assert fields_at_fault(answer)[0].split(".")[0] == query.split("=")[0]


def test_an_estimate_checks_without_creating(client: TestClient):
    good = client.post("/api/runs/estimate", json=MINIMAL).json()
    assert (good["seconds"], good["based_on"]) == (None, 0)
    assert good["config"]["task"] == "point-circle"
    bad = client.post("/api/runs/estimate", json=MINIMAL | {"config": {"delta": -1}})
    assert fields_at_fault(bad) == ["config.delta"]
    assert client.get("/api/runs").json()["total"] == 0


def test_a_study_queues_every_run_or_none(client: TestClient):
    study = client.post("/api/studies", json={"preset": "why-constraints", "seeds": [0, 1]}).json()
    assert study["progress"]["total"] == len(study["runs"]) == 8
    assert {r["algorithm"] for r in study["runs"]} == {"trpo", "fpo", "cpo"}
    assert client.get(f"/api/studies/{study['id']}").json()["states"] == {"queued": 8}
    assert len(client.get("/api/studies").json()["studies"]) == 1
    bad = {"runs": [MINIMAL, MINIMAL | {"config": {"delta": -1}}]}
    answer = client.post("/api/studies", json=bad)
    assert fields_at_fault(answer) == ["runs.1.config.delta"]
    assert client.get("/api/runs").json()["total"] == 8
    assert len(client.get("/api/studies").json()["studies"]) == 1
    assert client.get("/api/studies/none").status_code == 404
    assert fields_at_fault(client.post("/api/studies", json={"preset": "x"})) == ["preset"]
    assert fields_at_fault(client.post("/api/studies", json={})) == ["runs"]


def test_the_list_of_studies_counts_those_that_it_leaves_out(client: TestClient):
    for name in ("older", "newer"):
        client.post("/api/studies", json={"runs": [MINIMAL], "name": name})
    found = client.get("/api/studies?limit=1").json()
    assert [study["name"] for study in found["studies"]] == ["newer"]
    assert found["total"] == 2


def test_the_catalog_has_every_task_and_algorithm_with_its_schema(client: TestClient):
    catalog = client.get("/api/catalog").json()
    task = next(t for t in catalog["tasks"] if t["name"] == "point-circle")
    assert task["presets"]["default"]["config"]["limits"] == {"outside": 5.0}
    assert {t["name"] for t in catalog["tasks"]} == set(registry.tasks())
    assert {a["name"] for a in catalog["algorithms"]} == set(registry.algorithms())
    assert catalog["config_schema"]["properties"]["delta"]["title"]
    json.dumps(catalog, allow_nan=False)


def test_unknown_addresses_of_the_api_are_problems_not_pages(client: TestClient):
    for path in ("/api", "/api/nothing", "/api/runs/x/y/z"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.post("/api/health").status_code == 405


def test_an_estimate_of_a_study_shares_its_steps_among_the_slots(
    client: TestClient, service: Service, database: Database
):
    address = "/api/studies/presets/why-constraints/estimate"
    assert client.get(address).json() == {"seconds": None, "runs": 12}
    claim = service.held()
    with database.write() as session:
        lifecycle.ended(session, claim.run_id, claim.token, completed=True)
        session.execute(update(Run).values(iteration=10, elapsed_seconds=10.0))
    run = service.get(claim.run_id)
    alone = 12 * run.iterations * 1.0
    assert client.get(address).json()["seconds"] == pytest.approx(alone)
    fields = {"host": "h", "pid": 1, "executor": "local", "version": "0"}
    with database.write() as session:
        workers.register(session, Worker(id="w", state="running", slots=3, gpus=0, **fields))
    assert client.get(address).json()["seconds"] == pytest.approx(alone / 3)
    assert client.get("/api/studies/presets/none/estimate").status_code == 404


def test_the_time_left_of_a_study_counts_what_waits_and_every_slot(
    client: TestClient, service: Service, database: Database
):
    config = {"iterations": 100, "batch_size": 1000}
    runs = [MINIMAL | {"seed": seed, "config": config} for seed in range(4)]
    address = f"/api/studies/{client.post('/api/studies', json={'runs': runs}).json()['id']}"

    def left() -> float | None:
        return client.get(address).json()["progress"]["eta_seconds"]

    assert left() is None
    claim = service.claim()
    assert claim is not None
    fields = {"host": "h", "pid": 1, "executor": "local", "version": "0"}
    with database.write() as session:
        workers.register(session, Worker(id="w", state="running", slots=2, gpus=0, **fields))
        begun = update(Run).where(Run.id == claim.run_id)
        session.execute(begun.values(iteration=90, elapsed_seconds=90.0))
    assert left() == pytest.approx((10 + 3 * 100) / 2)
    waiting = [r["id"] for r in client.get(address).json()["runs"] if r["id"] != claim.run_id]
    for run_id in waiting:
        client.post(f"/api/runs/{run_id}/stop")
    assert left() == pytest.approx(10), "a second slot makes one run no faster"


def test_several_seeds_are_one_request_of_all_or_none(client: TestClient):
    body = MINIMAL | {"seeds": [3, 1, 3], "name": "three"}
    answer = client.post("/api/runs/seeds", json=body)
    assert answer.status_code == 201
    assert [(r["seed"], r["name"]) for r in answer.json()["runs"]] == [(3, "three"), (1, "three")]
    parent = answer.json()["runs"][0]["id"]
    again = client.post(f"/api/runs/{parent}/clone/seeds", json={"seeds": [8, 9]}).json()["runs"]
    assert [(r["seed"], r["parent_id"]) for r in again] == [(8, parent), (9, parent)]
    for bad in ({"seeds": [1, -1]}, {"seeds": []}, {"seeds": [1], "config": {"delta": -1}}):
        assert client.post("/api/runs/seeds", json=MINIMAL | bad).status_code == 422
    assert client.get("/api/runs").json()["total"] == 4
