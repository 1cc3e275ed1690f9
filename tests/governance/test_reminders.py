"""Reminders, escalations and reviews by age: told by the facts, once, whenever the worker looks."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from governance import events, policy
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.jobs import reminders
from governance.models import LedgerEvent, Notice, Review
from governance.proof.answers.inforce import Standing
from governance.selectors import signoff as select
from governance.services import documents, notices, reviews, signing, signoff
from governance.services.reauthentication import Proof
from tests.governance.cast import NOTE, PASSWORD, REASON, policy_body
from tests.governance.test_notices import told

DAY = timedelta(days=1)
TIMES = {"request_days": 20, "remind_days": 3, "escalate_days": 7, "escalate_to": OWNER, "review_days": 60}


@pytest.fixture
def timed(world):
    """A policy under which notes are reminded, escalated and reviewed; nothing was told yet."""
    body = policy_body()
    body["rules"] = body["rules"] | {NOTE: {"roles": {OWNER: 1, COMPLIANCE_OFFICER: 1}, "validity_days": 365} | TIMES}
    second = documents.document_submit(
        actor=world.owner_two, project=None, kind=policy.KIND, body=body, base=world.policy
    )
    world.agree(second, by=world.owner_two)
    Notice.objects.all().delete()
    return world


def look(after: timedelta, began) -> bool:
    with time_machine.travel(began + after, tick=False):
        return reminders.look(timezone.now())


def test_who_has_not_signed_is_reminded_once_an_interval_and_no_more_after_signing(timed) -> None:
    began = timezone.now()
    request = timed.ask(timed.note())
    timed.sign(request, timed.owner, OWNER)
    assert not look(2 * DAY, began)
    assert look(4 * DAY, began)
    assert told("reminder") == {"officer", "officer_two"}
    assert not look(5 * DAY, began)
    assert look(6 * DAY + timedelta(hours=1), began)
    assert Notice.objects.filter(kind="reminder").count() == 4
    with time_machine.travel(began + 6 * DAY + timedelta(hours=2)):
        timed.sign(request, timed.officer, COMPLIANCE_OFFICER)
    assert not look(8 * DAY + timedelta(hours=3), began)


def test_overdue_signatures_are_escalated_once_and_the_ledger_says_so(timed) -> None:
    began = timezone.now()
    request = timed.ask(timed.note())
    look(6 * DAY, began)
    assert not told("escalated")
    look(8 * DAY, began)
    look(9 * DAY, began)
    assert told("escalated") == {"owner", "owner_two"}
    event = LedgerEvent.objects.get(event=events.REQUEST_ESCALATED)
    Notice.objects.all().delete()
    look(10 * DAY, began)
    assert LedgerEvent.objects.get(event=events.REQUEST_ESCALATED) == event
    assert not told("escalated")
    assert signoff.withdraw(actor=timed.engineer, request=request)


def test_a_request_that_ran_out_is_told_and_its_reminders_stop(timed) -> None:
    began = timezone.now()
    timed.ask(timed.note())
    look(19 * DAY, began)
    Notice.objects.filter(kind="reminder").delete()
    look(21 * DAY, began)
    assert told("ran_out") == {"engineer", "owner", "owner_two", "officer", "officer_two"}
    assert not told("reminder")
    assert not look(22 * DAY, began)


def test_who_signed_is_told_when_a_sign_off_ends_soon_at_each_stage(timed) -> None:
    began, note = timezone.now(), timed.note()
    timed.agree(note)
    assert not look(200 * DAY, began)
    for after, count in ((336, 1), (340, 1), (359, 2), (364.5, 3), (366, 3)):
        look(after * DAY, began)
        found = Notice.objects.filter(kind="expires", about=f"document:{note.digest}", to=timed.officer)
        assert found.count() == count, after


def test_a_review_opens_by_age_once_and_ends_the_sign_off_unless_it_is_closed(timed) -> None:
    began, note = timezone.now(), timed.note()
    timed.agree(note)
    look(304 * DAY, began)
    assert not Review.objects.exists()
    look(306 * DAY, began)
    review = Review.objects.get(document=note, trigger="age")
    assert review.by is None
    assert told("review") == {"engineer", "owner", "owner_two", "officer", "officer_two"}
    look(330 * DAY, began)
    assert told("review_due", occasion="7 days") == told("review")
    assert select.in_force(note, time=began + 336 * DAY).standing is Standing.LAPSED
    with time_machine.travel(began + 331 * DAY):
        reviews.close(actor=timed.officer, review=review, finding="Still right", proof=Proof(PASSWORD))
    look(332 * DAY, began)
    look(350 * DAY, began)
    assert Review.objects.filter(document=note).count() == 1
    assert select.in_force(note, time=began + 360 * DAY).standing is Standing.IN_FORCE


def test_a_task_that_nobody_did_is_told_before_and_after(timed) -> None:
    began, note = timezone.now(), timed.note()
    request = timed.ask(note)
    task = signing.condition(kind="task", text="Label ten more", owner=timed.engineer_two, due=began + 40 * DAY)
    signing.sign(actor=timed.owner, request=request, role=OWNER, password=PASSWORD, conditions=[task], **REASON)
    timed.sign(request, timed.officer, COMPLIANCE_OFFICER)
    look(30 * DAY, began)
    assert not told("task_due")
    look(34 * DAY, began)
    assert told("task_due") == {"engineer_two"}
    look(41 * DAY, began)
    assert told("task_due", occasion="overdue") == {"engineer_two", "owner", "engineer"}
    assert not look(42 * DAY, began)


def test_what_fell_due_long_ago_is_not_told_again_when_its_notice_was_deleted(timed) -> None:
    began = timezone.now()
    timed.ask(timed.note())
    look(21 * DAY, began)
    with time_machine.travel(began + 210 * DAY, tick=False):
        assert notices.forget(timezone.now())
        assert not reminders.look(timezone.now())


def test_looking_costs_the_same_however_much_was_agreed(timed, django_assert_max_num_queries) -> None:
    began = timezone.now()
    timed.agree(*(timed.note(f"Note {n}") for n in range(2)))
    look(100 * DAY, began)
    with django_assert_max_num_queries(60) as captured:
        look(100 * DAY, began)
    before = len(captured)
    for number in range(8):
        timed.agree(timed.note(f"More {number}"))
    with django_assert_max_num_queries(before):
        look(100 * DAY, began)
