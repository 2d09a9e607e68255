"""Policies measured on demand, the snippets that run them, and the records beside them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from cpo_core.rollouts.exporters.formats import exporters
from cpo_core.spec.config import from_plain
from cpo_core.spec.registry import find_task
from cpo_core.training import checkpoint as checkpoints
from cpo_core.training.state import initial_state
from server.db import now
from server.models import Checkpoint, Evaluation, Run, Video
from server.services.files import artifacts, policies
from server.services.scheduling import evaluations
from server.worker.evaluator import Evaluator
from server.worker.renderer import Renderer
from tests.server.service import Service

ON_ONE_DATABASE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
"""For what takes long in other processes, and is not about the database."""


def trained(service: Service, iteration: int = 40, **fields) -> str:
    """Id of a run with a real checkpoint, whose policy is not the initial one."""
    run_id = service.run(**fields)
    run = service.get(run_id)
    config = from_plain(run.config)
    state = initial_state(config, find_task(config.task), {})
    state.iteration = iteration
    generator = np.random.default_rng(3)
    state.policy.theta.add_(
        state.policy.theta.new_tensor(generator.normal(0, 0.2, len(state.policy.theta)))
    )
    file = artifacts.folder(service.settings, run_id) / "0001" / f"{iteration:06d}.ckpt"
    saved = checkpoints.save(file, state, config)
    with service.database.write() as session:
        session.add(
            Checkpoint(
                run_id=run_id, iteration=iteration, token=1, size=saved.size, created_at=now(),
                path=str(file.relative_to(service.settings.data_path)), sha256=saved.sha256,
            )
        )  # fmt: skip
    return run_id


def errors(answer) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {e["field"]: e["message"] for e in answer.json()["errors"]}


def test_a_measurement_is_made_by_a_child_and_judged_by_the_given_limit(
    client: TestClient, service: Service
):
    run_id = trained(service)
    body = {"episodes": 4, "limits": {"outside": 7.5}}
    made = client.post(f"/api/runs/{run_id}/evaluations", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["state"] == "waiting"
    assert Evaluator(service.database, service.settings).next()
    [found] = client.get(f"/api/runs/{run_id}/evaluations").json()["evaluations"]
    assert (found["state"], found["problem"], found["iteration"]) == ("ready", "", 40)
    result = found["result"]
    assert result["episodes"] >= 4
    assert result["return_se"] > 0
    assert result["costs"]["outside"]["limit"] == 7.5
    assert result["costs"]["outside"]["mean"] >= 0
    left = list((artifacts.folder(service.settings, run_id) / "evaluations").iterdir())
    assert left == [], "the link to the weights stays behind"


def test_an_evaluation_that_cannot_work_names_every_bad_field(client: TestClient, service: Service):
    url = f"/api/runs/{trained(service)}/evaluations"
    assert set(errors(client.post(url, json={"episodes": 0}))) == {"episodes"}
    assert set(errors(client.post(url, json={"limits": {"outside": -1}}))) == {"limits.outside"}
    assert set(errors(client.post(url, json={"limits": {"bombs": 1}}))) == {"limits.bombs"}
    assert set(errors(client.post(url, json={"task": "ant-circle"}))) == {"task"}
    assert "40" in errors(client.post(url, json={"iteration": 3}))["iteration"]
    assert set(errors(client.post(url, json={"speed": 3}))) == {"speed"}
    assert client.get(url).json()["evaluations"] == []


def test_a_run_without_a_checkpoint_has_nothing_to_measure(client: TestClient, service: Service):
    answer = client.post(f"/api/runs/{service.run()}/evaluations", json={})
    assert answer.status_code == 404
    assert "no checkpoint" in answer.json()["detail"]


def test_only_tasks_of_the_same_shape_are_offered():
    assert "point-circle" in evaluations.same_shape("point-circle")
    assert "ant-circle" not in evaluations.same_shape("point-circle")
    assert evaluations.same_shape("no-such-task") == []
    others = [t for t in evaluations.same_shape("ant-circle") if t != "ant-circle"]
    own = find_task("ant-circle")
    for name in others:
        assert find_task(name).observation_size == own.observation_size


@ON_ONE_DATABASE
def test_a_policy_is_measured_on_a_sister_task_by_the_costs_of_that_task(
    client: TestClient, service: Service
):
    url = f"/api/runs/{trained(service)}/evaluations"
    body = {"episodes": 4, "task": "point-circle-two-costs", "limits": {"speed": 3.0}}
    made = client.post(url, json=body)
    assert made.status_code == 201, made.text
    assert Evaluator(service.database, service.settings).next()
    [found] = client.get(url).json()["evaluations"]
    assert (found["state"], found["problem"]) == ("ready", "")
    assert found["task"] == "point-circle-two-costs"
    costs = found["result"]["costs"]
    assert {name: cost["limit"] for name, cost in costs.items()} == {"outside": 5.0, "speed": 3.0}
    assert costs["speed"]["mean"] >= 0


def test_a_measurement_whose_worker_died_is_made_by_the_next_one(service: Service):
    run_id = trained(service)
    _ask(service, run_id, episodes=2)
    with service.database.write() as session:
        held = evaluations.take(session)
        assert held is not None
        assert evaluations.take(session) is None, "two workers hold it"
    with service.database.write() as session:
        session.get_one(Evaluation, held.id).lease_until = now() - 1  # type: ignore[assignment]
    with service.database.write() as session:
        again = evaluations.take(session)
        assert again is not None
        assert (again.id, again.tries) == (held.id, 2)


def test_a_worker_that_wakes_up_late_changes_nothing_of_a_measurement(service: Service):
    _ask(service, trained(service), episodes=2)
    late, held = _taken(service), _taken(service)
    with service.database.write() as session:
        evaluations.renew(session, late)
        assert evaluations.finish(session, late, None, "too late") is None
        evaluations.give_back(session, late)
        assert session.get_one(Evaluation, held.id).lease_until == 1.0
        assert evaluations.finish(session, held, {"costs": {}}) == held.checkpoint
        assert evaluations.finish(session, held, None, "twice") is None
    with service.database.read() as session:
        found = session.get_one(Evaluation, held.id)
        assert (found.state, found.problem) == ("ready", "")


def test_a_measurement_that_loses_each_of_its_workers_is_given_up(service: Service):
    evaluation_id = _ask(service, trained(service), episodes=2)
    for _ in range(evaluations.MAX_TRIES):
        _taken(service)
    with service.database.write() as session:
        assert evaluations.take(session) is None
        found = session.get_one(Evaluation, evaluation_id)
        assert (found.state, found.problem) == (
            "failed",
            "Its worker was lost each time it was tried.",
        )


def _taken(service: Service) -> Evaluation:
    """The measurement as a worker holds it whose lease has ended since."""
    with service.database.write() as session:
        found = evaluations.take(session)
        assert found is not None
    with service.database.write() as session:
        session.get_one(Evaluation, found.id).lease_until = 1.0  # type: ignore[assignment]
    return found


def test_a_damaged_checkpoint_fails_its_measurement_with_the_reason(service: Service):
    run_id = trained(service)
    evaluation_id = _ask(service, run_id, episodes=2)
    with service.database.read() as session:
        file = service.settings.data_path / session.get_one(Evaluation, evaluation_id).checkpoint
    file.write_bytes(file.read_bytes()[:-100])
    evaluator = Evaluator(service.database, service.settings)
    assert [evaluator.next() for _ in range(3)] == [True, True, False]
    with service.database.read() as session:
        found = session.get_one(Evaluation, evaluation_id)
    assert found.state == "failed"
    assert "damaged" in found.problem


def _ask(service: Service, run_id: str, **fields) -> str:
    from server.web.schemas.evaluations import EvaluationCreate

    body = EvaluationCreate(**fields)
    return evaluations.create(service.database, service.settings, run_id, body).id


# -- without OpenGL -----------------------------------------------------------------------------


def test_without_opengl_the_states_are_recorded_and_can_be_fetched(
    client: TestClient, service: Service
):
    run_id = trained(service)
    with service.database.write() as session:
        [kept] = artifacts.checkpoints(session, run_id)
        link = artifacts.link_for_video(service.settings, run_id, kept.iteration, kept.path)
        artifacts.want_video(session, run_id, kept.iteration, link)
    assert Renderer(service.database, service.settings, "w1")._next()  # its backend is "": no GL
    assert client.get(f"/api/runs/{run_id}/videos").json()["videos"] == []
    [replay] = client.get(f"/api/runs/{run_id}/replays").json()["replays"]
    assert (replay["iteration"], replay["video"]) == (40, False)
    record = client.get(replay["url"]).json()
    assert len(record["states"]) == record["frames"] == replay["frames"]
    assert record["stage"]["geoms"]
    assert "libegl1" in client.get(f"/api/runs/{run_id}").json()["video"]["message"]
    with service.database.read() as session:
        assert session.get_one(Video, (run_id, 40)).state == "recorded"
    assert client.get(f"/api/runs/{run_id}/replays/41").status_code == 404


# -- files and snippets -------------------------------------------------------------------------


def test_the_best_feasible_the_best_return_and_the_last_checkpoint_are_kept_and_told_apart(
    client: TestClient, service: Service
):
    from cpo_core.spec.reports import columns
    from server.services.measurements import metrics
    from tests.server.reports import report

    run_id = service.run()
    figures = {1: (4.0, 3.0), 2: (9.0, 12.0), 3: (1.0, 2.0), 4: (2.0, 1.0), 5: (3.0, 9.0)}
    with service.database.write() as session:
        run = session.get_one(Run, run_id)
        for k, (value, cost) in figures.items():
            row = columns(report(k + 1, cost=cost, value=value)) | {"elapsed_seconds": 1.0}
            metrics.insert_row(session, run_id, 1, row, {}, {})
            session.add(
                Checkpoint(
                    run_id=run_id, iteration=k, token=1, path=f"runs/{k}", sha256="0" * 64,
                    size=1, created_at=now(),
                )
            )  # fmt: skip
        session.flush()
        assert artifacts.prune(session, run) == ["runs/3"]
    found = client.get(f"/api/runs/{run_id}/policies").json()
    assert (found["best_feasible"], found["best_return"]) == (1, 2)
    assert found["iterations"] == [1, 2, 4, 5]
    assert [c["return"] for c in found["checkpoints"]] == [4.0, 9.0, 2.0, 3.0]
    assert found["checkpoints"][1]["costs"]["outside"]["mean"] == 12.0


@ON_ONE_DATABASE
def test_a_policy_of_a_chosen_iteration_comes_with_its_hash_once_it_is_exported(
    client: TestClient, service: Service
):
    run_id = trained(service)
    url = f"/api/runs/{run_id}/policies"
    assert client.get(url, params={"iteration": 7}).status_code == 404
    content = client.get(f"{url}/onnx?iteration=40").content
    onnx = client.get(url, params={"iteration": 40}).json()["policies"][0]
    import hashlib

    assert onnx["sha256"] == hashlib.sha256(content).hexdigest()
    assert onnx["size"] == len(content)
    assert onnx["filename"] in onnx["snippet"]


@ON_ONE_DATABASE
def test_two_requests_for_the_same_policy_at_once_get_the_same_file(service: Service):
    run_id = trained(service)
    with service.database.read() as session:
        [kept] = artifacts.checkpoints(session, run_id)
    together = threading.Barrier(2)

    def ask(_: int) -> bytes:
        together.wait()
        return policies.export(service.settings, kept, "safetensors").read_bytes()

    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(ask, range(2))
    assert one == two
    folder = artifacts.folder(service.settings, run_id) / "policies"
    assert [file.suffix for file in folder.iterdir()] == [".safetensors"]


@ON_ONE_DATABASE
def test_the_snippet_of_a_foreign_environment_has_its_observation_size(
    client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch
):
    example = Path(__file__).parents[2] / "examples" / "costline-corridor"
    monkeypatch.setenv("PYTHONPATH", str(example))
    run_id = trained(service, task="gym:costline_corridor:Corridor-v0")
    listed = client.get(f"/api/runs/{run_id}/policies").json()["policies"]
    assert "np.zeros((1, 2), np.float32)" in listed[0]["snippet"]


def test_the_training_record_holds_configuration_limits_and_hashes(
    client: TestClient, service: Service
):
    run_id = trained(service)
    record = client.get(f"/api/runs/{run_id}/record").json()
    assert record["run"]["config"]["limits"] == {"outside": 5.0}
    assert len(record["checkpoints"][0]["sha256"]) == 64


DRIVER = """
import numpy as np
observations = np.load("observations.npy")
try:
    import torch
    observations = torch.from_numpy(observations)
except ImportError:
    pass
np.save("actions.npy", np.asarray(act(observations)))
"""
NEEDS = {
    "onnx": ("numpy", "onnxruntime", "google", "flatbuffers", "packaging"),
    "safetensors": ("numpy", "safetensors"),
}


@ON_ONE_DATABASE
@pytest.mark.parametrize("format", sorted(exporters()))
def test_the_snippet_on_the_page_gives_the_trained_actions_in_a_fresh_environment(
    client: TestClient, service: Service, tmp_path: Path, format: str
):
    run_id = trained(service)
    found = client.get(f"/api/runs/{run_id}/policies", params={"iteration": 40}).json()
    policy = next(p for p in found["policies"] if p["format"] == format)
    content = client.get(policy["url"]).content
    with service.database.read() as session:
        [kept] = artifacts.checkpoints(session, run_id)
    state = checkpoints.load(service.settings.data_path / kept.path).state
    generator = np.random.default_rng(0)
    observations = (2 * generator.normal(size=(200, 5))).astype(np.float32)
    bounds = np.array([1.0, 0.25], np.float32)
    expected = np.clip(state.policy.numpy().outputs(observations), -bounds, bounds)
    place = tmp_path / "elsewhere"
    place.mkdir()
    (place / policy["filename"]).write_bytes(content)
    np.save(place / "observations.npy", observations)
    (place / "run.py").write_text(policy["snippet"] + DRIVER)
    python = _fresh(tmp_path / "venv", NEEDS[format]) if format in NEEDS else sys.executable
    done = subprocess.run(
        [str(python), "-I", "run.py"], cwd=place, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(np.load(place / "actions.npy"), expected, atol=1e-5)
    assert (np.abs(expected) == bounds).any(), "no action at the end of its range was tried"


def _fresh(place: Path, packages: tuple[str, ...]) -> Path:
    """A new environment in which only these packages of ours can be imported."""
    venv.create(place, with_pip=False, symlinks=True)
    python = place / "bin" / "python"
    code = "import site; print(site.getsitepackages()[0])"
    target = Path(subprocess.check_output([str(python), "-c", code], text=True).strip())
    import numpy

    source = Path(numpy.__file__).parent.parent
    for name in packages:
        for found in [source / name, source / f"{name}.libs"]:
            if found.exists():
                os.symlink(found, target / found.name)
    refused = subprocess.run([str(python), "-c", "import torch"], capture_output=True, check=False)
    assert refused.returncode != 0, "the environment is not a fresh one"
    return python
