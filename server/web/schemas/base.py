"""What the models of the API share. The page's TypeScript types are generated from them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

Scalar = float | int | str | bool | None
Integer = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A count or an iteration in an address: as large as PostgreSQL's columns for them."""
Columns = dict[str, list[Scalar]]
"""Equally long arrays by column name (see cpo_core.spec.reports.columns)."""


class Input(BaseModel):
    """A request body: unknown fields are refused by name, and texts that no database can keep."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*")
    @classmethod
    def _can_be_kept(cls, value: Any) -> Any:
        texts = value if isinstance(value, list) else [value]
        for text in texts:
            if isinstance(text, str) and not _storable(text):
                raise ValueError("must not hold a zero byte or half a surrogate pair")
        return value


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


class FieldProblem(BaseModel):
    """One thing wrong with one field; `field` is a dotted path such as `config.limits.outside`."""

    field: str
    message: str


class Problem(BaseModel):
    """An error as RFC 9457 has it, with every offending field."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []
