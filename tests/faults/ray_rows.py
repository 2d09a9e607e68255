"""Faults of a Ray cluster. A run is resumed when its lease has ended: nobody can know sooner that
an attempt out of reach is dead.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Mapping

import psutil

from server.domain.states import RunState
from server.services.ledger import lifecycle
from tests.faults import audit
from tests.faults.rows import LONG, SOON, Row, Times, recovered
from tests.faults.stage import LEASE, Stage, kill
from tests.ray.cluster import QUICK, Cluster

ADOPT = 5.0
ENDLESS = {"iterations": 100_000}
_CLUSTERS: dict[int, Cluster] = {}


def use(stage: Stage, cluster: Cluster) -> None:
    """Let the workers of this service run attempts on a cluster, which gets one node."""
    cluster.start_node()
    _CLUSTERS[id(stage)] = cluster
    changes = {"executor": "ray", "ray_address": cluster.address, "adopt_seconds": ADOPT}
    stage.settings = stage.settings.model_copy(update=changes)
    stage.extra = QUICK


def actor_killed(stage: Stage) -> Times:
    """kill -9 of the actor's process: its child dies with it."""
    run_id = running(stage)
    attempt = attempt_of(stage, run_id)
    at = kill(parent(attempt))
    attempt.wait(10)
    return recovered(stage, run_id, at, LEASE + SOON)


def worker_killed(stage: Stage) -> Times:
    """kill -9 of the worker that started the actor: training goes on, the next worker adopts it."""
    run_id = running(stage, **ENDLESS)
    at = kill(stage.supervisor(run_id))
    stage.workers(1)
    log = stage.folder / "processes.log"
    stage.wait(lambda: f"action=adopt run={run_id} token=1" in log.read_text(), "the adoption")
    took = time.time() - at
    stage.reach(run_id, stage.run(run_id).iteration + 3)
    stage.ask(lifecycle.stop, run_id)
    run = stage.state(run_id, RunState.STOPPED)
    assert run.token == 1, "training was interrupted"
    audit.check(stage.database, run_id)
    found, expected = audit.columns(stage.database, run_id), stage.baseline()
    for name, values in expected.items():
        assert found[name][: len(values)] == values, f"column {name} differs"
    return {"adopted": round(took, 2)}


def raylet_killed(stage: Stage) -> Times:
    """kill -9 of the raylet of the node that trains: the run goes on on the other node."""
    cluster = _CLUSTERS[id(stage)]
    while len(cluster.nodes) < 2:
        cluster.start_node()
    run_id = running(stage, **LONG)
    attempt = attempt_of(stage, run_id)
    node = next(n for n in cluster.nodes if attempt in cluster.family(n))
    (other,) = (n for n in cluster.nodes if n is not node)
    at = kill(cluster.process(node, "raylet"))
    attempt.wait(30)
    stage.wait(lambda: _taken_over(stage, run_id), "another attempt")
    stage.wait(lambda: _trains_on(stage, run_id, other), "an attempt on the other node")
    times = recovered(stage, run_id, at, LEASE + SOON, **LONG)
    cluster.nodes.remove(node)
    cluster.end(node)
    return times


def _taken_over(stage: Stage, run_id: str) -> bool:
    """Ray ends a worker that reached the cluster by this raylet; what restarts workers is here."""
    stage.workers(1)
    return stage.run(run_id).token == 2


def _trains_on(stage: Stage, run_id: str, node: subprocess.Popen[bytes]) -> bool:
    with contextlib.suppress(AssertionError):
        return attempt_of(stage, run_id) in _CLUSTERS[id(stage)].family(node)
    return False


def head_killed(stage: Stage) -> Times:
    """kill -9 of the head with all of its processes; a new head and a new node start."""
    cluster = _CLUSTERS[id(stage)]
    run_id = running(stage, **LONG)
    attempt = attempt_of(stage, run_id)
    at = time.time()
    cluster.end(cluster.head)
    node = cluster.nodes.pop()
    attempt.wait(120)  # the node gives up when its head does not come back
    cluster.end(node)
    cluster.start_head()
    cluster.start_node()
    for worker in stage.alive():  # Ray may have ended it; what restarts workers would do the same
        worker.kill()
        worker.wait()
    stage.workers(1)
    return recovered(stage, run_id, at, time.time() - at + LEASE + SOON, **LONG)


def running(stage: Stage, **config: int) -> str:
    """A run that an actor trains."""
    if config != ENDLESS:
        stage.baseline(**config)  # not while the clock runs
    stage.workers(1)
    run_id = stage.submit(**config)
    stage.reach(run_id, 9)
    return run_id


def attempt_of(stage: Stage, run_id: str) -> psutil.Process:
    """The process that trains the run, on whatever node."""
    cluster, token = _CLUSTERS[id(stage)], str(stage.run(run_id).token)
    for starter in (cluster.head, *cluster.nodes):
        for process in cluster.family(starter):
            with contextlib.suppress(psutil.Error):
                if process.cmdline()[-2:] == [run_id, token]:
                    return process
    raise AssertionError(f"no actor trains run {run_id}")


def parent(process: psutil.Process) -> psutil.Process:
    """The process that started it."""
    found = process.parent()
    assert found is not None
    return found


RAY_ROWS: Mapping[str, Row] = {
    "ray-actor-killed": actor_killed,
    "ray-worker-killed": worker_killed,
    "ray-raylet-killed": raylet_killed,
    "ray-head-killed": head_killed,
}
