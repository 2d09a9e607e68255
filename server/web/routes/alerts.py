"""Alerts and the rules that raise them."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Query

from server.models import AlertRule as Row
from server.services.notify import alerts
from server.web.deps import Reading, SettingsDep, Writing
from server.web.schemas.alerts import (
    Alert,
    AlertList,
    AlertRule,
    AlertRuleCreate,
    AlertRuleList,
    AlertRulePatch,
    AlertsSeen,
)

router = APIRouter(prefix="/api", tags=["alerts"])


@router.get("/alerts")
def list_alerts(
    session: Reading, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> AlertList:  # fmt: skip
    """Alerts, newest first."""
    return alerts.page(session, limit)


@router.post("/alerts/seen")
def see_alerts(body: AlertsSeen, session: Writing) -> AlertList:
    """Mark everything up to one alert as seen."""
    alerts.see(session, body.upto)
    return alerts.page(session, 100)


@router.get("/alert-rules")
def list_alert_rules(session: Reading, settings: SettingsDep) -> AlertRuleList:
    """The rules by which alerts are raised."""
    shown = [_view(rule) for rule in alerts.rules(session)]
    hosts = [alerts.shown(url) for url in settings.alert_webhooks]
    return AlertRuleList(rules=shown, webhooks=hosts)


@router.post("/alert-rules", status_code=201)
def create_alert_rule(body: AlertRuleCreate, session: Writing) -> AlertRule:
    """Add a rule."""
    return _view(alerts.add_rule(session, body))


@router.patch("/alert-rules/{rule_id}")
def update_alert_rule(rule_id: str, body: AlertRulePatch, session: Writing) -> AlertRule:
    """Change a rule or switch it off."""
    return _view(alerts.change_rule(session, rule_id, body))


@router.delete("/alert-rules/{rule_id}", status_code=204)
def delete_alert_rule(rule_id: str, session: Writing) -> None:
    """Forget a rule."""
    session.delete(alerts.get_rule(session, rule_id))


@router.post("/alert-rules/{rule_id}/test", status_code=201)
def test_alert_rule(rule_id: str, session: Writing, settings: SettingsDep) -> Alert:
    """Raise a test alert by every way that this rule uses."""
    rule = alerts.get_rule(session, rule_id)
    key, words = f"test:{secrets.token_hex(8)}", "A test: alerts of this rule arrive this way."
    alert = alerts.raise_alert(session, settings, "test", key, words, None, rule.webhook)
    session.refresh(alert)
    return alerts.view(session, alert)


def _view(rule: Row) -> AlertRule:
    names = ("id", "kind", "run_id", "webhook", "enabled", "created_at")
    plain = {name: getattr(rule, name) for name in names}
    return AlertRule.model_validate(plain | {"iterations": rule.iterations or None})
