"""Alerts: what raises them, that each is told once, and their way to webhooks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from cpo_core.spec.reports import columns
from server.db import now
from server.models import Delivery, Run
from server.services.ledger import events, lifecycle, summary
from server.services.measurements import metrics
from server.services.notify import deliveries
from server.services.notify.event_stream import Feed
from server.settings import Settings
from server.worker.alerter import Alerter
from tests.server.receiver import Receiver
from tests.server.reports import report
from tests.server.service import Service


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def alerter(service: Service) -> Alerter:
    return Alerter(service.database, service.settings)


def iterations(service: Service, run_id: str, costs: list[float]) -> None:
    """Iterations of these costs (the limit is 5), recorded as training would."""
    with service.database.write() as session:
        run = session.get_one(Run, run_id)
        for cost in costs:
            k = run.iteration + 1
            row = columns(report(k, cost=cost)) | {"elapsed_seconds": float(k)}
            metrics.insert_row(session, run_id, 1, row, {}, {})
            run.summary = summary.extend(run.summary, row, ["outside"])
            run.latest, run.iteration = summary.latest(row, ["outside"]), k
            events.add(session, "metrics", run_id, iteration=k)


def end(service: Service, claim, *, completed: bool, reason: str = "") -> None:
    with service.database.write() as session:
        lifecycle.started(session, claim.run_id, claim.token)
        if completed:
            lifecycle.ended(session, claim.run_id, claim.token, completed=True)
        else:
            lifecycle.failed(session, claim.run_id, claim.token, reason)


def listed(client: TestClient) -> list[tuple[str, str]]:
    found = client.get("/api/alerts").json()["alerts"]
    return [(a["kind"], a["message"]) for a in found]


def test_a_failed_and_a_finished_run_are_told_once_each(client, service: Service, alerter: Alerter):
    end(service, service.held(), completed=False, reason="The disk is full.")
    end(service, service.held(), completed=True)
    assert alerter.look()
    alerter.look()
    assert [kind for kind, _ in listed(client)] == ["done", "failed"]
    assert listed(client)[1][1] == "Failed: The disk is full."
    newest = client.get("/api/alerts?limit=1").json()
    assert (len(newest["alerts"]), newest["total"], newest["unseen"]) == (1, 2, 2)


def test_a_cost_over_its_limit_is_told_after_k_iterations_in_a_row_and_once_a_streak(
    client, service: Service, alerter: Alerter
):
    client.patch("/api/alert-rules/over-limit", json={"iterations": 3})
    run_id = service.run()
    iterations(service, run_id, [9.0, 9.0, 4.0, 9.0, 9.0])
    alerter.look()
    assert listed(client) == [], "two in a row are not three"
    iterations(service, run_id, [8.0])
    alerter.look()
    [(kind, message)] = listed(client)
    assert kind == "over"
    assert "for 3 iterations, now 8, limit 5" in message
    iterations(service, run_id, [9.0, 9.0])
    alerter.look()
    assert len(listed(client)) == 1, "the same streak was told twice"
    iterations(service, run_id, [1.0, 9.0, 9.0, 9.0])
    alerter.look()
    assert len(listed(client)) == 2, "a second streak was not told"


def test_exactly_at_the_limit_is_not_over_it(client, service: Service, alerter: Alerter):
    client.patch("/api/alert-rules/over-limit", json={"iterations": 1})
    iterations(service, service.run(), [5.0, 5.0])
    alerter.look()
    assert listed(client) == []


def test_a_rule_of_one_run_is_silent_about_others(client, service: Service, alerter: Alerter):
    for rule in client.get("/api/alert-rules").json()["rules"]:
        client.delete(f"/api/alert-rules/{rule['id']}")
    watched, other = service.run(), service.run()
    made = client.post("/api/alert-rules", json={"kind": "over", "iterations": 1, "run_id": other})
    assert made.status_code == 201, made.text
    iterations(service, watched, [9.0])
    alerter.look()
    assert listed(client) == []
    iterations(service, other, [9.0])
    alerter.look()
    assert len(listed(client)) == 1


def test_a_rule_that_is_off_raises_nothing(client, service: Service, alerter: Alerter):
    client.patch("/api/alert-rules/run-done", json={"enabled": False})
    end(service, service.held(), completed=True)
    alerter.look()
    assert listed(client) == []


def test_seen_alerts_are_not_counted(client, service: Service, alerter: Alerter):
    end(service, service.held(), completed=True)
    alerter.look()
    newest = client.get("/api/alerts").json()["alerts"][0]["id"]
    assert client.post("/api/alerts/seen", json={"upto": newest}).json()["unseen"] == 0


def test_a_bad_rule_is_refused_by_field(client):
    def fields(body):
        answer = client.post("/api/alert-rules", json=body)
        assert answer.status_code == 422, answer.text
        return {e["field"] for e in answer.json()["errors"]}

    assert fields({"kind": "over"}) == {"iterations"}
    assert fields({"kind": "done", "iterations": 3}) == {"iterations"}
    assert fields({"kind": "done", "webhook": "ftp://x"}) == {"webhook"}
    assert fields({"kind": "done", "webhook": "http://"}) == {"webhook"}
    assert fields({"kind": "late"}) == {"kind"}
    unknown = client.post("/api/alert-rules", json={"kind": "done", "run_id": "none"})
    assert unknown.status_code == 404


def test_a_webhook_gets_the_alert_and_only_its_host_is_shown(
    client, service: Service, alerter: Alerter, receiver: Receiver
):
    client.patch("/api/alert-rules/run-done", json={"webhook": receiver.url})
    claim = service.held(name="First")
    end(service, claim, completed=True)
    alerter.look()
    assert alerter.deliver()
    assert not alerter.deliver(), "it was sent twice"
    [body] = receiver.bodies
    assert (body["kind"], body["run_id"], body["run_name"]) == ("done", claim.run_id, "First")
    assert body["text"].startswith("First: Done")
    [delivery] = client.get("/api/alerts").json()["alerts"][0]["deliveries"]
    assert delivery["state"] == "sent"
    assert "secret" not in delivery["url"]


def test_a_webhook_that_refuses_is_tried_again_later(
    client, service: Service, alerter: Alerter, receiver: Receiver
):
    receiver.answers = [500, 302, 200]
    client.patch("/api/alert-rules/run-failed", json={"webhook": receiver.url})
    end(service, service.held(), completed=False, reason="x")
    alerter.look()
    alerter.deliver()
    [delivery] = client.get("/api/alerts").json()["alerts"][0]["deliveries"]
    assert (delivery["state"], delivery["problem"]) == ("waiting", "answered 500")
    assert not alerter.deliver(), "it did not wait"
    for _ in range(2):
        _let_time_pass(service)
        assert alerter.deliver()
    [delivery] = client.get("/api/alerts").json()["alerts"][0]["deliveries"]
    assert (delivery["state"], delivery["tries"], delivery["problem"]) == ("sent", 3, "")
    assert len(receiver.bodies) == 3, "a redirect was followed"


def test_a_webhook_that_does_not_speak_http_is_a_problem_in_words(
    client, service: Service, alerter: Alerter, receiver: Receiver
):
    receiver.answers = [0]
    client.patch("/api/alert-rules/run-done", json={"webhook": receiver.url})
    end(service, service.held(), completed=True)
    alerter.look()
    assert alerter.deliver()
    [delivery] = client.get("/api/alerts").json()["alerts"][0]["deliveries"]
    assert delivery["state"] == "waiting"
    assert delivery["problem"].startswith("could not be reached: who is there?")


def test_a_delivery_whose_workers_died_at_it_is_given_up_too(
    client, service: Service, alerter: Alerter, receiver: Receiver
):
    client.patch("/api/alert-rules/run-done", json={"webhook": receiver.url})
    end(service, service.held(), completed=True)
    alerter.look()
    for _ in range(len(deliveries.PAUSES) + 1):
        with service.database.write() as session:
            assert deliveries.take(session) is not None
        _let_time_pass(service)
    assert not alerter.deliver()
    [delivery] = client.get("/api/alerts").json()["alerts"][0]["deliveries"]
    assert delivery["state"] == "failed"


def test_a_webhook_that_is_away_is_given_up_in_the_end(client, service: Service, alerter: Alerter):
    client.patch("/api/alert-rules/run-done", json={"webhook": "http://127.0.0.1:9/x"})
    end(service, service.held(), completed=True)
    alerter.look()
    tries = len(deliveries.PAUSES) + 1
    for _ in range(tries):
        assert alerter.deliver()
        _let_time_pass(service)
    assert not alerter.deliver()
    [delivery] = client.get("/api/alerts").json()["alerts"][0]["deliveries"]
    assert (delivery["state"], delivery["tries"]) == ("failed", tries)
    assert "could not be reached" in delivery["problem"]


def test_the_operators_webhook_gets_every_alert(client, service: Service, receiver: Receiver):
    chosen = service.settings.model_copy(update={"alert_webhooks": [receiver.url]})
    alerter = Alerter(service.database, chosen)
    end(service, service.held(), completed=True)
    alerter.look()
    alerter.deliver()
    assert [b["kind"] for b in receiver.bodies] == ["done"]


def test_a_test_alert_goes_the_way_of_its_rule(client, alerter: Alerter, receiver: Receiver):
    client.patch("/api/alert-rules/run-done", json={"webhook": receiver.url})
    made = client.post("/api/alert-rules/run-done/test")
    assert made.status_code == 201, made.text
    alerter.deliver()
    assert [b["kind"] for b in receiver.bodies] == ["test"]


def test_an_alert_comes_by_the_event_stream(service: Service, settings: Settings, alerter: Alerter):
    async def first() -> dict:
        feed = Feed(service.database, settings)
        async with feed.running():
            stream = feed.follow(None)
            await anext(stream)
            await asyncio.to_thread(end, service, service.held(), completed=True)
            await asyncio.to_thread(alerter.look)
            async for message in stream:
                if message.event == "alert":
                    return json.loads(message.raw_data or "{}")
        raise AssertionError("the stream ended")

    found = asyncio.run(asyncio.wait_for(first(), 10))
    assert (found["kind"], found["seen"]) == ("done", False)


def test_a_purged_run_takes_its_alerts_along(client, service: Service, alerter: Alerter):
    from server.services.files import artifacts

    claim = service.held()
    end(service, claim, completed=True)
    alerter.look()
    client.delete(f"/api/runs/{claim.run_id}")
    at_once = service.settings.model_copy(update={"keep_deleted_seconds": -10.0})
    with service.database.write() as session:
        artifacts.purge_deleted(session, at_once)
    assert listed(client) == []


def _let_time_pass(service: Service) -> None:
    with service.database.write() as session:
        session.execute(update(Delivery).values(next_at=now() - 1))
