"""Tasks, algorithms and their schemas, straight from cpo_core."""

from __future__ import annotations

import functools

from cpo_core.rollouts.exporters.formats import exporters
from cpo_core.spec import registry
from cpo_core.spec.config import TrainConfig, make_config
from cpo_core.spec.parameters import json_schema, to_plain
from cpo_core.tasks.base import Task
from server.services.presentation import studies
from server.web.schemas import catalog as schemas


@functools.cache
def catalog() -> schemas.Catalog:
    """All that the launch form needs; computed once."""
    return schemas.Catalog(
        tasks=[_task(task) for task in registry.tasks().values()],
        algorithms=[
            schemas.CatalogAlgorithm(
                name=name, title=cls.title, summary=cls.summary,
                options_schema=json_schema(cls.Options),
            )
            for name, cls in registry.algorithms().items()
        ],
        config_schema=json_schema(TrainConfig),
        studies=[
            schemas.CatalogStudy(
                name=name, title=preset.title, summary=preset.summary,
                runs=len(preset.arms) * len(preset.seeds),
            )
            for name, preset in studies.PRESETS.items()
        ],
        formats=[
            schemas.CatalogFormat(name=e.name, title=e.title, suffix=e.suffix)
            for e in exporters().values()
        ],
    )  # fmt: skip


def _task(task: Task) -> schemas.CatalogTask:
    return schemas.CatalogTask(
        name=task.name, title=task.title, summary=task.summary, source=task.source,
        deviations=list(task.deviations), horizon=task.horizon,
        observation_size=task.observation_size, action_size=task.action_size,
        costs=[
            schemas.CatalogCost(name=c.name, title=c.title, limit=c.limit, unit=c.unit, help=c.help)
            for c in task.costs
        ],
        presets={
            name: schemas.CatalogPreset(
                title=preset.title, help=preset.help,
                config=to_plain(make_config(task.name, preset=name)),
            )
            for name, preset in task.presets.items()
        },
    )  # fmt: skip
