"""Comparisons: groups, exact final figures, what is new is read alone, the report stands alone."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from cpo_core.spec import reports
from server.models import Run
from server.services.measurements import curves, metrics
from server.services.presentation import compare, listing
from server.services.presentation.report import html
from tests.server.reports import report


def record(service, run_id, *costs, first=1):
    with service.database.write() as session:
        run = session.get_one(Run, run_id)
        for i, cost in enumerate(costs, start=first):
            row = reports.columns(report(i, cost)) | {"elapsed_seconds": 0.5 * i}
            metrics.insert_row(session, run_id, 1, row, {}, {})
            run.iteration = i


def build_pair(service):
    found = [service.run(algorithm=a, seed=s, tags=[a]) for a in ("cpo", "trpo") for s in (0, 1)]
    for i, run_id in enumerate(found):
        record(service, run_id, 9.0, 4.0 + i)
    return found


def test_runs_are_grouped_and_seeds_aggregated(client, service):
    ids = build_pair(service)
    found = client.get("/api/compare", params={"run": ids}).json()
    assert [(g["name"], g["n"]) for g in found["groups"]] == [("CPO", 2), ("TRPO", 2)]
    cost = found["groups"][0]["costs"]["outside"]
    assert cost["value"]["mean"] == pytest.approx(4.5)
    assert cost["over_share"]["mean"] == 0.5
    assert cost["regret"]["mean"] == pytest.approx(4.0)
    assert [f["name"] for f in found["figures"]] == [
        "return", "cost-outside", "plane-outside", "kl", "regret-outside", "entropy",
    ]  # fmt: skip
    assert (found["shown"], found["total"], found["rows"]) == (4, 4, 8)


@pytest.mark.parametrize("group", ["seed", "tags", "run", "task"])
def test_any_field_groups(client, service, group):
    ids = build_pair(service)
    found = client.get("/api/compare", params={"run": ids, "group": group}).json()
    expected = {"seed": 2, "tags": 2, "run": 4, "task": 1}
    assert len(found["groups"]) == expected[group]


def test_settings_that_differ_can_group(client, service):
    ids = [service.run(config={"delta": d}) for d in (0.01, 0.02)]
    found = client.get("/api/compare", params={"run": ids, "group": "config.delta"}).json()
    assert [g["name"] for g in found["groups"]] == ["delta 0.01", "delta 0.02"]
    assert [g["n"] for g in found["groups"]] == [0, 0]


def test_an_unknown_field_is_refused_by_name(client, service):
    ids = build_pair(service)
    answer = client.get("/api/compare", params={"run": ids, "group": "colour"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "group"


def test_nothing_asked_is_nothing_compared(client, service):
    build_pair(service)
    found = client.get("/api/compare").json()
    assert (found["groups"], found["total"]) == ([], 0)


def test_new_rows_extend_what_is_kept_and_a_step_back_is_read_anew(service):
    run_id = service.run()
    record(service, run_id, 4.0, 9.0)
    with service.database.read() as session:
        first = curves.read(session, session.get_one(Run, run_id))
    record(service, run_id, 8.0, first=3)
    with service.database.read() as session:
        second = curves.read(session, session.get_one(Run, run_id))
    assert first["iteration"].tolist() == [1, 2]
    assert second["regret_outside"].tolist() == [0, 4, 7]
    with service.database.write() as session:
        metrics.remove_after(session, run_id, 1)
        session.get_one(Run, run_id).token += 1
    record(service, run_id, 6.0, first=2)
    with service.database.read() as session:
        third = curves.read(session, session.get_one(Run, run_id))
    assert third["cost_outside"].tolist() == [4, 6]


def test_a_new_row_of_one_run_draws_its_group_anew_and_no_other(service):
    ids = build_pair(service)

    def groups():
        with service.database.read() as session:
            found = [session.get_one(Run, i) for i in ids]
            return compare.grouped(session, found, "algorithm")

    before = groups()
    assert [a is b for a, b in zip(groups(), before, strict=True)] == [True, True]
    record(service, ids[0], 8.0, first=3)
    after = groups()
    assert [a is b for a, b in zip(after, before, strict=True)] == [False, True]
    assert [len(m.columns["iteration"]) for m in after[0].members] == [3, 2]


class Loads(HTMLParser):
    """Addresses that a browser would fetch by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "img", "link", "iframe", "video", "source"):
            self.found.append(tag)


def test_the_report_of_a_study_stands_alone(client, service):
    body = {
        "name": "Which <one>?",
        "runs": [{"task": "point-circle", "algorithm": a, "tags": [a]} for a in ("cpo", "trpo")],
    }
    study = client.post("/api/studies", json=body).json()
    for run in study["runs"]:
        record(service, run["id"], 4.0, 5.5)
    answer = client.get(f"/api/studies/{study['id']}/report")
    assert answer.status_code == 200
    assert 'filename="costline-which-one.html"' in answer.headers["content-disposition"]
    text = answer.text
    loads = Loads()
    loads.feed(text)
    assert loads.found == []
    assert "url(" not in text
    assert "<h1>Which &lt;one&gt;?</h1>" in text
    assert text.count("<svg viewBox") == 6
    for part in ("Final results", "Where runs differ", "batch_size", "over the limit", "Videos"):
        assert part in text
    assert re.search(rf'href="http://127.0.0.1/runs/{study["runs"][0]["id"]}"', text)
    assert "only the machine that made this file can reach" in text


def test_the_report_of_a_study_is_grouped_and_drawn_as_its_page(client, service):
    runs = [{"task": "point-circle", "algorithm": "cpo", "seed": s} for s in (0, 1)]
    study = client.post("/api/studies", json={"name": "Two seeds", "runs": runs}).json()
    for run in study["runs"]:
        record(service, run["id"], 4.0, 5.5)
    address = f"/api/studies/{study['id']}/report"
    plain = client.get(address).text
    asked = client.get(address, params={"group": "seed", "statistic": "iqm"}).text
    assert "Lines are means" in plain
    assert "<b>seed 1</b>" not in plain
    assert "Lines are interquartile means" in asked
    assert "<b>seed 0</b> (1 seed)" in asked
    assert "<b>seed 1</b> (1 seed)" in asked


def test_a_report_says_which_server_its_links_lead_to(client, service):
    ids = build_pair(service)
    with service.database.read() as session:
        wish = compare.Wish(ids, listing.Filter())
        text = html(session, wish, "Comparison", "https://costline.lab")
    assert "lead to the server at https://costline.lab.</p>" in text
