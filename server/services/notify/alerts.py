"""Alerts: what happened that somebody should know, by rules; told on the page and to webhooks.

Rules are held against the events table from a cursor on. Finding alerts and moving the cursor is
one transaction, so each occurrence is told exactly once, whichever worker looks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import urlsplit

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from server.db import now
from server.errors import Invalid, NotFound
from server.models import Alert, AlertCursor, AlertRule, Delivery, Event, Run
from server.services.ledger import events, runs
from server.services.presentation import views
from server.settings import Settings
from server.web.schemas import alerts as schemas
from server.web.schemas.alerts import AlertList, AlertRuleCreate, AlertRulePatch

BATCH = 500
ENDS = {"failed": "failed", "succeeded": "done"}
KINDS_WATCHED = ("state", "metrics")


def behind(session: Session) -> bool:
    """Whether there are events that the rules have not seen: the common answer, without a lock."""
    cursor = session.scalar(select(AlertCursor.event_id)) or 0
    return events.newest_id(session) > cursor


def look(session: Session, settings: Settings) -> list[Alert]:
    """Hold every rule against the events since the last look; the alerts that this raised."""
    cursor = session.scalars(select(AlertCursor).with_for_update()).one()
    found = events.after(session, cursor.event_id, BATCH)
    if not found:
        return []
    cursor.event_id = found[-1].id
    rules = list(session.scalars(select(AlertRule).where(AlertRule.enabled)))
    raised = [
        alert
        for event in found
        if event.kind in KINDS_WATCHED and event.run_id is not None
        for rule in rules
        if rule.run_id in (None, event.run_id)
        for alert in _hold(session, settings, rule, event)
    ]
    return list(dict.fromkeys(raised))


def raise_alert(
    session: Session, settings: Settings, kind: str, key: str, message: str,
    run_id: str | None = None, webhook: str = "",
) -> Alert:  # fmt: skip
    """The alert of this occurrence, new or known, on its way to `webhook` and the operator's."""
    alert = session.scalars(select(Alert).where(Alert.key == key)).one_or_none()
    if alert is None:
        alert = Alert(kind=kind, run_id=run_id, key=key, message=message, created_at=now())
        session.add(alert)
        session.flush()
        events.add(session, "alert", alert=alert.id)
    for url in dict.fromkeys([*settings.alert_webhooks, *([webhook] if webhook else [])]):
        if session.get(Delivery, (alert.id, url)) is None:
            session.add(Delivery(alert_id=alert.id, url=url, next_at=now()))
            session.flush()
    return alert


def page(session: Session, limit: int) -> AlertList:
    """The newest alerts, how many there are, and how many nobody has seen."""
    found = session.scalars(select(Alert).order_by(Alert.id.desc()).limit(limit))
    total = session.scalar(select(func.count(Alert.id))) or 0
    unseen = session.scalar(select(func.count(Alert.id)).where(Alert.seen_at.is_(None))) or 0
    return AlertList(alerts=[view(session, alert) for alert in found], total=total, unseen=unseen)


def view(session: Session, alert: Alert) -> schemas.Alert:
    """An alert as the API shows it."""
    run = session.get(Run, alert.run_id) if alert.run_id else None
    query = select(Delivery).where(Delivery.alert_id == alert.id).order_by(Delivery.url)
    deliveries = [
        {"url": shown(d.url), "state": d.state, "tries": d.tries, "problem": d.problem}
        for d in session.scalars(query)
    ]
    return schemas.Alert.model_validate(
        {
            "id": alert.id, "kind": alert.kind, "run_id": alert.run_id,
            "run_name": name_of(run) if run else "", "message": alert.message,
            "created_at": alert.created_at, "seen": alert.seen_at is not None,
            "deliveries": deliveries,
        }
    )  # fmt: skip


def see(session: Session, upto: int) -> None:
    """Mark everything up to this alert as seen."""
    unseen = Alert.seen_at.is_(None)
    session.execute(update(Alert).where(Alert.id <= upto, unseen).values(seen_at=now()))


def rules(session: Session) -> list[AlertRule]:
    """All rules, oldest first."""
    return list(session.scalars(select(AlertRule).order_by(AlertRule.created_at, AlertRule.id)))


def add_rule(session: Session, body: AlertRuleCreate) -> AlertRule:
    """A new rule; raises Invalid naming every bad field, NotFound for an unknown run."""
    if body.kind == "over" and body.iterations is None:
        raise Invalid(
            "iterations is required", [("iterations", "is required: how many in a row")]
        )  # fmt: skip
    if body.kind != "over" and body.iterations is not None:
        message = f"means nothing for `{body.kind}`; leave it out"
        raise Invalid(f"iterations {message}", [("iterations", message)])
    if body.run_id is not None:
        runs.get(session, body.run_id)
    rule = AlertRule(
        id=runs.new_id(), kind=body.kind, iterations=body.iterations or 0, run_id=body.run_id,
        webhook=checked_url(body.webhook), enabled=body.enabled, created_at=now(),
    )  # fmt: skip
    session.add(rule)
    session.flush()
    session.refresh(rule)
    return rule


def change_rule(session: Session, rule_id: str, body: AlertRulePatch) -> AlertRule:
    """Change what is given; raises NotFound, Invalid."""
    rule = get_rule(session, rule_id)
    given = {n: v for n, v in body.model_dump(exclude_unset=True).items() if v is not None}
    if "iterations" in given and rule.kind != "over":
        raise Invalid("iterations", [("iterations", f"means nothing for `{rule.kind}`")])
    if "webhook" in given:
        given["webhook"] = checked_url(given["webhook"])
    for name, value in given.items():
        setattr(rule, name, value)
    session.flush()
    return rule


def get_rule(session: Session, rule_id: str) -> AlertRule:
    """The rule; raises NotFound."""
    rule = session.get(AlertRule, rule_id)
    if rule is None:
        raise NotFound(f"There is no alert rule {rule_id!r}.")
    return rule


def checked_url(text: str) -> str:
    """A webhook's address; raises Invalid unless it is empty or a plain http(s) one."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        plain = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        plain = False
    if text and (not plain or not text.isascii() or any(c.isspace() for c in text)):
        raise Invalid("webhook", [("webhook", "must be an http:// or https:// address")])
    return text


def name_of(run: Run) -> str:
    """The run's own name, or what it is."""
    return run.name or f"{run.task} / {run.algorithm} / seed {run.seed}"


def payload(session: Session, alert: Alert) -> bytes:
    """What a webhook is sent; `text` alone is what chat services show."""
    shown = view(session, alert).model_dump(mode="json", exclude={"deliveries", "seen"})
    subject = shown["run_name"]
    text = f"{subject}: {alert.message}" if subject else alert.message
    return json.dumps({"text": text, **shown}).encode()


def _hold(
    session: Session, settings: Settings, rule: AlertRule, event: Event
) -> Iterable[Alert]:  # fmt: skip
    run = session.get(Run, event.run_id)
    if run is None or run.deleted_at is not None:
        return
    if event.kind == "state" and ENDS.get(str(event.data.get("to"))) == rule.kind:
        key = f"{rule.kind}:{run.id}:{event.id}"
        message = f"Failed: {event.message or run.reason}" if rule.kind == "failed" else _done(run)
        yield raise_alert(session, settings, rule.kind, key, message, run.id, rule.webhook)
    if event.kind == "metrics" and rule.kind == "over":
        for name, message, start in _streaks(run, rule.iterations):
            key = f"over:{run.id}:{start}:{rule.iterations}:{name}"[:80]
            yield raise_alert(session, settings, "over", key, message, run.id, rule.webhook)


def _streaks(run: Run, least: int) -> Iterable[tuple[str, str, int]]:
    """Costs over their limit for at least so many iterations up to now: name, words, beginning."""
    titles = {cost.name: cost.title for cost in views.costs(run)}
    for name, record in run.summary.get("costs", {}).items():
        streak, last = record["streak"], record["last"]
        if streak >= least and last is not None:
            latest = (run.latest or {}).get("costs", {}).get(name, {})
            message = f"{titles[name]} over its limit for {streak} iterations" + (
                f", now {latest['mean']:.3g}, limit {latest['limit']:g}." if latest else "."
            )
            yield name, message, last - streak + 1


def _done(run: Run) -> str:
    latest = run.latest or {}
    costs = [
        f"{cost.title} {found['mean']:.3g} (limit {found['limit']:g})"
        for cost in views.costs(run)
        if (found := latest.get("costs", {}).get(cost.name))
    ]
    if not latest:
        return "Done."
    return f"Done after {run.iteration} iterations: return {latest['return']:.3g}, " + ", ".join(
        costs
    )


def shown(url: str) -> str:
    """Host only: the path of a webhook is often its secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…"
