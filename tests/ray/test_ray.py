"""The Ray executor on a real cluster: one head and one node, started here."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.prepare import prepared
from tests.faults.ray_rows import RAY_ROWS
from tests.faults.stage import Stage

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A service whose workers run attempts on a cluster."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    with prepared("ray-actor-killed", "sqlite") as found:
        yield found


def test_ray_is_installed_where_it_is_required(need: Callable[[str, str], None]):
    if importlib.util.find_spec("ray") is None:
        need("ray", "pip install 'costline[ray]'")


def test_a_restarted_worker_adopts_the_actor_and_training_goes_on(stage: Stage):
    RAY_ROWS["ray-worker-killed"](stage)


def test_a_killed_actor_is_replaced_once_its_lease_has_ended(stage: Stage):
    RAY_ROWS["ray-actor-killed"](stage)


PENDING = """
import json, sys, time
from server.worker.executors import ray
from server.services.scheduling.queue import Claim
from server.settings import Settings
ray.START_SECONDS = 3.0
ray.NAMESPACE = "elsewhere"  # the worker of this cluster would end an actor that holds no run
executor = ray.RayExecutor(Settings(data_dir=sys.argv[1], ray_address=sys.argv[2]))
claim = Claim("pending", 1, slots=64)
executor.start(claim)
alive, slots = executor.alive(claim), [place.slots for place in executor.places([])]
while not (ended := executor.ended()):
    time.sleep(0.1)
while any(left.run_id == claim.run_id for left in executor.found()):
    time.sleep(0.1)
print(json.dumps([alive, slots, ended[0].known, ended[0].lost]))
"""


def test_an_actor_without_a_node_counts_as_alive_and_then_its_run_is_given_back(
    stage: Stage, tmp_path: Path
):
    address = stage.settings.ray_address
    done = subprocess.run(
        [sys.executable, "-c", PENDING, str(tmp_path), address], capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    alive, slots, known, lost = json.loads(done.stdout.splitlines()[-1])
    assert (alive, known, lost) == (True, True, False)
    assert max(slots) <= 1, "a run that fits no single node would be claimed"


def test_a_run_goes_on_on_another_node_when_its_raylet_is_killed(stage: Stage):
    RAY_ROWS["ray-raylet-killed"](stage)
