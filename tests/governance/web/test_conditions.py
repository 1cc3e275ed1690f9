"""Conditions, delegations and revocation on pages: what one can do is offered, what it brings about is told first."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance.job_states import JobState
from governance.models import Condition, Delegation
from governance.proof.answers.inforce import Standing
from governance.selectors import consequences
from governance.selectors import signoff as select
from governance.services import comments, documents, signing
from governance.web import intents
from tests.governance.web import world as made
from tests.governance.web.world import PASSWORD, World, build


@pytest.fixture
def world(db: None, state: Path) -> World:
    """A plan that an officer signed under a condition and a task, and an owner without any."""
    world = build()
    due = timezone.now() + timedelta(days=5)
    signing.sign(
        actor=world.officer,
        request=world.request,
        role="compliance_officer",
        meaning="I have read it and approve it for its purpose.",
        reason="Read it all.",
        password=PASSWORD,
        conditions=[
            signing.condition(kind="gate", text="Legal has seen it"),
            signing.condition(kind="task", text="Write the manual", owner=world.engineer, due=due),
        ],
    )
    made.sign(world.request, world.second_owner, "owner")
    return world


def test_a_condition_is_confirmed_on_the_documents_page(world: World, as_) -> None:
    page = reverse("document", args=[world.rubric.digest])
    gate = Condition.objects.get(kind="gate")
    html = as_(world.engineer).get(page).content.decode()
    assert "Legal has seen it" in html
    assert "Not for you to confirm: you do not hold the role that set it" in html
    assert "Confirm when it is met" in as_(world.second_officer).get("/").content.decode()
    meet = reverse("condition-meet", args=[gate.pk])
    assert as_(world.engineer).post(meet, {"evidence": "I say so", "password": PASSWORD}).status_code == 403
    assert as_(world.second_officer).post(meet, {"evidence": "", "password": PASSWORD}).status_code == 400
    assert as_(world.outsider).post(meet, {"evidence": "x", "password": PASSWORD}).status_code == 404
    assert not select.in_force(world.rubric).ok
    assert meet in as_(world.second_officer).get(page).content.decode()
    assert as_(world.second_officer).post(meet, {"evidence": "Their letter", "password": PASSWORD}).status_code == 302
    assert select.in_force(world.rubric).ok
    assert meet not in as_(world.second_officer).get(page).content.decode()


def test_a_task_waits_in_its_owners_inbox_and_can_be_handed_over(world: World, as_) -> None:
    task = Condition.objects.get(kind="task")
    assert "Write the manual" in as_(world.engineer).get("/").content.decode()
    page = as_(world.engineer).get(reverse("document", args=[world.rubric.digest])).content.decode()
    over = reverse("condition-hand-over", args=[task.pk])
    assert over in page
    assert "It lapses" in page
    assert as_(world.engineer).post(over, {"to": "nonsense"}).status_code == 400
    assert as_(world.engineer).post(over, {"to": world.second_owner.actor}).status_code == 302
    assert "Write the manual" not in as_(world.engineer).get("/").content.decode()
    assert "Write the manual" in as_(world.second_owner).get("/").content.decode()


def test_a_task_may_be_due_on_the_last_day_there_is(world: World) -> None:
    row = {"kind": "task", "text": "Some day", "owner": world.engineer.actor}
    days = [date.max, date(2027, 2, 28)]
    made = intents.conditions([row | {"due": day} for day in days])
    assert [one.due for one in made] == ["9999-12-31T23:59:59.999999Z", "2027-03-01T00:00:00.000000Z"]


def test_a_question_waits_in_the_inbox_of_who_wrote_the_document(world: World, as_) -> None:
    comments.comment_make(actor=world.auditor, document=world.rubric, kind="question", text="Why?", place="prompt")
    assert "A question about Chapter or escalate v1, Prompt" in as_(world.engineer).get("/").content.decode()
    assert "A question about" not in as_(world.officer).get("/").content.decode()


def test_a_delegation_is_given_listed_and_ended(world: World, as_) -> None:
    url, today = reverse("delegations"), timezone.now().date()
    sent = {
        "to": world.second_owner.actor, "role": "compliance_officer", "project": world.project.slug,
        "starts": today.isoformat(), "ends": (today + timedelta(days=9)).isoformat(), "reason": "On leave",
        "password": PASSWORD,
    }  # fmt: skip
    client = as_(world.officer)
    assert "Let them sign" in client.get(url).content.decode()
    assert client.post(url, sent | {"reason": ""}).status_code == 400
    late = client.post(url, sent | {"ends": (today + timedelta(days=200)).isoformat()})
    assert late.status_code == 400
    assert "at most 92 days" in late.content.decode()
    assert client.post(url, sent | {"ends": "9999-12-31"}).status_code == 400
    assert client.post(url, sent).status_code == 302
    row = Delegation.objects.get()
    assert "Carla Officer" in as_(world.second_owner).get(url).content.decode()
    assert "Nobody signs for anybody." in as_(world.engineer).get(url).content.decode()
    end = reverse("delegation-end", args=[row.pk])
    assert as_(world.engineer).post(end).status_code == 404
    assert as_(world.owner).post(end).status_code == 302  # an owner may
    assert "ended" in as_(world.second_owner).get(url).content.decode()
    assert client.post(url, sent | {"starts": "9999-12-31", "ends": "9999-12-31"}).status_code == 302


def test_the_page_of_a_revocation_lists_what_would_fall(world: World, as_) -> None:
    spec = made.evaluation_spec(world)
    running = made.job(world, spec, JobState.RUNNING)
    url = reverse("revoke", args=[world.rubric.digest])
    html = as_(world.officer).get(url).content.decode()
    assert "Runs that would be stopped" in html
    assert reverse("run", args=[running.pk]) in html
    assert "Triage release v1" in html
    assert select.in_force(world.rubric).standing is Standing.IN_FORCE
    nothing = as_(world.officer).get(reverse("revoke", args=[spec.digest])).content.decode()
    assert "Documents that rest on it" not in nothing
    assert 'name="password"' not in as_(world.engineer).get(url).content.decode()
    assert as_(world.officer).post(url, {"reason": "A leak.", "password": PASSWORD}).status_code == 302
    assert select.in_force(world.rubric).standing is Standing.REVOKED


def test_consequences_take_the_same_queries_however_much_rests_on_it(world: World) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            consequences.of(world.officer, world.rubric)
        return len(seen)

    before = queries()
    for number in range(3):
        documents.document_submit(
            actor=world.engineer, project=world.project, kind="evals.thresholds",
            body=made.thresholds_body(title=f"Limits {number}"),
            references=[
                {"role": "evaluation_set", "digest": world.evaluation_set.digest},
                {"role": "rubric", "digest": world.rubric.digest},
            ],
        )  # fmt: skip
    assert queries() == before
