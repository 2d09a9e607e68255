"""Queue, train, watch, pause, resume, stop, download, use: real processes, real training."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from cpo_core.rollouts.evaluation import SEED_OFFSET, evaluate
from cpo_core.sim.sampler import Sampler
from cpo_core.spec.registry import find_task
from cpo_core.tasks.base import Task
from tests.acceptance.service import Service, stream, wait_until

pytestmark = pytest.mark.acceptance


def test_a_run_is_queued_watched_paused_resumed_stopped_and_used(service: Service, tmp_path: Path):
    seen: list[tuple[str, dict]] = []
    threading.Thread(target=lambda: seen.extend(follow(service, seen)), daemon=True).start()
    wait_until(lambda: bool(seen), "the stream to open")
    run_id = service.create(seed=3)
    service.wait_for_iteration(run_id, 3)
    service.call("POST", f"/api/runs/{run_id}/pause")
    paused = service.wait_for(run_id, "paused")
    wait_until(lambda: not service.attempts(run_id), "the attempt to end")
    service.call("POST", f"/api/runs/{run_id}/resume")
    resumed = service.wait_for_iteration(run_id, paused["iteration"] + 2)
    assert resumed["state"] == "running"
    service.call("POST", f"/api/runs/{run_id}/stop")
    stopped = service.wait_for(run_id, "stopped")

    columns = service.columns(run_id)
    assert columns["iteration"] == list(range(1, stopped["iteration"] + 1))
    assert {len(values) for values in columns.values()} == {stopped["iteration"]}
    assert set(columns["limit_outside"]) == {5.0}
    assert all(kl <= 0.01 * (1 + 1e-6) for kl in columns["kl"])
    # The stream follows the database by a fraction of a second.
    every = set(columns["iteration"])
    wait_until(lambda: streamed(seen) == every, "every iteration to be streamed")
    assert stopped["versions"]["mujoco"]
    check_policy(service, run_id, tmp_path)


def streamed(seen: list[tuple[str, dict]]) -> set[int]:
    return {n for kind, m in list(seen) if kind == "metrics" for n in m["columns"]["iteration"]}


def follow(service: Service, seen: list) -> list:
    for message in stream(service):
        seen.append(message)
    return []


def check_policy(service: Service, run_id: str, folder: Path) -> None:
    """The ONNX file acts and does as the checkpoint's policy; the other formats download."""
    import onnxruntime

    from cpo_core.sim.action_range import action_range
    from cpo_core.training.checkpoint import load

    listed = service.call("GET", f"/api/runs/{run_id}/policies")
    newest = [p for p in listed["policies"] if p["iteration"] == listed["iterations"][-1]]
    assert [p["format"] for p in newest] == ["onnx", "safetensors", "pytorch"]
    for policy in newest:
        status, content, headers = service.download(policy["url"])
        assert status == 200
        assert "attachment" in headers["content-disposition"]
        (folder / policy["format"]).write_bytes(content)
    again = service.call("GET", f"/api/runs/{run_id}/policies")["policies"]
    assert all(p["sha256"] and p["size"] for p in again[: len(newest)])
    session = onnxruntime.InferenceSession(folder / "onnx")
    checkpoint = max((service.folder / "runs" / run_id).glob("*/checkpoints/*.ckpt"))
    policy = load(checkpoint).state.policy.numpy()
    shape = session.get_inputs()[0].shape
    observations = np.random.default_rng(0).normal(size=(64, shape[1])).astype(np.float32)
    (actions,) = session.run(None, {"observation": observations})
    task = find_task("point-circle")
    low, high = action_range(task)
    expected = np.clip(policy.outputs(observations), low, high)
    assert np.abs(np.asarray(actions) - expected).max() < 1e-5
    measured = evaluate(checkpoint, EPISODES, seed=5, deterministic=True)
    rolled = rolled_out(session, task, seed=5)
    assert rolled == pytest.approx(
        (measured.return_mean, measured.costs["outside"][0]), rel=1e-3, abs=0.05
    )


EPISODES = 40


def rolled_out(session: Any, task: Task, seed: int) -> tuple[float, float]:
    """Mean return and cost of an ONNX policy in the episodes that `evaluate` plays for `seed`.

    Worlds and random numbers are the evaluation's; the actions are onnxruntime's.
    """

    class Downloaded:
        def act(self, observations: np.ndarray, generator: np.random.Generator) -> np.ndarray:
            return np.asarray(session.run(None, {"observation": observations})[0])

    sampler = Sampler(task, environments=EPISODES, threads=1, seed=seed + SEED_OFFSET)
    with contextlib.closing(sampler):
        batch = sampler.collect(Downloaded(), EPISODES * task.horizon)
    return (
        float(batch.episode_sums(batch.rewards).mean()),
        float(batch.episode_sums(batch.costs)[0].mean()),
    )


def test_the_web_process_loads_neither_torch_nor_mujoco(service: Service):
    run_id = service.create(config={"iterations": 3})
    service.wait_for(run_id, "succeeded")
    for path in (
        "catalog",
        f"runs/{run_id}/figures/return",
        f"runs/{run_id}/policies",
        f"runs/{run_id}/videos",
        f"runs/{run_id}/log",
        "workers",
        "metrics/prometheus",
    ):
        service.download(f"/api/{path}")  # fmt: skip
    service.download(f"/api/runs/{run_id}/policies/onnx")
    maps = Path(f"/proc/{service.processes[0].pid}/maps").read_text()
    assert not [lib for lib in ("torch", "mujoco", "/av/", "onnx") if lib in maps]
    assert psutil.Process(service.processes[0].pid).memory_info().rss < 150 * 2**20


def test_a_killed_attempt_continues_by_itself_and_loses_nothing(service: Service):
    run_id = service.create(config={"iterations": 14, "checkpoint_every": 3}, seed=1)
    service.wait_for_iteration(run_id, 5)
    for attempt in service.attempts(run_id):
        attempt.kill()
    done = service.wait_for(run_id, "succeeded", "failed")
    assert done["state"] == "succeeded", done["reason"]
    columns = service.columns(run_id)
    assert columns["iteration"] == list(range(1, 15))
    twin = service.create(config={"iterations": 14, "checkpoint_every": 3}, seed=1)
    service.wait_for(twin, "succeeded")
    assert training(columns) == training(service.columns(twin))


def training(columns: dict[str, list]) -> dict[str, list]:
    """What training gave, without how long it took."""
    return {n: v for n, v in columns.items() if "seconds" not in n}


def test_the_moves_of_a_run_and_the_end_of_its_log_can_be_read(service: Service):
    run_id = service.create(config={"iterations": 2, "batch_size": 1000, "hidden": [4]})
    service.wait_for(run_id, "succeeded")
    events = service.call("GET", f"/api/runs/{run_id}/events")["events"]
    moves = [e["data"]["to"] for e in events if e["kind"] == "state"]
    assert moves == ["queued", "starting", "running", "succeeded"]
    lines = service.call("GET", f"/api/runs/{run_id}/log?tail=5")["lines"]
    assert any("action=end" in line and f"run={run_id} token=1" in line for line in lines)


def test_a_run_whose_environment_goes_wrong_fails_with_the_reason_and_can_be_retried(
    make_service: Callable[..., Service], tmp_path: Path
):
    """A foreign environment that gives NaN in its second iteration, until it is mended."""
    (tmp_path / "spoilt.py").write_text(SPOILT)
    mended = tmp_path / "mended"
    service = make_service()
    service.environment |= {"PYTHONPATH": str(tmp_path), "MENDED": str(mended)}
    service.web()
    service.worker()
    config = {"iterations": 3, "batch_size": 40, "environments": 1, "checkpoint_every": 1}
    run_id = service.create(task="gym:spoilt:Spoilt-v0", config=config)
    failed = service.wait_for(run_id, "failed", "succeeded")
    assert failed["state"] == "failed"
    assert failed["reason"] == "BadEnvironmentError: spoilt:Spoilt-v0, step 3: reward nan"
    assert service.columns(run_id)["iteration"] == [1]
    mended.touch()
    service.call("POST", f"/api/runs/{run_id}/retry")
    done = service.wait_for(run_id, "succeeded", "failed")
    assert done["state"] == "succeeded", done["reason"]
    assert service.columns(run_id)["iteration"] == [1, 2, 3]


SPOILT = """
import os
import gymnasium
import numpy as np

class Spoilt(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (1,))
    action_space = gymnasium.spaces.Box(-1, 1, (1,))
    episodes = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.episodes, self.at = self.episodes + 1, 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.at += 1
        # The first iteration and the observations before it take six episodes of ten steps.
        bad = self.episodes > 6 and self.at == 3 and not os.path.exists(os.environ["MENDED"])
        seen = self.np_random.uniform(-1, 1, 1).astype(np.float32)
        return seen, float("nan") if bad else 1.0, False, False, {"cost": float(action[0] > 0)}

gymnasium.register("Spoilt-v0", entry_point=Spoilt, max_episode_steps=10)
"""


def test_runs_wait_for_a_free_slot_and_follow_priority(make_service: Callable[..., Service]):
    service = make_service()
    service.web()
    ids = [service.create(config={"iterations": 2}, priority=p) for p in (0, 0, 5)]
    service.worker()
    for run_id in ids:
        service.wait_for(run_id, "succeeded")
    started = {i: service.run(i)["started_at"] for i in ids}
    order = sorted(ids, key=lambda i: started[i])
    assert order == [ids[2], ids[0], ids[1]]
    spans = sorted((started[i], service.run(i)["finished_at"]) for i in ids)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
