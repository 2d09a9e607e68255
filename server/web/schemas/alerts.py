"""What the API takes and gives about alerts and the rules that raise them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StrictBool, StrictInt, StrictStr

from server.web.schemas.base import Input

Kind = Literal["over", "failed", "done"]
Iterations = Annotated[StrictInt, Field(ge=1, le=1_000_000)]
Url = Annotated[StrictStr, Field(max_length=2000)]


class AlertDelivery(BaseModel):
    """An alert on its way to one webhook."""

    url: str
    state: Literal["waiting", "sent", "failed"]
    tries: int
    problem: str


class Alert(BaseModel):
    """Something worth telling: `over` a limit, run `failed`, run `done`, or a `test`."""

    id: int
    kind: Literal["over", "failed", "done", "test"]
    run_id: str | None
    run_name: str
    message: str
    created_at: datetime
    seen: bool
    deliveries: list[AlertDelivery]


class AlertRule(BaseModel):
    """An event that raises an alert. `iterations` (with `over`): so many over the limit."""

    id: str
    kind: Kind
    iterations: int | None
    run_id: str | None
    webhook: str
    enabled: bool
    created_at: datetime


class AlertRuleCreate(Input):
    """A new rule; without `run_id` it watches every run, without `webhook` it tells the page."""

    kind: Kind
    iterations: Iterations | None = None
    run_id: StrictStr | None = None
    webhook: Url = ""
    enabled: StrictBool = True


class AlertRulePatch(Input):
    """What may be changed of a rule."""

    iterations: Iterations | None = None
    webhook: Url | None = None
    enabled: StrictBool | None = None


class AlertRuleList(BaseModel):
    """All rules, oldest first; `webhooks` are the operator's, which get every alert."""

    rules: list[AlertRule]
    webhooks: list[str]


class AlertList(BaseModel):
    """The newest alerts, newest first, of `total`; `unseen` of all nobody has looked at."""

    alerts: list[Alert]
    total: int
    unseen: int


class AlertsSeen(Input):
    """Everything up to this alert has been seen."""

    upto: Annotated[StrictInt, Field(ge=0, le=2**53 - 1)]
