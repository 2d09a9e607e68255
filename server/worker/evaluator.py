"""Measures policies on demand beside training: one at a time, in a process of low priority."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

from server import store
from server.db import Database
from server.models import Evaluation
from server.services.scheduling import evaluations
from server.settings import Settings
from server.worker import background

log = logging.getLogger("costline.evaluator")
LOOK_SECONDS = 0.5
RENEW_SECONDS = 15.0
GOODBYE_SECONDS = 5.0


class Evaluator:
    """See the module. Its thread starts the children, so it lives until they are over."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._stopping = threading.Event()
        self._child: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._run, name="evaluator", daemon=True)

    def start(self) -> None:
        """Begin, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """End; a measurement under way is given back."""
        self._stopping.set()
        child = self._child
        if child is not None:
            child.kill()
        if self._thread.is_alive():
            self._thread.join(GOODBYE_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                if self.next():
                    continue
            except Exception:
                log.warning("action=evaluate failed=true", exc_info=True)
            self._stopping.wait(LOOK_SECONDS)

    def next(self) -> bool:
        """Make one measurement if one is wanted; whether there was one."""
        with self._database.read() as session:
            if not evaluations.waiting(session):
                return False
        with self._database.write() as session:
            found = evaluations.take(session)
        if found is None:
            return False
        result, problem = self._measure(found)
        with self._database.write() as session:
            if result is None and self._stopping.is_set():
                evaluations.give_back(session, found)
                return True
            done = evaluations.finish(session, found, result, problem)
        if done is not None:
            place = store.of(self._settings)
            place.remove([place.path(done)])
        return True

    def _measure(self, found: Evaluation) -> tuple[Mapping[str, Any] | None, str]:
        """The result, or why there is none."""
        try:
            source = store.of(self._settings).get(found.checkpoint)
        except OSError as error:
            return None, f"The checkpoint cannot be read: {error}"
        command = [
            sys.executable, "-m", "cpo_core", "evaluate", "--checkpoint", str(source), "--json",
            "--episodes", str(found.episodes), "--seed", str(found.seed), "--task", found.task,
        ]  # fmt: skip
        command += ["--deterministic"] if found.deterministic else []
        log.info("action=evaluate run=%s iteration=%d", found.run_id, found.iteration)
        self._child = background.start(self._settings, command, subprocess.PIPE)
        try:
            done = self._wait_for(self._child, found)
        finally:
            background.end(self._child)
        if done is None:
            return None, "It took too long; ask for fewer episodes."
        output, errors = done
        if self._child.returncode == 0:
            return json.loads(output.strip().splitlines()[-1]), ""
        last = (errors.strip().splitlines() or ["no message"])[-1][:300]
        return None, last.removeprefix("cpo-core: ")

    def _wait_for(self, child: subprocess.Popen[str], taken: Evaluation) -> tuple[str, str] | None:
        """Its output and its errors; None when it takes too long."""
        waited = 0.0
        while waited <= evaluations.LONGEST_SECONDS:
            try:
                return child.communicate(timeout=RENEW_SECONDS)
            except subprocess.TimeoutExpired:
                waited += RENEW_SECONDS
                with self._database.write() as session:
                    evaluations.renew(session, taken)
        return None
