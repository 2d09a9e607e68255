"""Hyperparameters as dataclass fields: one declaration, read by CLI, form, API and validation.

A field made with :func:`param` carries its label, help, unit and bounds. From it come the
JSON Schema of the web form (:func:`json_schema`), the command line's help and the checks of
:func:`parse`. Light floor: standard library only.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one field: `field` is a dotted path, `message` says what to do."""

    field: str
    message: str


class ConfigError(ValueError):
    """Invalid configuration; `problems` names every offending field with its remedy."""

    def __init__(self, problems: typing.Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.field}: {p.message}" for p in self.problems))


def param(
    default: Any = dataclasses.MISSING,
    label: str = "",
    help: str = "",
    *,
    unit: str = "",
    group: str = "",
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    choices: tuple[str, ...] | None = None,
    advanced: bool = False,
    default_factory: Any = dataclasses.MISSING,
) -> Any:
    """Declare a hyperparameter field: its default and everything a person is told about it."""
    metadata = {
        "label": label, "help": help, "unit": unit, "group": group, "ge": ge, "gt": gt,
        "le": le, "lt": lt, "choices": choices, "advanced": advanced,
    }  # fmt: skip
    if default_factory is not dataclasses.MISSING:
        return dataclasses.field(default_factory=default_factory, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def parse(cls: type[T], values: Mapping[str, Any], prefix: str = "") -> T:
    """Build dataclass `cls` from plain (JSON) values, checking type and bounds of each field.

    Raises ConfigError naming every unknown, missing or invalid field (`prefix` is put before
    the names), so that all can be shown at once.
    """
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(cls)
    problems = [
        Problem(prefix + name, f"is unknown; expected one of {', '.join(fields)}")
        for name in values
        if name not in fields
    ]
    parsed: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in values:
            if _is_required(field):
                problems.append(Problem(prefix + name, "is required"))
            continue
        try:
            parsed[name] = _convert(hints[name], values[name], field.metadata)
        except _FieldError as error:
            problems.append(Problem(prefix + name + error.path, error.message))
    if problems:
        raise ConfigError(problems)
    return cls(**parsed)


def json_schema(cls: type) -> dict[str, Any]:
    """JSON Schema of dataclass `cls`, in field order, with `x-unit`, `x-group`, `x-advanced`."""
    hints = typing.get_type_hints(cls)
    properties: dict[str, Any] = {}
    for field in dataclasses.fields(cls):
        meta = field.metadata
        entry = _type_schema(hints[field.name], meta)
        entry |= {"title": meta.get("label") or field.name, "description": meta.get("help", "")}
        entry |= {f"x-{k}": meta[k] for k in ("unit", "group", "advanced") if meta.get(k)}
        if not _is_required(field):
            entry["default"] = to_plain(_default(field))
        properties[field.name] = entry
    required = [f.name for f in dataclasses.fields(cls) if _is_required(f)]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def to_plain(value: Any) -> Any:
    """JSON-ready copy of a dataclass, mapping or sequence (tuples become lists)."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(v) for v in value]
    return value


class _FieldError(Exception):
    def __init__(self, message: str, path: str = "") -> None:
        self.message, self.path = message, path


def _is_required(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is missing and field.default_factory is missing


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    return field.default_factory()  # type: ignore[misc]


def _convert(hint: Any, value: Any, meta: Mapping[str, Any]) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in args:
            return None
        return _convert(next(a for a in args if a is not type(None)), value, meta)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise _FieldError("must be a list")
        return tuple(_convert(args[0], v, meta) for v in value)
    if origin is not None and issubclass(origin, Mapping):
        return _convert_mapping(args, value, meta)
    return _convert_scalar(hint, value, meta)


def _convert_mapping(args: tuple[Any, ...], value: Any, meta: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _FieldError("must be an object of named values")
    if args[1] is Any or args[1] is object:
        return dict(value)
    result = {}
    for key, item in value.items():
        try:
            result[str(key)] = _convert(args[1], item, meta)
        except _FieldError as error:
            raise _FieldError(error.message, f".{key}{error.path}") from None
    return result


def _convert_scalar(hint: Any, value: Any, meta: Mapping[str, Any]) -> Any:
    if hint is bool:
        if not isinstance(value, bool):
            raise _FieldError("must be true or false")
        return value
    if hint is str:
        if not isinstance(value, str):
            raise _FieldError("must be text")
        if meta.get("choices") and value not in meta["choices"]:
            raise _FieldError(f"must be one of {', '.join(meta['choices'])}")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _FieldError("must be a whole number" if hint is int else "must be a number")
    if not _is_finite(value):
        raise _FieldError("must be a finite number, not NaN or infinity")
    if hint is int and value != int(value):
        raise _FieldError(f"must be a whole number, not {value}")
    _check_bounds(value, meta)
    return hint(value)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # A whole number beyond every float counts as infinite.
        return False


def _check_bounds(value: float, meta: Mapping[str, Any]) -> None:
    checks = (
        ("ge", lambda b: value >= b, "at least"),
        ("gt", lambda b: value > b, "greater than"),
        ("le", lambda b: value <= b, "at most"),
        ("lt", lambda b: value < b, "less than"),
    )
    for key, holds, words in checks:
        bound = meta.get(key)
        if bound is not None and not holds(bound):
            raise _FieldError(f"must be {words} {bound:g}, not {value:g}")


_JSON_TYPES = {int: "integer", float: "number", bool: "boolean", str: "string"}
_JSON_BOUNDS = {
    "ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum",
}  # fmt: skip


def _type_schema(hint: Any, meta: Mapping[str, Any]) -> dict[str, Any]:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _type_schema(next(a for a in args if a is not type(None)), meta)
    if origin is tuple:
        return {"type": "array", "items": _type_schema(args[0], meta)}
    if origin is not None and issubclass(origin, Mapping):
        free = args[1] is Any or args[1] is object
        return {
            "type": "object",
            "additionalProperties": True if free else _type_schema(args[1], meta),
        }
    entry: dict[str, Any] = {"type": _JSON_TYPES[hint]}
    entry |= {json: meta[key] for key, json in _JSON_BOUNDS.items() if meta.get(key) is not None}
    if meta.get("choices"):
        entry["enum"] = list(meta["choices"])
    return entry
