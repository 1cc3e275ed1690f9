"""Every page: it answers, keeps to the strict content security policy, and its queries do not grow with history."""

from contextlib import nullcontext
from html.parser import HTMLParser
from typing import Any

import time_machine
from django.db import connection, reset_queries
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance.models import Document
from governance.services import documents, people, reports, signoff
from tests.governance.web import world as made
from tests.governance.web.world import World

REFUSED = {"release"}  # the result is not a run's: the page says why


class Strict(HTMLParser):
    """Collects what a strict content security policy would not let run or apply, and dead references to ids."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.labels: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        data = found.get("type") == "application/json"  # no browser runs it
        if tag == "style" or (tag == "script" and not (found.get("src") or data)):
            self.faults.append(f"inline <{tag}>")
        self.faults += [f"{name} on <{tag}>" for name in found if name == "style" or name.startswith(("on", "hx-on"))]
        # A page loads nothing from elsewhere. A link that somebody may follow tells the other side nothing of the page.
        leaves = tag == "a" and {"noopener", "noreferrer"} <= set((found.get("rel") or "").split())
        abroad = ("//", "javascript:") if leaves else ("http", "//", "javascript:")
        self.faults += [
            f"{name}={value}"
            for name, value in attrs
            if name in ("src", "href", "action") and value and value.startswith(abroad)
        ]
        if found.get("id"):
            self.ids.append(str(found["id"]))
        for name in ("aria-labelledby", "aria-describedby", "for"):
            self.labels += str(found.get(name) or "").split()


def keeps_to_the_policy(name: str, response: Any) -> None:
    """Assert that a page answered with what the strictest browser shows in whole."""
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    html, parser = response.content.decode(), Strict()
    parser.feed(html)
    assert not parser.faults, (name, parser.faults)
    assert len(parser.ids) == len(set(parser.ids)), (name, sorted(i for i in parser.ids if parser.ids.count(i) > 1))
    assert set(parser.labels) <= set(parser.ids), (name, set(parser.labels) - set(parser.ids))
    assert "<b>line two" not in html
    assert "</textarea><script>" not in html


def test_a_live_run_polls_and_a_finished_one_does_not(world: World, as_, addresses) -> None:
    _, url = addresses["run"]
    client = as_(world.engineer)
    html = client.get(url).content.decode()
    assert 'hx-trigger="every 2s"' in html
    assert "80 %" in html
    assert "<polyline" in html
    from governance.models import Job

    Job.objects.filter(state="running").update(state="failed", reason="the loss is not a number")
    fragment = client.get(addresses["progress"][1]).content.decode()
    assert "hx-trigger" not in fragment
    assert "<html" not in fragment
    assert "The loss is not a number" in fragment


def test_a_launch_against_a_closed_gate_says_why_and_is_recorded(world: World, as_, addresses) -> None:
    user, url = addresses["launch"]
    from governance.models import Job, LedgerEvent

    Job.objects.filter(state="running").update(state="failed")
    refused = LedgerEvent.objects.filter(event="refusal:rule:applied").count()
    response = as_(user).post(url)
    assert response.status_code == 409
    assert "Evaluation set in force" in response.content.decode()
    assert LedgerEvent.objects.filter(event="refusal:rule:applied").count() == refused + 1
    assert as_(user).post(url, {"arm": "yes"}).status_code == 302
    assert Job.objects.filter(state="armed").count() == 2


def test_canonical_bytes_are_the_documents(world: World, as_) -> None:
    response = as_(world.engineer).get(reverse("canonical-bytes", args=[world.rubric.digest]))
    assert response.content == bytes(world.rubric.content)
    assert "attachment" in response["Content-Disposition"]


def test_filters_narrow_the_list(world: World, as_) -> None:
    url, client = reverse("documents", args=[world.project.slug]), as_(world.engineer)

    def titles(query: str) -> list[str]:
        return [document.title for document, *_ in client.get(f"{url}?{query}").context["rows"]]

    assert titles("kind=evals.rubric") == ["Chapter or escalate"]
    assert titles(f"q={world.thresholds.digest[7:20]}") == ["Triage release"]
    assert titles("standing=in+force") == []
    assert len(titles("standing=waiting+for+signatures")) == 3
    assert titles("q=%25") == []
    assert len(titles("page=99999")) == 3
    fragment = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment


def test_the_ledger_page_proves_each_entry_and_pages_on(world: World, as_) -> None:
    client = as_(world.auditor)
    page = client.get("/ledger/").context["page"]
    assert page.entries
    assert all(entry.proof.holds for entry in page.entries)
    refusals = client.get("/ledger/?event=refusal:").context["page"]
    assert refusals.entries == []
    about = client.get(f"/ledger/?subject={world.rubric.digest}").context["page"]
    assert [entry.leaf.event for entry in about.entries] == ["signoff:request:opened", "document:version:frozen"]
    older = client.get("/ledger/?before=3").context["page"]
    assert [entry.leaf.seq for entry in older.entries] == [2, 1, 0]
    assert client.get("/ledger/999999/").status_code == 404
    assert client.get("/ledger/?before=x&event=nonsense").status_code == 200


MOST = 60
MORE = {"what changed in a project": 75}  # two moments, each with its own standings
"""queries of a page, and of those that may ask more"""


def test_pages_answer_keep_to_the_policy_and_ask_no_more_as_history_grows(world: World, as_, addresses) -> None:
    clients = {user.pk: as_(user) for user, _ in addresses.values()}

    def count(name: str) -> int:
        user, url = addresses[name]
        reset_queries()  # the log has an end
        with CaptureQueriesContext(connection) as captured:
            response = clients[user.pk].get(url)
        assert response.status_code == (400 if name in REFUSED else 200), name
        keeps_to_the_policy(name, response)
        return len(captured)

    def least(name: str) -> int:
        """What is written now and then, as when a session was last used, is no history: asked again, it is not."""
        return min(count(name), count(name))

    with time_machine.travel(timezone.now()) as clock:
        _more_history(world, 0)  # so that every kind of row is there
        clock.shift(2)  # the past begins a second ago
        for client in clients.values():
            client.get("/")  # what the first request of a session writes
        before = {name: count(name) for name in addresses}
        for number in range(1, 5):
            _more_history(world, number)
        clock.shift(2)
        after = {name: count(name) for name in addresses}
        after |= {name: least(name) for name, found in after.items() if found > before[name]}
    assert not {name: found for name, found in before.items() if found > MORE.get(name, MOST)}
    assert not {name: (before[name], found) for name, found in after.items() if found > before[name]}


def test_roles_are_read_once_in_a_page(world: World, as_, monkeypatch: Any) -> None:
    client, url = as_(world.officer), reverse("document", args=[world.rubric.digest])

    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return [query["sql"] for query in captured]

    client.get(url)
    remembering = queries()
    monkeypatch.setattr("governance.web.middleware.request_memory.during_request", nullcontext)
    reading = queries()
    own = [sql for sql in remembering if 'FROM "governance_rolegrant"' in sql]
    assert len(own) == len({*own}), "the same grants were read twice"
    assert len(remembering) <= len(reading) * 0.75, (len(remembering), len(reading))


def _more_history(world: World, number: int) -> None:
    """Another round of everything: projects, versions, signatures, rejections, drafts, jobs."""
    people.project_create(actor=world.owner, name=f"Further letters {number}")
    fresh: list[Document] = [
        documents.document_submit(
            actor=world.engineer, project=world.project, kind="evals.evaluation_set",
            body=made.set_body(cases=400 + number),
        )
        for _ in range(2)
    ]  # fmt: skip
    made.agree(fresh[:1], world.engineer, world.second_owner, world.officer)
    rejected = signoff.request_open(actor=world.engineer, documents=fresh[1:])
    signoff.reject(actor=world.officer, request=rejected, reason=f"not yet, {number}")
    waiting = documents.document_submit(
        actor=world.engineer, project=world.project, kind="evals.evaluation_set", base=fresh[0],
        body=made.set_body(cases=500 + number),
    )  # fmt: skip
    made.sign(signoff.request_open(actor=world.engineer, documents=[waiting]), world.second_owner, "owner")
    documents.draft_create(actor=world.engineer, project=world.project, kind="evals.rubric", body={"title": "Triage"})
    reports.request(actor=world.engineer, subject=fresh[0])
    policy = documents.document_submit(
        actor=world.owner, project=None, kind="governance.policy", base=world.policy, body=made.policy_body()
    )
    made.agree([policy], world.owner, world.second_owner, world.officer)
