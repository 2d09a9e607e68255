"""The built page: files of server/static, and index.html for every address of the page itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

STATIC = Path(__file__).parents[1] / "static"
MISSING = (
    "<!doctype html><html lang=en><title>Costline</title><main><h1>The page is not built</h1>"
    "<p>Run <code>make demo</code>, or <code>python scripts/page.py build</code> in the source "
    "tree. The API answers under <a href=/api/docs>/api/docs</a>.</main>"
)


def install(app: FastAPI, newest: Callable[[], int], static: Path = STATIC) -> None:
    """Serve the page for every address that is not the API's; `newest`: id of the last event."""

    kept: dict[Path, _Kept] = {}

    @app.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    async def serve_page(path: str, request: Request) -> Response:
        if path == "api" or path.startswith("api/"):
            raise HTTPException(404, f"There is no {request.url.path} in this API.")
        file = _file(static, path)
        if file is not None:
            return _content(file, path, kept)
        if path.startswith("assets/"):
            raise HTTPException(404, f"There is no {request.url.path}.")
        index = static / "index.html"
        if not index.is_file():
            return HTMLResponse(MISSING, 503)
        return _index(index.read_text(), newest())


@dataclass(frozen=True)
class _Kept:
    """A file as it was at this moment."""

    modified: int
    content: bytes


def _content(file: Path, path: str, kept: dict[Path, _Kept]) -> Response:
    """From memory: a first page is twenty files, and reading each in a thread takes longer."""
    modified = file.stat().st_mtime_ns
    if file not in kept or kept[file].modified != modified:
        kept[file] = _Kept(modified, file.read_bytes())
    kind = guess_type(file.name)[0]
    return Response(kept[file].content, headers=_caching(path), media_type=kind)


def _index(html: str, newest: int) -> Response:
    """The page, told from which event on its stream shall go: nothing then falls between the
    stream's beginning and what the page asks for meanwhile, and nothing is asked for twice."""
    mark = f'<meta name="costline-newest-event" content="{newest}">'
    headers = {"Cache-Control": "no-cache"}
    return HTMLResponse(html.replace("<head>", f"<head>{mark}", 1), headers=headers)


def _file(static: Path, path: str) -> Path | None:
    """The file of the page at this path, if it has one."""
    try:
        file = (static / path).resolve()
        return file if file.is_relative_to(static.resolve()) and file.is_file() else None
    except (OSError, ValueError):  # a name too long for any file, or none at all
        return None


def _caching(path: str) -> dict[str, str]:
    # The build puts a hash of the content into the name of everything under assets/.
    forever = "public, max-age=31536000, immutable"
    return {"Cache-Control": forever if path.startswith("assets/") else "no-cache"}
