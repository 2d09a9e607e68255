"""Every error becomes application/problem+json that names the fields at fault."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from cpo_core.spec.parameters import ConfigError
from server.db import is_outage
from server.errors import AppError, Unavailable, from_config_error
from server.web.schemas.base import FieldProblem, Problem

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger("costline.web")


def install(app: FastAPI) -> None:
    """Handle every kind of error, and describe the answers so in OpenAPI."""
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(ConfigError, _config_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(DBAPIError, _database_error)
    app.add_exception_handler(Exception, _unexpected)
    plain = app.openapi
    app.openapi = lambda: _with_media_type(plain())  # type: ignore[method-assign]


def answer(
    status: int, title: str, detail: str, errors: Sequence[tuple[str, str]] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:  # fmt: skip
    """A problem as a response."""
    problem = Problem(
        type="about:blank", title=title, status=status, detail=detail,
        errors=[FieldProblem(field=field, message=message) for field, message in errors],
    )  # fmt: skip
    return JSONResponse(problem.model_dump(), status, headers=headers, media_type=MEDIA_TYPE)


def _app_error(_: Request, error: Any) -> JSONResponse:
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    return answer(error.status, error.title, error.detail, error.errors, headers)


def _config_error(request: Request, error: Any) -> JSONResponse:
    return _app_error(request, from_config_error(error))


def _validation_error(_: Request, error: Any) -> JSONResponse:
    errors = [(_field(e["loc"]), _message(e)) for e in error.errors()]
    detail = "; ".join(f"{field}: {message}" for field, message in errors)
    return answer(422, "Invalid request", detail, errors)


def _field(location: Sequence[str | int]) -> str:
    if location and location[0] in ("body", "query", "path", "header"):
        rest = location[1:]
        # A body that is no JSON has a character offset for a place.
        return ".".join(map(str, rest)) if rest and isinstance(rest[0], str) else str(location[0])
    return ".".join(map(str, location))


def _message(error: dict[str, Any]) -> str:
    if error["type"] == "missing":
        return "is required"
    if error["type"] == "extra_forbidden":
        return "is unknown; remove it"
    if error["type"] == "json_invalid":
        return f"is not valid JSON: {error.get('ctx', {}).get('error', '')}"
    message = error["msg"].removeprefix("Input ").removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _http_error(request: Request, error: Any) -> JSONResponse:
    title = HTTPStatus(error.status_code).phrase
    detail = error.detail if error.detail != title else f"{title}: {request.url.path}"
    return answer(error.status_code, title, str(detail), headers=error.headers)


def _database_error(_: Request, error: Any) -> JSONResponse:
    if not is_outage(error):
        raise error
    log.warning("database unavailable", exc_info=error)
    detail = "The database does not answer. Running training goes on; try again in a moment."
    return answer(503, Unavailable.title, detail, headers={"Retry-After": "2"})


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    detail = f"{type(error).__name__} while answering {request.url.path}; see the server's log."
    return answer(500, "Something went wrong", detail)


def _with_media_type(document: dict[str, Any]) -> dict[str, Any]:
    for path in document["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if status >= "400" and "application/json" in content:
                    content[MEDIA_TYPE] = content.pop("application/json")
    return document
