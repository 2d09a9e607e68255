"""The browser's session: a token exchanged for a cookie."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from server.web import auth
from server.web.deps import MaybeOwner, Reading, SettingsDep
from server.web.schemas.service import Session, SessionCreate

router = APIRouter(prefix="/api/session", tags=["session"])


@router.get("")
def get_session(owner: MaybeOwner, settings: SettingsDep) -> Session:
    """Who the caller is, and whether a token is needed."""
    return Session(owner=owner, required=settings.auth_required)


@router.post("")
def create_session(
    body: SessionCreate,
    session: Reading,
    settings: SettingsDep,
    request: Request,
    response: Response,
) -> Session:
    """Remember a token in a cookie that scripts cannot read."""
    # A proxy on this machine says by X-Forwarded-Proto how the page came.
    secure = request.url.scheme == "https"
    owner = auth.sign_in(session, settings, body.token, response, secure=secure)
    return Session(owner=owner, required=settings.auth_required)


@router.delete("")
def delete_session(settings: SettingsDep, response: Response) -> Session:
    """Forget the token."""
    auth.sign_out(response)
    return Session(owner=None, required=settings.auth_required)
