"""Refuses requests that a foreign web page makes in the user's name.

On loopback no token is needed, so any page open in the user's browser could reach this server:
through a name that resolves to 127.0.0.1 (checked by Host), or by a plain cross-site POST
(checked by Origin and Sec-Fetch-Site).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.settings import Settings, is_loopback
from server.web import error_answers

MAX_BODY = 4 * 2**20
"""Bytes. The web server checks that a body is as long as it says."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


HEADERS = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"}
"""On every answer: no other page may show this one in a frame and have its buttons pressed."""


class Guard:
    """ASGI middleware; see the module."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refusal = self._refusal(scope)
        app = self.app if refusal is None else error_answers.answer(*refusal)
        await app(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        name = _host_name(f"//{host}")
        if not self._known(name):
            return 403, "Forbidden", f"Unknown host {name!r}; add it to COSTLINE_ALLOWED_HOSTS."
        if scope["method"] not in SAFE and not _same_origin(headers, host):
            return 403, "Forbidden", "Changes are accepted only from Costline's own page."
        if "transfer-encoding" in headers:
            return 411, "Length required", "Say the length of the body beforehand."
        if int(headers.get("content-length", "0")) > MAX_BODY:
            return 413, "Request too large", f"The body may have at most {MAX_BODY} bytes."
        if "\0" in scope["path"]:
            return 404, "Not found", "Nothing has an address that holds a zero byte (%00)."
        if b"%00" in scope["query_string"]:
            return 422, "Invalid request", "The address holds a zero byte (%00); leave it out."
        return None

    def _known(self, name: str) -> bool:
        own = is_loopback(name) or name == self.settings.host.lower()
        if self.settings.auth_required and not self.settings.allowed_hosts:
            return True
        return own or name in self.settings.allowed_hosts


def _host_name(address: str) -> str:
    """The host of an address; empty when it is none (`http://[`)."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _same_origin(headers: Headers, host: str) -> bool:
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or bool(_host_name(origin) and urlsplit(origin).netloc == host)
