"""Recorded rollouts, for replay in the browser: kept whether or not their video could be drawn."""

from __future__ import annotations

from pathlib import PurePosixPath

from fastapi.responses import FileResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.errors import NotFound
from server.models import Run, Video
from server.services.files import artifacts
from server.settings import Settings
from server.web.schemas.evaluations import Replay, ReplayList

PLAYABLE = ("ready", "recorded")


def listing(session: Session, run: Run) -> ReplayList:
    """Rollouts of a run in order of iteration."""
    query = select(Video).where(Video.run_id == run.id, Video.state.in_(PLAYABLE))
    return ReplayList(replays=[_view(v) for v in session.scalars(query.order_by(Video.iteration))])


def file(session: Session, settings: Settings, run: Run, iteration: int) -> FileResponse:
    """The record of a rollout; raises NotFound or Unavailable."""
    video = session.get(Video, (run.id, iteration))
    if video is None or video.state not in PLAYABLE:
        raise NotFound(f"Run {run.id} has no rollout of iteration {iteration}.")
    session.close()  # fetching the file may take long, and needs no connection
    record = PurePosixPath(video.path).with_suffix(".json")
    return artifacts.send(settings, record, "application/json")


def _view(video: Video) -> Replay:
    return Replay.model_validate(
        {
            "iteration": video.iteration, "return": video.return_ or 0.0, "costs": video.costs,
            "url": f"/api/runs/{video.run_id}/replays/{video.iteration}",
            "frames": video.frames, "video": video.state == "ready",
        }
    )  # fmt: skip
