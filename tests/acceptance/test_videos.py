"""Rollout videos: drawn beside training by a process of their own, playable from anywhere."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.acceptance.service import Service, wait_until

pytestmark = pytest.mark.acceptance


def test_a_run_gets_a_video_that_plays(
    make_service: Callable[..., Service], need: Callable[[str, str], None]
):
    av = pytest.importorskip("av")
    from cpo_core.rollouts.video import probe

    if probe() is None:
        need("gl", "no OpenGL here")
    service = make_service(videos=True)
    service.web()
    service.worker()
    config = {"iterations": 4, "checkpoint_every": 2, "video_every": 2}
    run_id = service.create(config=config)
    service.wait_for(run_id, "succeeded")
    found: list[dict[str, Any]] = []

    def listed() -> bool:
        found[:] = service.call("GET", f"/api/runs/{run_id}/videos")["videos"]
        return len(found) == 2

    wait_until(listed, "two videos")
    assert [v["iteration"] for v in found] == [2, 4]
    status, content, headers = service.download(found[0]["url"])
    assert (status, headers["content-type"]) == (200, "video/mp4")
    part, some, _ = service.download(found[0]["url"], {"Range": "bytes=0-99"})
    assert (part, some) == (206, content[:100])
    with av.open(io.BytesIO(content)) as video:
        assert sum(1 for _ in video.decode(video=0)) == found[0]["frames"]
    _, record, _ = service.download(found[0]["record_url"])
    assert json.loads(record)["costs"] == found[0]["costs"]
    moments = service.call("GET", f"/api/runs/{run_id}/events")["events"]
    assert sum(e["kind"] == "video" for e in moments) == 2


AUTOGROUPS = Path("/proc/sys/kernel/sched_autogroup_enabled")


def autogroup(pid: int) -> int:
    """Priority of a process' session against others; 0 where Linux has none."""
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/autogroup").read_text().split()[-1])
    return 0


def test_videos_are_drawn_at_a_lower_priority_than_training(
    make_service: Callable[..., Service],
):
    service = make_service(videos=True, background_nice=10)
    service.web()
    worker = psutil.Process(service.worker().pid)
    service.create(config={"checkpoint_every": 1, "video_every": 1})
    seen: dict[str, int] = {}
    groups: dict[str, int] = {}

    grouped = AUTOGROUPS.is_file() and AUTOGROUPS.read_text().strip() == "1"

    def both_ranked() -> bool:
        for child in worker.children(recursive=True):
            try:
                line, priority = child.cmdline(), child.nice()
                group = autogroup(child.pid)
            except psutil.NoSuchProcess:
                continue
            if "nice" in line[:1]:
                continue  # about to lower its priority
            if "render" in line:
                seen["drawing"], groups["drawing"] = priority, group
            if "server.worker.attempt" in line:
                seen["training"], groups["training"] = priority, group
        # A session steps back a moment after its process has begun.
        return len(seen) == 2 and (not grouped or groups["drawing"] > groups["training"])

    try:
        wait_until(both_ranked, "training, and drawing that has stepped back")
    except AssertionError as error:
        raise AssertionError(f"{error}: nice {seen}, of the sessions {groups}") from None
    assert seen["drawing"] > seen["training"] == worker.nice()
    assert groups["training"] == 0


def test_a_video_under_way_when_its_worker_stops_is_drawn_by_the_next_at_once(
    make_service: Callable[..., Service], need: Callable[[str, str], None]
):
    from cpo_core.rollouts.video import probe

    if probe() is None:
        need("gl", "no OpenGL here")
    service = make_service(videos=True)
    service.web()
    worker = service.worker()
    config = {"iterations": 1, "checkpoint_every": 1, "video_every": 1}
    run_id = service.create(config=config)
    wait_until(lambda: "render" in _words_of_children(worker.pid), "the drawing")
    assert worker.end() == 0
    service.worker()
    # Sooner than the lease of a drawing ends.
    wait_until(lambda: service.call("GET", f"/api/runs/{run_id}/videos")["videos"], "the video")


def _words_of_children(pid: int) -> set[str]:
    words: set[str] = set()
    for child in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            words |= set(child.cmdline())
    return words
