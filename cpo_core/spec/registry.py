"""Finds tasks and algorithms: every module in `tasks/` and `algorithms/`, and installed plugins.

A module there that defines `TASKS` (tuple of Task) or `ALGORITHM` (an Algorithm class) is found by
existing; nothing else is edited. Other packages add tasks by the entry point group
`costline.tasks`, each entry point naming a Task or a tuple of them. Names of the form `gym:<id>`
are any registered Gymnasium environment (see `cpo_core.tasks.gym`).
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from types import ModuleType

from cpo_core.learners.base import Algorithm
from cpo_core.spec.parameters import ConfigError, Problem
from cpo_core.tasks.base import Task

GYM_PREFIX = "gym:"


@functools.cache
def tasks() -> Mapping[str, Task]:
    """All built-in and installed tasks by name, in order of their names."""
    found: dict[str, Task] = {}
    for module in _modules("cpo_core.tasks"):
        found |= {task.name: task for task in getattr(module, "TASKS", ())}
    for point in entry_points(group="costline.tasks"):
        loaded = point.load()
        found |= {t.name: t for t in (loaded if isinstance(loaded, tuple | list) else (loaded,))}
    return dict(sorted(found.items()))


@functools.cache
def algorithms() -> Mapping[str, type[Algorithm]]:
    """All algorithms by name."""
    classes = (getattr(m, "ALGORITHM", None) for m in _modules("cpo_core.learners"))
    return {cls.name: cls for cls in classes if cls is not None}


def find_task(name: str) -> Task:
    """The task called `name`; raises ConfigError with the known names."""
    if isinstance(name, str) and name.startswith(GYM_PREFIX):
        gym = importlib.import_module("cpo_core.tasks.gym")
        return gym.task_for(name.removeprefix(GYM_PREFIX))
    if name not in tasks():
        raise ConfigError([Problem("task", f"{name!r} is unknown; choose {', '.join(tasks())}")])
    return tasks()[name]


def find_algorithm(name: str) -> type[Algorithm]:
    """The algorithm called `name`; raises ConfigError with the known names."""
    if name not in algorithms():
        known = ", ".join(algorithms())
        raise ConfigError([Problem("algorithm", f"{name!r} is unknown; choose {known}")])
    return algorithms()[name]


def _modules(package: str) -> Iterator[ModuleType]:
    path = importlib.import_module(package).__path__
    for info in sorted(pkgutil.iter_modules(path), key=lambda info: info.name):
        yield importlib.import_module(f"{package}.{info.name}")
