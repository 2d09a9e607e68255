"""Trained policies as files: exported once per checkpoint by a child process, then kept.

The web process never loads the learning libraries; the child does (`python -m cpo_core export`).
"""

from __future__ import annotations

import secrets
import subprocess
import sys
import threading
from pathlib import Path

from fastapi.responses import FileResponse
from sqlalchemy.orm import Session

from cpo_core.rollouts.exporters.formats import exporters
from cpo_core.spec import registry
from cpo_core.spec.parameters import ConfigError
from server import store
from server.errors import NotFound, Unavailable
from server.models import Checkpoint, Run
from server.services.files import artifacts, checkpoint_integrity
from server.settings import Settings
from server.web.schemas.artifacts import Kept, Policy, PolicyList

EXPORT_SECONDS = 120
_ONE_AT_A_TIME = threading.Lock()
"""Requests for one file at the same moment would make it twice, with another hash each time."""


def available(
    session: Session, settings: Settings, run: Run, iteration: int | None = None
) -> PolicyList:
    """Every format of every kept checkpoint, newest first, or of one `iteration` only."""
    kept = artifacts.checkpoints(session, run.id)
    shown = kept if iteration is None else [_chosen(kept, iteration)]
    found = PolicyList(
        policies=[],
        iterations=sorted(c.iteration for c in kept),
        best_feasible=artifacts.best_feasible(session, run, kept),
        best_return=artifacts.best_return(session, run, kept),
        checkpoints=_kept(session, run, kept),
    )
    session.close()  # what follows may wait for a child process, and needs no connection
    size = _observation_size(run) if shown else 0
    found.policies = [
        _view(settings, run, checkpoint, name, size) for checkpoint in shown for name in exporters()
    ]
    return found


def download(
    session: Session, settings: Settings, run: Run, format: str, iteration: int | None
) -> FileResponse:
    """The file, exported now if it has not been; raises NotFound or Unavailable."""
    kept = artifacts.checkpoints(session, run.id)
    if not kept:
        raise NotFound(f"Run {run.id} has no checkpoint yet; its first one comes with "
                       f"iteration {run.config['checkpoint_every']}.")  # fmt: skip
    checkpoint = _chosen(kept, iteration)
    session.close()  # an export takes its turn, for minutes perhaps, and needs no connection
    try:
        file = export(settings, checkpoint, format)
    except OSError as error:
        raise Unavailable(f"The policy cannot be read or kept: {error}") from error
    name = _filename(run, checkpoint, format)
    return FileResponse(file, filename=name, media_type="application/octet-stream")


def export(settings: Settings, checkpoint: Checkpoint, format: str) -> Path:
    """The exported file of a checkpoint.

    Raises Unavailable with the exporter's last line, or OSError.
    """
    file, place = _file(settings, checkpoint, format), store.of(settings)
    with _ONE_AT_A_TIME:
        try:
            return place.get(place.name(file))
        except FileNotFoundError:
            _export(settings, checkpoint, format, file)
            place.put(file)
    return file


def _export(settings: Settings, checkpoint: Checkpoint, format: str, file: Path) -> None:
    problem = checkpoint_integrity.damage(settings, checkpoint)
    if problem is not None:
        raise Unavailable(f"The checkpoint is damaged: {problem}")
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{secrets.token_hex(4)}-{file.name}")
    source = settings.data_path / checkpoint.path
    command = [sys.executable, "-m", "cpo_core", "export", "--checkpoint", str(source),
               "--format", format, "--out", str(part)]  # fmt: skip
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=EXPORT_SECONDS, check=False
        )
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise Unavailable(f"The export to {format} failed: {last}")
        if not file.exists():  # Another web server may have been faster: its hash is known.
            part.replace(file)
    except subprocess.TimeoutExpired:
        late = f"The export to {format} took longer than {EXPORT_SECONDS} s"
        raise Unavailable(f"{late}: the machine is busy; try again later.") from None
    finally:
        part.unlink(missing_ok=True)


def _file(settings: Settings, checkpoint: Checkpoint, format: str) -> Path:
    base = artifacts.folder(settings, checkpoint.run_id) / "policies"
    return base / f"{artifacts.export_stem(checkpoint)}.{exporters()[format].suffix}"


def _filename(run: Run, checkpoint: Checkpoint, format: str) -> str:
    task = run.task.replace("/", "-")  # tasks of other packages carry their name
    number = f"{checkpoint.iteration:06d}"
    return f"{task}-{run.algorithm}-seed{run.seed}-{number}.{exporters()[format].suffix}"


def _chosen(kept: list[Checkpoint], iteration: int | None) -> Checkpoint:
    wanted = kept[0].iteration if iteration is None else iteration
    found = next((c for c in kept if c.iteration == wanted), None)
    if found is None:
        have = ", ".join(str(c.iteration) for c in reversed(kept))
        raise NotFound(f"No checkpoint of iteration {wanted} is kept; there are {have}.")
    return found


def _kept(session: Session, run: Run, kept: list[Checkpoint]) -> list[Kept]:
    rows = artifacts.judged(session, run, kept)
    shown = []
    for checkpoint in reversed(kept):
        row = rows.get(checkpoint.iteration)
        costs = {
            name: {"mean": row.costs[f"cost_{name}"], "se": row.costs.get(f"cost_se_{name}"),
                   "limit": limit}
            for name, limit in run.config["limits"].items()
        } if row else {}  # fmt: skip
        plain = {n: getattr(checkpoint, n) for n in ("iteration", "sha256", "size")}
        own = {"return": row and row.return_, "return_se": row and row.return_se, "costs": costs}
        shown.append(Kept.model_validate(plain | own))
    return shown


def _observation_size(run: Run) -> int:
    """Numbers that the policy takes in; a foreign environment is asked once, in a child process."""
    try:
        return registry.find_task(run.task).observation_size
    except ConfigError:  # no longer installed
        return 1


def _view(
    settings: Settings, run: Run, checkpoint: Checkpoint, format: str, observations: int
) -> Policy:
    file = _file(settings, checkpoint, format)
    ready = file.is_file()
    name, exporter = _filename(run, checkpoint, format), exporters()[format]
    return Policy(
        format=format,
        title=exporter.title,
        iteration=checkpoint.iteration,
        url=f"/api/runs/{checkpoint.run_id}/policies/{format}?iteration={checkpoint.iteration}",
        size=file.stat().st_size if ready else None,
        sha256=checkpoint_integrity.sha256(file) if ready else None,
        filename=name,
        install=exporter.snippet.install,
        snippet=exporter.snippet.filled(name, observations),
    )
