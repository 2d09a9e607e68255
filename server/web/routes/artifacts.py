"""Files of a run: videos, policies and its log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse
from pydantic import AfterValidator

from cpo_core.rollouts.exporters.formats import exporters
from server.services.files import artifacts, policies, run_log
from server.services.ledger import runs
from server.web.deps import Reading, SettingsDep
from server.web.schemas.artifacts import Log, PolicyList, VideoList

router = APIRouter(prefix="/api/runs/{run_id}", tags=["artifacts"])

FILE = {"schema": {"type": "string", "format": "binary"}}
BINARY = {"content": {"application/octet-stream": FILE}}
MP4 = {"content": {"video/mp4": FILE}}


@router.get("/videos")
def list_videos(run_id: str, session: Reading) -> VideoList:
    """Rollout videos in order of iteration."""
    return artifacts.videos(session, runs.get(session, run_id))


@router.get("/videos/{name}", response_class=FileResponse, responses={200: MP4})
def get_video(run_id: str, name: str, session: Reading, settings: SettingsDep) -> FileResponse:
    """A video (byte ranges are understood), or its record `<video>.json` for replay."""
    return artifacts.video_file(session, settings, runs.get(session, run_id), name)


@router.get("/policies")
def list_policies(
    run_id: str,
    session: Reading,
    settings: SettingsDep,
    iteration: Annotated[int | None, Query(ge=0)] = None,
) -> PolicyList:
    """What can be downloaded of the trained policy: every kept checkpoint, or only the given."""
    return policies.available(session, settings, runs.get(session, run_id), iteration)


def known_format(name: str) -> str:
    """`name`, if there is such a format."""
    if name not in exporters():
        raise ValueError(f"{name[:40]!r} is unknown; choose {', '.join(exporters())}")
    return name


@router.get("/policies/{format}", response_class=FileResponse, responses={200: BINARY})
def get_policy(
    run_id: str,
    format: Annotated[str, AfterValidator(known_format)],
    session: Reading,
    settings: SettingsDep,
    iteration: Annotated[int | None, Query(ge=0)] = None,
) -> FileResponse:
    """The policy of the newest checkpoint, or of the given iteration."""
    return policies.download(session, settings, runs.get(session, run_id), format, iteration)


@router.get("/log")
def get_log(
    run_id: str,
    session: Reading,
    settings: SettingsDep,
    tail: Annotated[int, Query(ge=1, le=10_000)] = 200,
) -> Log:
    """The last lines that the run's processes wrote."""
    return run_log.tail(settings, runs.get(session, run_id), tail)
