"""What training tells becomes rows: nothing lost, nothing doubled, nothing by an old token."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from cpo_core.spec.reports import (
    CheckpointSaved,
    IterationReport,
    TrainingFinished,
    TrainingStarted,
    columns,
)
from server.db import Database
from server.errors import Fenced
from server.models import Metric, Video
from server.services.files import artifacts, checkpoint_integrity
from server.services.files.checkpoint_integrity import NoneReadable
from server.services.ledger import lifecycle
from server.services.measurements import metrics
from server.services.scheduling.queue import Claim
from server.settings import Settings
from server.store import StoreError
from server.worker.attempt import explain, prepare
from server.worker.lease import Lease
from server.worker.recorder import Recorder, describe
from tests.server.reports import report
from tests.server.service import Service


def recorder(service: Service, claim: Claim) -> Recorder:
    """The recorder of a new attempt, prepared like the real one."""
    made = Recorder(service.database, service.settings, Lease(service.database, claim, 30.0))
    prepare(made, service.settings, claim.run_id)
    made(TrainingStarted({}, {"torch": "2"}))
    return made


def saved(settings: Settings, claim: Claim, iteration: int, content: str = "") -> CheckpointSaved:
    """A checkpoint file as training leaves it."""
    file = artifacts.folder(settings, claim.run_id) / f"{claim.token:04d}" / f"{iteration:06d}.ckpt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content or f"weights {iteration}")
    return CheckpointSaved(
        iteration, str(file), checkpoint_integrity.sha256(file), file.stat().st_size
    )


def iterations(database: Database, run_id: str) -> list[int]:
    with database.read() as session:
        query = select(Metric.iteration).where(Metric.run_id == run_id).order_by(Metric.iteration)
        return list(session.scalars(query))


def kept(database: Database, run_id: str) -> list[int]:
    with database.read() as session:
        return [c.iteration for c in artifacts.checkpoints(session, run_id)][::-1]


def test_a_run_in_order(service: Service, settings: Settings):
    claim = service.held(config={"iterations": 6, "checkpoint_every": 3})
    record = recorder(service, claim)
    assert service.get(claim.run_id).state == "running"
    for i in range(1, 7):
        record(report(i, cost=6.0 if i < 3 else 4.0))
        if i % 3 == 0:
            record(saved(settings, claim, i))
    record(TrainingFinished(6, True))
    run = service.get(claim.run_id)
    assert (run.state, run.iteration, run.versions) == ("succeeded", 6, {"torch": "2"})
    assert iterations(service.database, run.id) == [1, 2, 3, 4, 5, 6]
    assert run.elapsed_seconds == pytest.approx(6 * 0.2)
    assert run.latest is not None
    assert run.latest["costs"]["outside"] == {"mean": 4.0, "se": 0.2, "limit": 5.0}
    assert run.summary["costs"]["outside"]["count"] == 2
    assert kept(service.database, run.id) == [3, 6]


def test_an_attempt_that_continues_starts_at_the_checkpoint(service: Service, settings: Settings):
    first = service.held()
    record = recorder(service, first)
    for i in range(1, 5):
        record(report(i, cost=9.0))
        if i == 2:
            record(saved(settings, first, i))
    with service.database.write() as session:
        lifecycle.lost(session, first.run_id, first.token, "killed")
    second = service.claim()
    assert second is not None
    record = Recorder(service.database, settings, Lease(service.database, second, 30.0))
    _, resume = prepare(record, settings, second.run_id)
    assert resume is not None
    assert resume.name == "000002.ckpt"
    assert iterations(service.database, second.run_id) == [1, 2]
    run = service.get(second.run_id)
    assert (run.iteration, run.summary["costs"]["outside"]["count"]) == (2, 2)
    record(report(3, cost=9.0))
    run = service.get(second.run_id)
    assert run.summary["costs"]["outside"]["count"] == 3
    assert run.elapsed_seconds == pytest.approx(0.6)


def test_a_fenced_attempt_writes_nothing(service: Service, settings: Settings):
    old = service.held()
    record = recorder(service, old)
    record(report(1))
    with service.database.write() as session:
        lifecycle.lost(session, old.run_id, old.token, "silent")
    new = service.claim()
    assert new is not None
    late = (report(2), saved(settings, old, 2), TrainingFinished(2, True))
    for event in late:
        with pytest.raises(Fenced):
            record(event)
    assert iterations(service.database, old.run_id) == [1]
    assert kept(service.database, old.run_id) == []
    assert service.get(old.run_id).token == new.token


def test_a_wish_to_pause_is_seen_with_the_next_iteration(service: Service):
    claim = service.held()
    record = recorder(service, claim)
    assert not record.asked_to_end
    with service.database.write() as session:
        lifecycle.pause(session, claim.run_id)
    record(report(1))
    assert record.asked_to_end
    record(TrainingFinished(1, False))
    assert service.get(claim.run_id).state == "paused"


@pytest.mark.parametrize("shut_down", [False, True])
def test_a_run_that_is_to_go_on_says_why_it_ended(service: Service, shut_down: bool):
    claim = service.held()
    asked = threading.Event()
    lease = Lease(service.database, claim, 30.0)
    record = Recorder(service.database, service.settings, lease, asked)
    record(TrainingStarted({}, {}))
    with service.database.write() as session:
        lifecycle.pause(session, claim.run_id)
    record(report(1))
    assert record.asked_to_end
    with service.database.write() as session:
        lifecycle.resume(session, claim.run_id)
    if shut_down:
        asked.set()
    record(TrainingFinished(1, False))
    run = service.get(claim.run_id)
    assert run.state == "queued"
    assert ("shut down" in run.reason) == shut_down
    assert ("taken back" in run.reason) != shut_down


def test_retention_keeps_the_last_two_the_best_feasible_and_the_best_by_return(
    service: Service, settings: Settings
):
    claim = service.held(config={"checkpoint_every": 1})
    record = recorder(service, claim)
    # The policy of checkpoint k is judged by iteration k + 1: 3 is the best feasible one, 4 the
    # best by return alone.
    costs = {1: 4.0, 2: 4.0, 3: 9.0, 4: 4.0, 5: 9.0, 6: 4.0, 7: 4.0}
    returns = {1: 1.0, 2: 2.0, 3: 70.0, 4: 50.0, 5: 99.0, 6: 3.0, 7: 4.0}
    for i in costs:
        record(report(i, cost=costs[i], value=returns[i]))
        record(saved(settings, claim, i))
    assert kept(service.database, claim.run_id) == [3, 4, 6, 7]
    best = service.get(claim.run_id).summary["best"]
    assert best == {"iteration": 3, "return": 50.0}
    folder = artifacts.folder(settings, claim.run_id) / "0001"
    files = sorted(f.name for f in folder.iterdir())
    assert files == [f"{i:06d}.ckpt" for i in (3, 4, 6, 7)]


def test_optimism_is_kept_in_each_row_and_goes_on_after_a_step_back(
    service: Service, settings: Settings
):
    def told(k: int) -> IterationReport:
        measured = None if k == 1 else float(k)
        cost = dataclasses.replace(report(k).costs[0], measured=measured, promised=-1.0)
        return report(k, costs=(cost,), measured_return=measured, promised_return=4.0)

    claim = service.held()
    record = recorder(service, claim)
    record(told(1))
    record(told(2))
    record(saved(settings, claim, 2))
    record(told(3))
    record = recorder(service, claim)
    record(told(3))
    with service.database.read() as session:
        found = metrics.load(session, claim.run_id)
    # 2 + 1 after the first update, then the mean with 3 + 1.
    assert found["optimism_outside"] == [None, 3.0, 3.5]
    # 2 - 4, then the mean with 3 - 4.
    assert found["optimism_return"] == [None, -2.0, -1.5]


def damage(file: Path, how: str) -> None:
    if how == "truncated":
        file.write_bytes(file.read_bytes()[:-3])
    elif how == "changed":
        file.write_bytes(b"x" + file.read_bytes()[1:])
    else:
        file.unlink()


@pytest.mark.parametrize("how", ["truncated", "changed", "gone"])
def test_a_damaged_checkpoint_is_refused_by_name_and_the_one_before_used(
    service: Service, settings: Settings, how: str
):
    claim = service.held()
    record = recorder(service, claim)
    for i in (1, 2, 3):
        record(report(i))
        if i < 3:
            record(saved(settings, claim, i))
    damage(artifacts.folder(settings, claim.run_id) / "0001" / "000002.ckpt", how)
    record = Recorder(service.database, settings, Lease(service.database, claim, 30.0))
    _, resume = prepare(record, settings, claim.run_id)
    assert resume is not None
    assert resume.name == "000001.ckpt"
    assert iterations(service.database, claim.run_id) == [1]
    from server.services.ledger import events

    with service.database.read() as session:
        said = [e.message for e in events.history(session, claim.run_id).events]
    assert "The checkpoint of iteration 2 is damaged; back to iteration 1." in said


@pytest.mark.parametrize("how", ["truncated", "changed", "gone"])
def test_without_any_intact_checkpoint_nothing_is_forgotten(
    service: Service, settings: Settings, how: str
):
    claim = service.held()
    record = recorder(service, claim)
    for i in (1, 2):
        record(report(i))
        record(saved(settings, claim, i))
        damage(artifacts.folder(settings, claim.run_id) / "0001" / f"{i:06d}.ckpt", how)
    with pytest.raises(NoneReadable, match=r"None of 2 checkpoints .* mounted\?"):
        prepare(record, settings, claim.run_id)
    assert iterations(service.database, claim.run_id) == [1, 2]
    assert kept(service.database, claim.run_id) == [1, 2]


def test_without_any_checkpoint_training_begins_anew(service: Service, settings: Settings):
    claim = service.held()
    record = recorder(service, claim)
    record(report(1))
    _, resume = prepare(record, settings, claim.run_id)
    assert resume is None
    assert iterations(service.database, claim.run_id) == []


def test_a_checkpoint_that_cannot_be_read_is_not_taken_for_a_damaged_one(
    service: Service, settings: Settings
):
    claim = service.held()
    record = recorder(service, claim)
    for i in (1, 2):
        record(report(i))
        record(saved(settings, claim, i))
    file = artifacts.folder(settings, claim.run_id) / "0001" / "000002.ckpt"
    file.unlink()
    file.symlink_to(file)  # reading it gives an OSError to every user, root too
    with pytest.raises(StoreError, match=r"0001/000002\.ckpt"):
        prepare(record, settings, claim.run_id)
    assert iterations(service.database, claim.run_id) == [1, 2]
    assert kept(service.database, claim.run_id) == [1, 2]


def test_a_damaged_file_is_kept_aside(service: Service, settings: Settings):
    claim = service.held()
    record = recorder(service, claim)
    for i in (1, 2):
        record(report(i))
        record(saved(settings, claim, i))
    folder = artifacts.folder(settings, claim.run_id)
    damage(folder / "0001" / "000002.ckpt", "changed")
    prepare(record, settings, claim.run_id)
    assert not (folder / "0001" / "000002.ckpt").exists()
    assert (folder / "damaged" / "0001-000002.ckpt").read_text() == "xeights 2"
    assert kept(service.database, claim.run_id) == [1]


def test_policies_of_checkpoints_that_are_not_kept_are_removed(
    service: Service, settings: Settings
):
    claim = service.held(config={"checkpoint_every": 1})
    record = recorder(service, claim)
    exported: dict[int, Path] = {}
    for i in range(1, 6):
        record(report(i, cost=4.0, value=float(i)))
        record(saved(settings, claim, i))
        with service.database.read() as session:
            newest = artifacts.checkpoints(session, claim.run_id)[0]
        name = f"{artifacts.export_stem(newest)}.onnx"
        exported[i] = artifacts.folder(settings, claim.run_id) / "policies" / name
        exported[i].parent.mkdir(exist_ok=True)
        exported[i].touch()
    left = [i for i, file in exported.items() if file.exists()]
    assert left == kept(service.database, claim.run_id)
    assert left != list(exported)


def test_a_new_checkpoint_forgives_earlier_losses(service: Service, settings: Settings):
    claim = service.held()
    with service.database.write() as session:
        lifecycle.lost(session, claim.run_id, claim.token, "killed")
    claim = service.claim()
    assert claim is not None
    record = recorder(service, claim)
    assert service.get(claim.run_id).losses == 1
    record(report(1))
    record(saved(settings, claim, 1))
    assert service.get(claim.run_id).losses == 0


def test_videos_are_wanted_at_first_then_as_often_as_configured_and_last(
    service: Service, settings: Settings
):
    claim = service.held(config={"iterations": 12, "video_every": 4, "checkpoint_every": 1})
    record = recorder(service, claim)
    for i in range(1, 13):
        record(report(i))
        if i % 3 == 0 or i in (1, 12):
            record(saved(settings, claim, i))
    with service.database.read() as session:
        wanted = session.scalars(select(Video).order_by(Video.iteration)).all()
    assert [v.iteration for v in wanted] == [1, 6, 9, 12]
    assert all((settings.data_path / v.checkpoint).is_file() for v in wanted)


def test_metrics_written_twice_after_a_lost_connection_count_once(service: Service):
    claim = service.held()
    record = recorder(service, claim)
    record(report(1, cost=9.0))
    once = service.get(claim.run_id).summary
    with service.database.write() as session:
        metrics.remove_after(session, claim.run_id, 1)
    record(report(2, cost=9.0))
    assert service.get(claim.run_id).summary["costs"]["outside"]["count"] == 2
    assert once["costs"]["outside"]["count"] == 1


def test_the_reason_of_a_failure_says_what_to_do():
    assert "Make room" in explain(OSError(28, "No space left on device"))
    assert "smaller batch" in explain(MemoryError())
    assert explain(ValueError("bad")) == "ValueError: bad"


def test_a_line_of_the_log_says_the_case_in_words():
    row = metrics.finite(columns(report(1))) | {"case": "recoverable", "accepted": True}
    assert ' case="infeasible, recoverable" seconds=' in describe(row, ["outside"])
