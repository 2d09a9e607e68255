"""Finds the formats: every module of this package that defines `EXPORTER`."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping

from cpo_core.rollouts import exporters as package
from cpo_core.rollouts.exporters.base import Exporter, ExportError


@functools.cache
def exporters() -> Mapping[str, Exporter]:
    """All formats by name, in order of their modules."""
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__))
    modules = (importlib.import_module(f"{package.__name__}.{name}") for name in names)
    found = (getattr(module, "EXPORTER", None) for module in modules)
    return {exporter.name: exporter for exporter in found if exporter is not None}


def find_exporter(name: str) -> Exporter:
    """The format called `name`; raises ExportError with the known names."""
    if name not in exporters():
        raise ExportError(f"format: {name!r} is unknown; choose {', '.join(exporters())}")
    return exporters()[name]
