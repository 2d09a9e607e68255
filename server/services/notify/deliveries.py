"""Alerts on their way to webhooks: tried with growing pauses until they arrive."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

import server
from server.db import now
from server.models import Alert, Delivery
from server.services.ledger import events
from server.services.notify import alerts
from server.settings import is_loopback

TIMEOUT_SECONDS = 10.0
PAUSES = (2.0, 10.0, 60.0, 300.0, 1800.0)
"""Seconds after the first, second, … failed try; after the last one it is given up."""


@dataclass(frozen=True)
class Parcel:
    """One delivery as it is sent."""

    alert_id: int
    url: str
    body: bytes


def due(session: Session) -> bool:
    """Whether something may be sent now: the common answer, without a lock."""
    query = select(Delivery.alert_id).where(Delivery.state == "waiting", Delivery.next_at <= now())
    return session.scalar(query.limit(1)) is not None


def take(session: Session) -> Parcel | None:
    """The next delivery to try, kept from others until this try must be over.

    One whose last try never ended, because its worker died, is given up.
    """
    query = (
        select(Delivery)
        .where(Delivery.state == "waiting", Delivery.next_at <= now())
        .order_by(Delivery.next_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        return None
    if found.tries > len(PAUSES):
        found.state = "failed"
        return None
    found.tries += 1
    found.next_at = now() + 3 * TIMEOUT_SECONDS  # type: ignore[assignment]
    alert = session.get_one(Alert, found.alert_id)
    return Parcel(found.alert_id, found.url, alerts.payload(session, alert))


def finish(session: Session, parcel: Parcel, problem: str | None) -> None:
    """It arrived, or will be tried again, or is given up."""
    found = session.get(Delivery, (parcel.alert_id, parcel.url))
    if found is None:
        return  # the run has been purged meanwhile
    values: dict[str, Any] = {"problem": problem or ""}
    if problem is None:
        values["state"] = "sent"
    elif found.tries > len(PAUSES):
        values["state"] = "failed"
    else:
        values["next_at"] = now() + PAUSES[found.tries - 1]
    own = (Delivery.alert_id == parcel.alert_id, Delivery.url == parcel.url)
    session.execute(update(Delivery).where(*own).values(**values))
    events.add(session, "alert", alert=parcel.alert_id, delivery=True)


def send(parcel: Parcel) -> str | None:
    """POST it; None when it arrived (2xx), else the reason in words. Redirects are not followed."""
    request = urllib.request.Request(
        parcel.url, parcel.body, method="POST",
        headers={
            "Content-Type": "application/json", "User-Agent": f"costline/{server.VERSION}",
            "Costline-Alert": str(parcel.alert_id),
        },
    )  # fmt: skip
    handlers: list[Any] = [_NoRedirect]
    if is_loopback(urlsplit(parcel.url).hostname or ""):
        handlers.append(urllib.request.ProxyHandler({}))
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=TIMEOUT_SECONDS):
            return None
    except urllib.error.HTTPError as error:
        error.close()
        return f"answered {error.code}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        return f"could not be reached: {reason}"[:300]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None
