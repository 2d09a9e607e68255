"""One tree of errors; each becomes an application/problem+json answer."""
# ruff: noqa: N818 - named after what they tell the caller

from __future__ import annotations

from collections.abc import Sequence

from cpo_core.spec.parameters import ConfigError


class AppError(Exception):
    """Base of all errors that a caller is told about. `errors` are (field, message) pairs."""

    status = 500
    title = "Something went wrong"
    type = "about:blank"

    def __init__(self, detail: str, errors: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)


class NotFound(AppError):
    """The named thing does not exist."""

    status = 404
    title = "Not found"


class Conflict(AppError):
    """The thing exists, but its state forbids this."""

    status = 409
    title = "Not possible now"


class Invalid(AppError):
    """The request is wrong; every bad field is named."""

    status = 422
    title = "Invalid request"


class Unauthorized(AppError):
    """A token is needed."""

    status = 401
    title = "Token required"


class Unavailable(AppError):
    """A part that the request needs is down or missing; the detail names the remedy."""

    status = 503
    title = "Not available"


class Fenced(Exception):
    """This attempt's token is not the newest: another owns the run; write nothing more."""


TOP_LEVEL = frozenset({"task", "algorithm", "preset", "seed"})


def from_config_error(error: ConfigError, prefix: str = "") -> Invalid:
    """The same problems with the names of the request's fields (`config.limits.outside`)."""
    errors = [
        (prefix + (p.field if p.field in TOP_LEVEL else f"config.{p.field}"), p.message)
        for p in error.problems
    ]
    return Invalid("; ".join(f"{field} {message}" for field, message in errors), errors)
