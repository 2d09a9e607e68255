"""Attempts on a Ray cluster: one detached named actor each, `run-<id>-<token>`.

The actor starts the same child process as the local executor does, on the node where Ray puts it.
Ray never restarts it (`max_restarts=0`): the database decides about retries. Actors outlive the
worker that started them; the next worker adopts them.

An actor that is out of reach says nothing about its child, which may still hold the lease; so only
the actor's own word ends an attempt here, and the lease ends all others.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import threading
import time
from collections.abc import Iterable
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError

from server.executors.base import Ended
from server.executors.local import LocalExecutor
from server.services.queue import Capacity, Claim
from server.settings import Settings

log = logging.getLogger("costline.ray")
NAMESPACE = "costline"
NAME = re.compile(r"run-([a-z0-9]+)-(\d+)")
LINGER_SECONDS = 60.0
"""An actor whose attempt is over waits so long for somebody to ask how it ended."""
WATCH_SECONDS = 0.5


class AttemptActor:
    """A local executor of one attempt, on a node of the cluster."""

    def __init__(self, claim: Claim, values: dict[str, Any]) -> None:
        self._claim = claim
        self._reason: str | None = None
        self._local = LocalExecutor(Settings(**values))
        self._local.start(claim)
        threading.Thread(target=self._linger, daemon=True).start()

    def reason(self) -> str | None:
        """How the attempt ended; None while it runs."""
        for ended in self._local.ended():
            self._reason = ended.reason
        return self._reason

    def interrupt(self) -> None:
        """Ask the attempt to save its state and end."""
        self._local.interrupt(self._claim)

    def _linger(self) -> None:
        while self._local.alive(self._claim):
            time.sleep(WATCH_SECONDS)
        time.sleep(LINGER_SECONDS)
        os._exit(0)


class RayExecutor:
    """See the module. When the head of the cluster is lost, Ray ends this process after a while;
    whatever restarts workers restarts it too.
    """

    name = "ray"
    detached = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._actors: dict[Claim, Any] = {}
        self._asked: dict[Claim, Any] = {}
        ray.init(
            address=settings.ray_address or "auto", namespace=NAMESPACE, log_to_driver=False,
            configure_logging=False, ignore_reinit_error=True,
        )  # fmt: skip
        # Ray deals in actor classes made from plain ones; the plain one stays testable.
        self._remote: Any = ray.remote(max_restarts=0, max_task_retries=0)(AttemptActor)

    def capacity(self) -> Capacity:
        """All processors and GPUs of the cluster."""
        return _room(_call("cluster_resources"))

    def free(self, held: Iterable[Claim]) -> Capacity:
        """What neither these attempts nor other users of the cluster hold."""
        total, available = self.capacity(), _room(_call("available_resources"))
        claims = list(held)
        return Capacity(
            min(available.slots, total.slots - sum(c.slots for c in claims)),
            min(available.gpus, total.gpus - sum(c.gpus for c in claims)),
        )

    def start(self, claim: Claim) -> None:
        """Start the attempt's actor, or take hold of the one that runs; raises OSError."""
        options = {
            "name": name_of(claim), "namespace": NAMESPACE, "lifetime": "detached",
            "get_if_exists": True, "num_cpus": claim.slots, "num_gpus": claim.gpus,
        }  # fmt: skip
        values = self._settings.model_dump(mode="json", exclude_unset=True)
        values["data_dir"] = str(self._settings.data_path)
        try:
            self._actors[claim] = self._remote.options(**options).remote(claim, values)
        except RayError as error:
            raise OSError(f"Ray refused the actor: {error}") from error

    def alive(self, claim: Claim) -> bool | None:
        """Ray cannot tell a dead node from one out of reach: None unless the actor answers."""
        actor = self._actors.get(claim)
        if actor is None:
            return None
        try:
            return ray.get(actor.reason.remote(), timeout=1.0) is None
        except (RayError, TimeoutError):
            return None

    def interrupt(self, claim: Claim) -> None:
        """SIGTERM to the attempt, where it runs."""
        if claim in self._actors:
            self._actors[claim].interrupt.remote()

    def kill(self, claim: Claim) -> None:
        """End the actor; its child dies with it."""
        with contextlib.suppress(ValueError, RayError):
            actor = self._actors.get(claim) or ray.get_actor(name_of(claim), NAMESPACE)
            ray.kill(actor, no_restart=True)

    def ended(self) -> list[Ended]:
        """Attempts that ended by their actor's word, and those whose actor cannot be asked."""
        for claim, actor in self._actors.items():
            if claim not in self._asked:
                self._asked[claim] = actor.reason.remote()
        if not self._asked:
            return []
        pending = list(self._asked.values())
        answered, _ = ray.wait(pending, num_returns=len(pending), timeout=0)
        found = []
        for claim in [c for c, ref in self._asked.items() if ref in answered]:
            ended = self._ended(claim, self._asked.pop(claim))
            if ended is not None:
                found.append(ended)
                self.kill(claim)
                del self._actors[claim]
        return found

    def found(self) -> list[Claim]:
        """Actors of the cluster that this worker did not start."""
        matches = [NAME.fullmatch(name) for name in ray.util.list_named_actors()]
        claims = [Claim(m[1], int(m[2])) for m in matches if m]
        own = {(c.run_id, c.token) for c in self._actors}
        return [c for c in claims if (c.run_id, c.token) not in own]

    def adopt(self, claim: Claim) -> bool:
        """Watch an actor that another worker started; False when it is gone."""
        try:
            self._actors[claim] = ray.get_actor(name_of(claim), NAMESPACE)
        except ValueError:
            return False
        return True

    def _ended(self, claim: Claim, answer: Any) -> Ended | None:
        try:
            reason: Any = ray.get(answer)
        except RayActorError as error:
            log.warning("action=unreachable actor=%s error=%s", name_of(claim), error)
            return Ended(claim, "Its actor is out of reach.", known=False)
        return Ended(claim, reason) if reason is not None else None


def name_of(claim: Claim) -> str:
    """Name of an attempt's actor."""
    return f"run-{claim.run_id}-{claim.token}"


def _call(name: str) -> dict[str, float]:
    found: Any = getattr(ray, name)()
    return found


def _room(resources: dict[str, float]) -> Capacity:
    return Capacity(int(resources.get("CPU", 0)), int(resources.get("GPU", 0)))
