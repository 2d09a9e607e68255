"""Refuses requests that a foreign web page makes in the user's name.

On loopback no token is needed, so any page open in the user's browser could reach this server:
through a name that resolves to 127.0.0.1 (checked by Host), or by a plain cross-site POST
(checked by Origin and Sec-Fetch-Site).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from server import problems
from server.settings import Settings, is_loopback

MAX_BODY = 4 * 2**20
"""Bytes. The web server checks that a body is as long as it says."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """ASGI middleware; see the module."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            refusal = self._refusal(scope["method"], Headers(scope=scope))
            if refusal is not None:
                status, title, detail = refusal
                await problems.answer(status, title, detail)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _refusal(self, method: str, headers: Headers) -> tuple[int, str, str] | None:
        host = headers.get("host", "")
        name = urlsplit(f"//{host}").hostname or ""
        if not self._known(name):
            return 403, "Forbidden", f"Unknown host {name!r}; add it to COSTLINE_ALLOWED_HOSTS."
        if method not in SAFE and not _same_origin(headers, host):
            return 403, "Forbidden", "Changes are accepted only from Costline's own page."
        if "transfer-encoding" in headers:
            return 411, "Length required", "Say the length of the body beforehand."
        if int(headers.get("content-length", "0")) > MAX_BODY:
            return 413, "Request too large", f"The body may have at most {MAX_BODY} bytes."
        return None

    def _known(self, name: str) -> bool:
        if self.settings.auth_required:
            allowed = self.settings.allowed_hosts
            return not allowed or name in allowed or is_loopback(name)
        return is_loopback(name) or name in self.settings.allowed_hosts


def _same_origin(headers: Headers, host: str) -> bool:
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == host
