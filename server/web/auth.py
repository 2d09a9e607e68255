"""Tokens: none needed on loopback, required wherever another machine could ask."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping

from fastapi import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import now
from server.errors import Invalid, Unauthorized
from server.models import Token
from server.settings import Settings

COOKIE = "costline_token"
LOCAL = "local"
"""The owner where no token is needed."""
YEAR = 365 * 86400


def identify(
    session: Session, settings: Settings, headers: Mapping[str, str], cookies: Mapping[str, str]
) -> str | None:
    """Name of the caller; None when a token is needed and no valid one was given."""
    if not settings.auth_required:
        return LOCAL
    scheme, _, value = headers.get("authorization", "").partition(" ")
    token = value.strip() if scheme.lower() == "bearer" else cookies.get(COOKIE, "")
    return owner_of(session, settings, token)


def owner_of(session: Session, settings: Settings, token: str) -> str | None:
    """Who holds this token."""
    if not token:
        return None
    if settings.token and hmac.compare_digest(token.encode(), settings.token.encode()):
        return LOCAL
    return session.scalar(select(Token.owner).where(Token.sha256 == _hash(token)))


def sign_in(
    session: Session, settings: Settings, token: str, response: Response, *, secure: bool
) -> str:
    """Put a valid token into a cookie that scripts cannot read; raises Unauthorized, Invalid.

    `secure`: the page came by https, so the cookie never travels without.
    """
    if not token.isascii():
        raise Invalid("The token is none.", [("token", "may hold only ASCII characters")])
    owner = owner_of(session, settings, token) if settings.auth_required else LOCAL
    if owner is None:
        raise Unauthorized("This token is not known.", [("token", "is not known")])
    response.set_cookie(
        COOKIE, token, max_age=YEAR, httponly=True, samesite="strict", secure=secure
    )
    return owner


def sign_out(response: Response) -> None:
    """Remove the cookie."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def create(session: Session, owner: str) -> str:
    """A new token for `owner`; only its hash is kept, so it is shown once."""
    if not owner or len(owner) > 60:
        raise Invalid("Give the token an owner.", [("owner", "must have 1 to 60 characters")])
    token = secrets.token_urlsafe(24)
    session.add(Token(sha256=_hash(token), owner=owner, created_at=now()))
    return token


def exists(session: Session, settings: Settings) -> bool:
    """Whether anybody could sign in."""
    return bool(settings.token) or session.scalar(select(Token.owner).limit(1)) is not None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
