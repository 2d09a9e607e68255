"""Draws rollout videos beside training: one at a time, in a process of low priority.

A failure is written on the run with its cause and the remedy; training never waits for it.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from server import store
from server.db import Database, now
from server.models import Run, Video, Worker
from server.services.files import run_log
from server.services.ledger import events
from server.settings import Settings
from server.worker import background

log = logging.getLogger("costline.renderer")
LOOK_SECONDS = 1.0
PROBE_AFTER_SECONDS = 10.0
"""Looking for OpenGL loads MuJoCo: the first run of a fresh worker goes first."""
RENDER_SECONDS = 300.0
LEASE_SECONDS = RENDER_SECONDS + 60.0
"""Longer than a drawing may take, so that no two workers draw the same video."""
MAX_TRIES = 2
GOODBYE_SECONDS = 5.0
REMEDY = (
    "Videos need OpenGL without a screen: install libegl1 (or libosmesa6) with the system's "
    "package manager, for example `apt install libegl1`, then restart the worker."
)
PROBE = (
    "import signal; from cpo_core.machine import parent_death; "
    "parent_death.die_with_parent(signal.SIGKILL); "
    "from cpo_core.rollouts.video import probe; print(probe() or '')"
)


class Renderer:
    """See the module. Its thread starts the children, so it lives until they are over."""

    def __init__(self, database: Database, settings: Settings, worker_id: str) -> None:
        self._database = database
        self._settings = settings
        self._store = store.of(settings)
        self._worker_id = worker_id
        self._stopping = threading.Event()
        self._child: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._run, name="renderer", daemon=True)
        self._backend: str | None = None  # not looked for yet; empty: none works

    def start(self) -> None:
        """Begin, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """End; a video under way is given back."""
        self._stopping.set()
        child = self._child
        if child is not None:
            child.kill()
        if self._thread.is_alive():
            self._thread.join(GOODBYE_SECONDS)

    def found(self) -> dict[str, str]:
        """What this worker's row says of rendering; empty while it is not known."""
        if self._backend is None:
            return {}
        problem = "" if self._backend else REMEDY
        return {"rendering": self._backend, "rendering_problem": problem}

    def _run(self) -> None:
        probe_at = time.monotonic() + PROBE_AFTER_SECONDS
        while not self._stopping.is_set():
            try:
                if self._backend is None and (time.monotonic() > probe_at or self._wanted()):
                    self._probe()
                if self._backend is not None and self._next():
                    continue
            except Exception:
                log.warning("action=render failed=true", exc_info=True)
            self._stopping.wait(LOOK_SECONDS)

    def _wanted(self) -> bool:
        with self._database.read() as session:
            return _waiting(session) is not None

    def _probe(self) -> None:
        """Which OpenGL works is found out in a child: a broken driver may crash."""
        code, output = self._call([sys.executable, "-c", PROBE])
        self._backend = output.strip().splitlines()[-1] if code == 0 and output.strip() else ""
        log.info("action=probe backend=%s", self._backend or "none")
        with self._database.write() as session:
            session.execute(
                update(Worker).where(Worker.id == self._worker_id).values(**self.found())
            )
            events.add(session, "workers")

    def _next(self) -> bool:
        with self._database.read() as session:
            if _waiting(session) is None:
                return False
        with self._database.write() as session:
            video = _waiting(session)
            if video is None:
                return False
            video.lease_until = now() + LEASE_SECONDS  # type: ignore[assignment]
            video.tries += 1
            chosen = (video.run_id, video.iteration, video.checkpoint)
        self._render(*chosen)
        return True

    def _render(self, run_id: str, iteration: int, checkpoint: str) -> None:
        try:
            source = self._store.get(checkpoint)
        except OSError as error:
            self._fail(run_id, iteration, f"The weights of iteration {iteration} are gone: {error}")
            return
        out = source.with_suffix(".mp4")
        problem = REMEDY
        if self._backend:
            command = [sys.executable, "-m", "cpo_core", "render",
                       "--checkpoint", str(source), "--out", str(out)]  # fmt: skip
            code, output = self._call(command, {"MUJOCO_GL": self._backend})
            if code == 0:
                self._store.put(out, out.with_suffix(".json"))
                self._succeed(run_id, iteration, out)
                self._store.remove([source])
                return
            if not self._stopping.is_set():
                self._note(run_id, output)
            last = (output.strip().splitlines() or ["no message"])[-1][:300]
            problem = f"The video of iteration {iteration} could not be rendered: {last}"
        elif self._record(run_id, iteration, source):
            return
        if self._stopping.is_set():
            self._give_back(run_id, iteration)
        else:
            self._fail(run_id, iteration, problem)

    def _record(self, run_id: str, iteration: int, source: Path) -> bool:
        """Without OpenGL the states are kept: the browser can draw them."""
        out = source.with_suffix(".mp4")
        command = [sys.executable, "-m", "cpo_core", "render", "--record-only",
                   "--checkpoint", str(source), "--out", str(out)]  # fmt: skip
        code, output = self._call(command)
        if code != 0:
            if not self._stopping.is_set():
                self._note(run_id, output)
            return False
        record = json.loads(out.with_suffix(".json").read_text())
        self._store.put(out.with_suffix(".json"))
        with self._database.write() as session:
            video, run = session.get(Video, (run_id, iteration)), session.get(Run, run_id)
            if video is not None and run is not None:
                _describe(video, record)
                video.state, video.lease_until = "recorded", None
                video.path = self._store.name(out)
                run.video_problem = REMEDY
                events.add(session, "video", run_id, REMEDY, iteration=iteration, problem=REMEDY)
        self._store.remove([source])
        return True

    def _succeed(self, run_id: str, iteration: int, out: Path) -> None:
        record = json.loads(out.with_suffix(".json").read_text())
        with self._database.write() as session:
            video = session.get(Video, (run_id, iteration))
            if video is None:
                return  # the run has been purged meanwhile
            video.state, video.lease_until = "ready", None
            video.path = self._store.name(out)
            _describe(video, record)
            video.size = out.stat().st_size
            session.execute(update(Run).where(Run.id == run_id).values(video_problem=""))
            events.add(session, "video", run_id, f"Video of iteration {iteration}.",
                       iteration=iteration)  # fmt: skip

    def _fail(self, run_id: str, iteration: int, problem: str) -> None:
        log.warning("action=render run=%s iteration=%d problem=%r", run_id, iteration, problem)
        with self._database.write() as session:
            video = session.get(Video, (run_id, iteration))
            run = session.get(Run, run_id)
            if run is None or video is None:
                return
            video.lease_until = None
            if video.tries >= MAX_TRIES or not self._backend:
                video.state = "failed"
                self._store.remove([self._store.path(video.checkpoint)])
            if run.video_problem != problem:
                run.video_problem = problem
                events.add(session, "video", run_id, problem, iteration=iteration, problem=problem)

    def _give_back(self, run_id: str, iteration: int) -> None:
        """The worker shuts down: another draws it at once."""
        with self._database.write() as session:
            video = session.get(Video, (run_id, iteration))
            if video is not None:
                video.lease_until, video.tries = None, video.tries - 1

    def _note(self, run_id: str, output: str) -> None:
        with run_log.path(self._settings, run_id).open("a") as log_file:
            log_file.write(output)

    def _call(self, command: Sequence[str], extra: dict[str, str] | None = None) -> tuple[int, str]:
        self._child = background.start(self._settings, command, subprocess.STDOUT, extra)
        try:
            output, _ = self._child.communicate(timeout=RENDER_SECONDS)
            return self._child.returncode, output
        except subprocess.TimeoutExpired:
            return 1, f"gave up after {RENDER_SECONDS:.0f} seconds"
        finally:
            background.end(self._child)


def _describe(video: Video, record: Mapping[str, Any]) -> None:
    video.return_, video.costs = record["return"], record["costs"]
    video.fps, video.frames = record["fps"], record["frames"]


def _waiting(session: Session) -> Video | None:
    query = (
        select(Video)
        .where(
            Video.state == "waiting", or_(Video.lease_until.is_(None), Video.lease_until < now())
        )
        .order_by(Video.created_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(query).one_or_none()
