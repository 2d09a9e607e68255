"""Studies: several runs that answer one question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cpo_core.spec import registry
from server.db import now
from server.domain.states import FINISHED, RunState
from server.errors import AppError, Invalid, NotFound
from server.models import Run, Study
from server.services.ledger import runs
from server.services.presentation import views
from server.services.scheduling import workers
from server.settings import Settings
from server.web.schemas import studies as schemas
from server.web.schemas.runs import RunCreate
from server.web.schemas.studies import StudyCreate


@dataclass(frozen=True)
class Arm:
    """One way of training that a study compares."""

    label: str
    algorithm: str
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StudyPreset:
    """A ready-made comparison on one task: every arm with every seed."""

    title: str
    summary: str
    task: str
    arms: tuple[Arm, ...]
    seeds: tuple[int, ...] = (0, 1, 2)


PRESETS: Mapping[str, StudyPreset] = {
    "why-constraints": StudyPreset(
        title="Why constraints?",
        summary="A fixed penalty is either too small, and the cost runs over, or too large, and "
        "hardly anything is earned. CPO takes the limit itself.",
        task="point-circle",
        arms=(
            Arm("no constraint (TRPO)", "trpo"),
            Arm("small penalty", "fpo", {"options": {"nu": [1.0]}}),
            Arm("large penalty", "fpo", {"options": {"nu": [50.0]}}),
            Arm("CPO", "cpo"),
        ),
    ),
}


GOING = (RunState.QUEUED, RunState.STARTING, RunState.RUNNING)
"""States that end by themselves: a paused run goes on when somebody says so."""


def create(session: Session, settings: Settings, body: StudyCreate, owner: str) -> Study:
    """Queue every run of a comparison in one transaction; raises Invalid, then none is queued."""
    requests = _from_preset(body) if body.preset is not None else body.runs or []
    if not requests:
        raise Invalid("Give `preset` or `runs`.", [("runs", "must name at least one run")])
    if body.preset is not None and body.runs is not None:
        raise Invalid("Give either `preset` or `runs`.", [("runs", "leave out beside `preset`")])
    for index, request in enumerate(requests):  # before the first statement, as in runs.clone
        try:
            runs.check(request)
        except AppError as error:
            prefix = "" if body.preset else f"runs.{index}."
            error.errors = tuple((prefix + name, message) for name, message in error.errors)
            raise
    title = PRESETS[body.preset].title if body.preset else "Study"
    study = Study(
        id=runs.new_id(), name=body.name or title, preset=body.preset, owner=owner,
        created_at=now(),
    )  # fmt: skip
    session.add(study)
    session.flush()
    session.refresh(study)
    for request in requests:
        runs.create(session, settings, request, owner, study_id=study.id)
    return study


def _from_preset(body: StudyCreate) -> list[RunCreate]:
    preset = PRESETS.get(body.preset or "")
    if preset is None:
        raise Invalid(
            f"There is no study {body.preset!r}.",
            [("preset", f"is unknown; choose {', '.join(PRESETS)}")],
        )
    task = registry.find_task(body.task or preset.task)
    return [
        RunCreate(
            task=task.name, algorithm=arm.algorithm, seed=seed, config=dict(arm.config),
            name=f"{task.title}: {arm.label}", tags=[arm.label],
        )
        for seed in (body.seeds or preset.seeds)
        for arm in preset.arms
    ]  # fmt: skip


def estimate(session: Session, name: str) -> schemas.StudyEstimate:
    """Time of a preset's runs with the slots that are there; raises NotFound."""
    if name not in PRESETS:
        raise NotFound(f"There is no ready-made study {name!r}.")
    checked = [runs.check(body) for body in _from_preset(StudyCreate(preset=name))]
    work = [_Work(c.task, c.algorithm, c.batch_size * c.iterations) for c in checked]
    return schemas.StudyEstimate(seconds=_seconds(session, work), runs=len(checked))


class _Work(NamedTuple):
    """What one run still has to do, in environment steps."""

    task: str
    algorithm: str
    steps: int
    slots: int = 1


def _seconds(session: Session, work: Sequence[_Work]) -> float | None:
    """Time of all of it by the newest runs like these, shared by the slots that are there.

    An algorithm that has not run here yet is taken to be as fast as the others. It takes at least
    as long as its longest run, which a second slot makes no faster. None when nobody knows.
    """
    kinds = {(w.task, w.algorithm) for w in work}
    paces = {kind: runs.seconds_per_step(session, *kind)[0] for kind in kinds}
    known = [pace for pace in paces.values() if pace is not None]
    if not known:
        return None
    usual = sum(known) / len(known)
    each = [w.steps * (paces[w.task, w.algorithm] or usual) for w in work]
    slots = sum(worker.slots for worker in workers.alive(session))
    shared = sum(seconds * w.slots for seconds, w in zip(each, work, strict=True)) / max(1, slots)
    return max(shared, *each)


def get(session: Session, study_id: str) -> Study:
    """The study; raises NotFound."""
    study = session.get(Study, study_id)
    if study is None:
        raise NotFound(f"There is no study {study_id!r}.")
    return study


def page(session: Session, limit: int) -> schemas.StudyList:
    """The newest studies, and how many there are."""
    found = session.scalars(select(Study).order_by(Study.created_at.desc()).limit(limit))
    total = session.scalar(select(func.count(Study.id))) or 0
    return schemas.StudyList(studies=[view(session, study) for study in found], total=total)


def view(session: Session, study: Study) -> schemas.Study:
    """A study with its runs and how far they are."""
    query = select(Run).where(Run.study_id == study.id, Run.deleted_at.is_(None))
    found = session.scalars(query.order_by(Run.created_at, Run.id)).all()
    shown = views.many(session, found)
    return schemas.Study.model_validate(
        {
            "id": study.id, "name": study.name, "preset": study.preset,
            "created_at": study.created_at, "progress": _progress(session, found),
            "states": Counter(r.state for r in found), "runs": shown,
        }
    )  # fmt: skip


def _progress(session: Session, found: Sequence[Run]) -> schemas.StudyProgress:
    finished = sum(r.state in FINISHED for r in found)
    total = sum(r.iterations for r in found)
    done = sum(r.iterations if r.state in FINISHED else r.iteration for r in found)
    work = [
        _Work(r.task, r.algorithm, r.config["batch_size"] * (r.iterations - r.iteration), r.slots)
        for r in found if r.state in GOING
    ]  # fmt: skip
    return schemas.StudyProgress(
        total=len(found),
        finished=finished,
        fraction=done / total if total else 0.0,
        eta_seconds=_seconds(session, work),
    )
