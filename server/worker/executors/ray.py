"""Attempts on a Ray cluster: one detached named actor each, `run-<id>-<token>`.

The actor starts the same child process as the local executor does, on the node where Ray puts it.
Ray never restarts it (`max_restarts=0`): the database decides about retries. Actors outlive the
worker that started them; the next worker adopts them.

An actor that is out of reach says nothing about its child, which may still hold the lease; so only
the actor's own word ends an attempt here, and the lease ends all others. An actor that never found
a node has trained nothing: its run goes back to the queue, and that is no loss.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import ActorUnavailableError, RayError

from server.services.scheduling.queue import Capacity, Claim
from server.settings import LISTS, Settings
from server.worker.executors.base import START_SECONDS, Ended
from server.worker.executors.local import LocalExecutor

log = logging.getLogger("costline.ray")
NAMESPACE = "costline"
NAME = re.compile(r"run-([a-z0-9]+)-(\d+)")
LINGER_SECONDS = 60.0
"""An actor whose attempt is over waits so long for somebody to ask how it ended."""
WATCH_SECONDS = 0.5
HEARD_SECONDS = 10.0
"""An actor that answered within so long counts as alive."""
NO_ROOM = "No node of the Ray cluster had room for it in time."


class AttemptActor:
    """A local executor of one attempt, on a node of the cluster."""

    def __init__(self, claim: Claim, values: dict[str, Any]) -> None:
        self._claim = claim
        self._ended: Ended | None = None
        # Ray has already chosen the GPUs; the processors are those that the run asked for.
        values = values | {"slots": claim.slots, "gpus": 0}
        self._local = LocalExecutor(Settings(**values), threads=claim.slots)
        self._local.start(claim)
        threading.Thread(target=self._linger, daemon=True).start()

    def ended(self) -> Ended | None:
        """How the attempt ended; None while it runs."""
        for ended in self._local.ended():
            self._ended = ended
        return self._ended

    def interrupt(self) -> None:
        """Ask the attempt to save its state and end."""
        self._local.interrupt(self._claim)

    def _linger(self) -> None:
        while self._local.alive(self._claim):
            time.sleep(WATCH_SECONDS)
        time.sleep(LINGER_SECONDS)
        os._exit(0)


@dataclass
class Watch:
    """An actor, the question to it that is under way, and when it last answered.

    `since`: when it was started here; None for one that was adopted.
    """

    actor: Any
    since: float | None = None
    asked: Any = None
    heard: float | None = None

    def pending(self) -> bool:
        """Whether it may still wait for a node."""
        return self.since is not None and self.heard is None


class RayExecutor:
    """See the module. When the head of the cluster is lost, Ray ends this process after a while;
    whatever restarts workers restarts it too.
    """

    name = "ray"
    detached = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._watched: dict[Claim, Watch] = {}
        ray.init(
            address=settings.ray_address or "auto", namespace=NAMESPACE, log_to_driver=False,
            configure_logging=False, ignore_reinit_error=True,
        )  # fmt: skip
        # Ray deals in actor classes made from plain ones; the plain one stays testable.
        self._remote: Any = ray.remote(max_restarts=0, max_task_retries=0)(AttemptActor)

    def capacity(self) -> Capacity:
        """All processors and GPUs of the cluster."""
        return _room(_call("cluster_resources"))

    def rooms(self) -> Sequence[Capacity]:
        """The nodes."""
        return list({_room(node["Resources"]) for node in ray.nodes() if node["Alive"]})

    def places(self, held: Iterable[Claim]) -> Sequence[Capacity]:
        """What each node has, of what neither these attempts nor others hold of the cluster.

        Ray tells what is free only of all nodes together; where none has it, the actor waits.
        """
        claims, total, available = list(held), self.capacity(), _room(_call("available_resources"))
        slots = min(available.slots, total.slots - sum(c.slots for c in claims))
        gpus = min(available.gpus, total.gpus - sum(c.gpus for c in claims))
        found = {Capacity(min(n.slots, slots), min(n.gpus, gpus)) for n in self.rooms()}
        return sorted(found, key=lambda c: (c.gpus, c.slots))

    def start(self, claim: Claim) -> None:
        """Start the attempt's actor, or take hold of the one that runs; raises OSError."""
        options = {
            "name": name_of(claim), "namespace": NAMESPACE, "lifetime": "detached",
            "get_if_exists": True, "num_cpus": claim.slots, "num_gpus": claim.gpus,
        }  # fmt: skip
        # What only web servers and workers need is nobody's business on the nodes.
        values = self._settings.model_dump(mode="json", exclude_unset=True, exclude=set(LISTS))
        values["data_dir"] = str(self._settings.data_path)
        try:
            actor = self._remote.options(**options).remote(claim, values)
        except RayError as error:
            raise OSError(f"Ray refused the actor: {error}") from error
        self._watched[claim] = Watch(actor, time.monotonic())

    def alive(self, claim: Claim) -> bool | None:
        """True while it waits for a node or answers. Ray cannot tell a dead node from one out of
        reach, so otherwise None.
        """
        watch = self._watched.get(claim)
        if watch is None:
            return None
        heard = watch.heard is not None and time.monotonic() - watch.heard < HEARD_SECONDS
        return True if heard or watch.pending() else None

    def interrupt(self, claim: Claim) -> None:
        """SIGTERM to the attempt, where it runs."""
        if claim in self._watched:
            self._watched[claim].actor.interrupt.remote()

    def kill(self, claim: Claim) -> None:
        """End the actor; its child dies with it."""
        with contextlib.suppress(ValueError, RayError):
            watch = self._watched.get(claim)
            actor = watch.actor if watch else ray.get_actor(name_of(claim), NAMESPACE)
            ray.kill(actor, no_restart=True)

    def ended(self) -> list[Ended]:
        """Attempts that ended by their actor's word, those whose actor died, and those without a
        node.
        """
        for watch in self._watched.values():
            if watch.asked is None:
                watch.asked = watch.actor.ended.remote()
        questions = [watch.asked for watch in self._watched.values()]
        if not questions:
            return []
        answered, _ = ray.wait(questions, num_returns=len(questions), timeout=0)
        found = []
        for claim, watch in list(self._watched.items()):
            ended = _answer(claim, watch) if watch.asked in answered else _overdue(claim, watch)
            if ended is not None:
                found.append(ended)
                self.kill(claim)
                del self._watched[claim]
        return found

    def found(self) -> list[Claim]:
        """Actors of the cluster that this worker did not start."""
        matches = [NAME.fullmatch(name) for name in ray.util.list_named_actors()]
        claims = [Claim(m[1], int(m[2])) for m in matches if m]
        own = {(c.run_id, c.token) for c in self._watched}
        return [c for c in claims if (c.run_id, c.token) not in own]

    def leave(self, claim: Claim) -> None:
        """Let another worker watch it; its actor goes on."""
        self._watched.pop(claim, None)

    def adopt(self, claim: Claim) -> bool:
        """Watch an actor that another worker started; False when it is gone."""
        try:
            self._watched[claim] = Watch(ray.get_actor(name_of(claim), NAMESPACE))
        except ValueError:
            return False
        return True


def _answer(claim: Claim, watch: Watch) -> Ended | None:
    answer, watch.asked = watch.asked, None
    try:
        ended: Ended | None = ray.get(answer)
    except ActorUnavailableError as error:  # it may live, and is asked again
        log.info("action=unavailable actor=%s error=%s", name_of(claim), error)
        return None
    except RayError as error:
        log.warning("action=unreachable actor=%s error=%s", name_of(claim), error)
        return Ended(claim, "Its actor is out of reach.", known=False)
    watch.heard = time.monotonic()
    return ended


def _overdue(claim: Claim, watch: Watch) -> Ended | None:
    if watch.since is None or not watch.pending():
        return None
    late = time.monotonic() - watch.since > START_SECONDS
    return Ended(claim, NO_ROOM, lost=False) if late else None


def name_of(claim: Claim) -> str:
    """Name of an attempt's actor."""
    return f"run-{claim.run_id}-{claim.token}"


def _call(name: str) -> dict[str, float]:
    found: Any = getattr(ray, name)()
    return found


def _room(resources: dict[str, float]) -> Capacity:
    return Capacity(int(resources.get("CPU", 0)), int(resources.get("GPU", 0)))
