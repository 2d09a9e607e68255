"""What the API gives of tasks, algorithms and ready-made studies."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class CatalogCost(BaseModel):
    """A cost of a task with its default limit."""

    name: str
    title: str
    limit: float
    unit: str
    help: str


class CatalogPreset(BaseModel):
    """Named settings of a task; `config` is the complete configuration it gives with CPO."""

    title: str
    help: str
    config: dict[str, Any]


class CatalogTask(BaseModel):
    """A task as people choose it."""

    name: str
    title: str
    summary: str
    source: str
    deviations: list[str]
    costs: list[CatalogCost]
    horizon: int
    observation_size: int
    action_size: int
    presets: dict[str, CatalogPreset]


class CatalogAlgorithm(BaseModel):
    """An algorithm; `options_schema` is the JSON Schema of its own options."""

    name: str
    title: str
    summary: str
    options_schema: dict[str, Any]


class CatalogStudy(BaseModel):
    """A ready-made comparison."""

    name: str
    title: str
    summary: str
    runs: int


class CatalogFormat(BaseModel):
    """A kind of file in which policies are downloaded; `suffix` has no dot."""

    name: str
    title: str
    suffix: str


class Catalog(BaseModel):
    """All that the launch form needs."""

    tasks: list[CatalogTask]
    algorithms: list[CatalogAlgorithm]
    config_schema: dict[str, Any]
    studies: list[CatalogStudy]
    formats: list[CatalogFormat]
