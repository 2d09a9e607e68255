"""Studies: several runs that answer one question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cpo_core import registry
from server import schemas
from server.db import now
from server.errors import AppError, Invalid, NotFound
from server.models import Run, Study
from server.schemas import RunCreate, StudyCreate
from server.services import forecast, lifecycle, runs, views, workers
from server.settings import Settings


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


def create(session: Session, settings: Settings, body: StudyCreate, owner: str) -> Study:
    """Queue every run of a comparison in one transaction; raises Invalid, then none is queued."""
    requests = _from_preset(body) if body.preset is not None else body.runs or []
    if not requests:
        raise Invalid("Give `preset` or `runs`.", [("runs", "must name at least one run")])
    if body.preset is not None and body.runs is not None:
        raise Invalid("Give either `preset` or `runs`.", [("runs", "leave out beside `preset`")])
    title = PRESETS[body.preset].title if body.preset else "Study"
    study = Study(
        id=runs.new_id(), name=body.name or title, preset=body.preset, owner=owner,
        created_at=now(),
    )  # fmt: skip
    session.add(study)
    session.flush()
    session.refresh(study)
    for index, request in enumerate(requests):
        try:
            runs.create(session, settings, request, owner, study_id=study.id)
        except AppError as error:
            prefix = "" if body.preset else f"runs.{index}."
            error.errors = tuple((prefix + name, message) for name, message in error.errors)
            raise
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
    """Time of a preset's runs, by the newest runs like them, shared by the slots that are there.

    An algorithm that has not run here yet is taken to be as fast as the others; raises NotFound.
    """
    if name not in PRESETS:
        raise NotFound(f"There is no ready-made study {name!r}.")
    checked = [runs.check(body) for body in _from_preset(StudyCreate(preset=name))]
    steps = Counter[str]()
    for config in checked:
        steps[config.algorithm] += config.batch_size * config.iterations
    paces = {a: runs.seconds_per_step(session, PRESETS[name].task, a)[0] for a in steps}
    known = [pace for pace in paces.values() if pace is not None]
    if not known:
        return schemas.StudyEstimate(seconds=None, runs=len(checked))
    usual = sum(known) / len(known)
    total = sum(steps[a] * (usual if pace is None else pace) for a, pace in paces.items())
    slots = sum(worker.slots for worker in workers.alive(session))
    return schemas.StudyEstimate(seconds=total / max(1, slots), runs=len(checked))


def get(session: Session, study_id: str) -> Study:
    """The study; raises NotFound."""
    study = session.get(Study, study_id)
    if study is None:
        raise NotFound(f"There is no study {study_id!r}.")
    return study


def page(session: Session) -> schemas.StudyList:
    """All studies, newest first."""
    found = session.scalars(select(Study).order_by(Study.created_at.desc()).limit(100))
    return schemas.StudyList(studies=[view(session, study) for study in found])


def view(session: Session, study: Study) -> schemas.Study:
    """A study with its runs and how far they are."""
    query = select(Run).where(Run.study_id == study.id, Run.deleted_at.is_(None))
    found = session.scalars(query.order_by(Run.created_at, Run.id)).all()
    shown = views.many(session, found)
    return schemas.Study.model_validate(
        {
            "id": study.id, "name": study.name, "preset": study.preset,
            "created_at": study.created_at, "progress": _progress(found),
            "states": Counter(r.state for r in found), "runs": shown,
        }
    )  # fmt: skip


def _progress(found: Any) -> schemas.StudyProgress:
    finished = sum(r.state in lifecycle.FINISHED for r in found)
    total = sum(r.iterations for r in found)
    done = sum(r.iterations if r.state in lifecycle.FINISHED else r.iteration for r in found)
    left = [forecast.eta(r) for r in found]
    return schemas.StudyProgress(
        total=len(found),
        finished=finished,
        fraction=done / total if total else 0.0,
        eta_seconds=max((e for e in left if e is not None), default=None),
    )
