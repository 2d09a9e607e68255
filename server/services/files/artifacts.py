"""Files of runs: checkpoints and videos, their rows, and tidying up.

Paths in the database are relative to the data directory, so that it can be moved as a whole.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from fastapi.responses import FileResponse
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from server import store
from server.db import now
from server.errors import NotFound, Unavailable
from server.models import Attempt, Checkpoint, Event, Metric, Run, Video
from server.settings import Settings
from server.web.schemas import artifacts as schemas

KEEP_LAST = 2
VIDEO_NAME = re.compile(r"(\d{1,9})\.(mp4|json)")


def folder(settings: Settings, run_id: str) -> Path:
    """All files of one run."""
    return settings.runs_path / run_id


def checkpoints(session: Session, run_id: str) -> list[Checkpoint]:
    """Checkpoints of a run, newest first."""
    query = select(Checkpoint).where(Checkpoint.run_id == run_id)
    return list(session.scalars(query.order_by(Checkpoint.iteration.desc())))


def export_stem(checkpoint: Checkpoint) -> str:
    """Name of a policy exported from this checkpoint, without its ending."""
    # The hash keeps a policy of an earlier attempt from standing for this checkpoint.
    return f"{checkpoint.iteration:06d}-{checkpoint.sha256[:8]}"


def prune(session: Session, run: Run) -> list[str]:
    """Forget all checkpoints but the last two and the best ones (feasible, and by return alone);
    paths to delete."""
    found = checkpoints(session, run.id)
    keep: set[int | None] = {c.iteration for c in found[:KEEP_LAST]}
    keep |= {best_feasible(session, run, found), best_return(session, run, found)}
    gone = [c for c in found if c.iteration not in keep]
    for checkpoint in gone:
        session.delete(checkpoint)
    return [c.path for c in gone]


def best_feasible(session: Session, run: Run, found: list[Checkpoint]) -> int | None:
    """Iteration of the kept checkpoint with the highest return within every limit.

    The policy of checkpoint k draws the batch of iteration k + 1, so it is judged by that row.
    """
    limits = run.config["limits"]
    feasible = [
        (row.return_, iteration)
        for iteration, row in judged(session, run, found).items()
        if row.return_ is not None
        and all(row.costs[f"cost_{n}"] <= limit for n, limit in limits.items())
    ]
    return max(feasible)[1] if feasible else None


def best_return(session: Session, run: Run, found: list[Checkpoint]) -> int | None:
    """Iteration of the kept checkpoint with the highest return, whatever it costs."""
    known = [(r.return_, i) for i, r in judged(session, run, found).items()]
    return max(((v, i) for v, i in known if v is not None), default=(0.0, None))[1]


def judged(session: Session, run: Run, found: list[Checkpoint]) -> dict[int, Metric]:
    """By iteration of the checkpoint, the row of the batch that its policy drew (the next one)."""
    query = select(Metric).where(
        Metric.run_id == run.id, Metric.iteration.in_([c.iteration + 1 for c in found])
    )
    return {row.iteration - 1: row for row in session.scalars(query)}


def link_for_video(settings: Settings, run_id: str, iteration: int, checkpoint: str) -> str:
    """A second name for the weights, which outlives tidying up; raises OSError.

    Not within a transaction: a shared store may take long.
    """
    link = f"runs/{run_id}/videos/{iteration:06d}.ckpt"
    store.of(settings).link(checkpoint, link)
    return link


def want_video(session: Session, run_id: str, iteration: int, link: str) -> None:
    """Ask for a video of the weights at `link`."""
    if session.get(Video, (run_id, iteration)) is None:
        session.add(
            Video(run_id=run_id, iteration=iteration, checkpoint=link, created_at=now())
        )  # fmt: skip


def videos(session: Session, run: Run) -> schemas.VideoList:
    """Videos that are ready, in order of iteration."""
    query = select(Video).where(Video.run_id == run.id, Video.state == "ready")
    found = [video_view(v) for v in session.scalars(query.order_by(Video.iteration))]
    return schemas.VideoList(videos=found, problem=run.video_problem or None)


def video_view(video: Video) -> schemas.Video:
    """A video as the API shows it."""
    base = f"/api/runs/{video.run_id}/videos/{video.iteration:06d}"
    return schemas.Video.model_validate(
        {
            "name": f"{video.iteration:06d}.mp4", "iteration": video.iteration,
            "url": f"{base}.mp4", "record_url": f"{base}.json", "return": video.return_ or 0.0,
            "costs": video.costs, "fps": video.fps, "frames": video.frames, "size": video.size,
            "created_at": video.created_at,
        }
    )  # fmt: skip


def video_file(session: Session, settings: Settings, run: Run, name: str) -> FileResponse:
    """The file of a video or of its record; raises NotFound."""
    match = VIDEO_NAME.fullmatch(name)
    video = session.get(Video, (run.id, int(match[1]))) if match else None
    if match is None or video is None or video.state != "ready":
        raise NotFound(f"Run {run.id} has no video {name!r}.")
    session.close()  # fetching the file may take long, and needs no connection
    kind = "video/mp4" if match[2] == "mp4" else "application/json"
    return send(settings, PurePosixPath(video.path).with_suffix(f".{match[2]}"), kind)


def send(settings: Settings, name: PurePosixPath, kind: str) -> FileResponse:
    """A file of the store; raises NotFound or Unavailable."""
    try:
        file = store.of(settings).get(str(name))
    except FileNotFoundError:
        raise NotFound(f"The file {name} is gone.") from None
    except OSError as error:
        raise Unavailable(f"The file {name} cannot be read: {error}") from error
    return FileResponse(file, media_type=kind, headers={"Cache-Control": "private, max-age=3600"})


def purge_deleted(session: Session, settings: Settings) -> list[Path]:
    """Remove runs whose time to be restored is over; the folders to delete after the commit."""
    old = now() - settings.keep_deleted_seconds
    # A run that somebody is restoring at this moment is locked, and stays.
    query = select(Run.id).where(Run.deleted_at < old).with_for_update(skip_locked=True)
    ids = list(session.scalars(query))
    for table in (Metric, Checkpoint, Video, Attempt, Event):
        session.execute(delete(table).where(table.run_id.in_(ids)))
    session.execute(delete(Run).where(Run.id.in_(ids)))
    return [folder(settings, run_id) for run_id in ids]


def forget_old_events(session: Session, settings: Settings) -> None:
    """Remove what only open pages needed; the history of a run stays."""
    old = now() - settings.keep_events_seconds
    passing = ("metrics", "run", "queue", "workers", "alert")
    session.execute(delete(Event).where(Event.at < old, Event.kind.in_(passing)))
