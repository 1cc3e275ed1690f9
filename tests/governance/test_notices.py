"""Notices: kept with what they tell, told once, to whom it concerns."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from governance import notice_kinds
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.errors import Invalid, NotFound, Refused
from governance.models import Notice, User
from governance.services import comments, delegation, notices, people, reports, reviews, signing, signoff
from governance.services.ledger import NothingAppended, mutation
from governance.services.reauthentication import Proof
from tests.governance import jobs as sample
from tests.governance.cast import PASSWORD, REASON

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def silence(world) -> None:
    """Nothing was told yet."""
    Notice.objects.all().delete()


def told(kind: str, **more) -> set[str]:
    return {n.to.username for n in Notice.objects.filter(kind=kind, **more).select_related("to")}


def address(*users: User) -> None:
    for user in users:
        user.email = f"{user.username}@example.test"
        user.save(update_fields=["email"])


def keep(*users: User, at=None, kind=notice_kinds.COMMENT, about="x:1", **more) -> int:
    fields = {"subject": "Something", "text": "It happened.", "link": "/"} | more
    return notices.keep(users, kind, about=about, at=at or timezone.now(), **fields)


def test_who_can_sign_is_asked_and_nobody_else(world) -> None:
    note = world.note(by=world.officer_two)  # the author may not sign
    delegation.give(
        actor=world.officer,
        to=world.data_owner,
        role=COMPLIANCE_OFFICER,
        project=world.project,
        starts_at=timezone.now() - DAY,
        ends_at=timezone.now() + DAY,
        reason="On leave",
        proof=Proof(PASSWORD),
    )
    request = world.ask(note, by=world.owner_two)
    assert told("asked") == {"owner", "officer", "data_owner"}
    found = Notice.objects.filter(kind="asked")[0]
    assert found.link == f"/requests/{request.pk}/"
    assert "Note v1 (note)" in found.subject
    assert "compliance officer, owner" in found.text
    assert told("delegation") == {"data_owner"}


def test_nothing_is_told_of_what_was_rolled_back(world) -> None:
    request = world.ask(world.note())
    before = Notice.objects.count()
    with pytest.raises(Refused):
        signing.sign(actor=world.owner, request=request, role=OWNER, password="wrong", **REASON)
    with pytest.raises(NothingAppended), mutation(actor=None, action="x") as m:
        notices.notify(m, [world.owner], "comment", about="x", subject="s", text="t", link="/")
    assert Notice.objects.count() == before


def test_a_complete_request_is_told_and_what_was_asked_is_settled(world) -> None:
    request = world.ask(world.note())
    asked = Notice.objects.filter(kind="asked", about=f"request:{request.pk}")
    assert asked.filter(read_at=None).count() == 4
    world.sign(request, world.owner, OWNER)
    assert set(asked.exclude(read_at=None).values_list("to__username", flat=True)) == {"owner"}
    assert not told("complete")
    world.sign(request, world.officer, COMPLIANCE_OFFICER)
    assert told("complete") == {"engineer", "owner"}  # who asked and who signed before; not the last signer
    assert not asked.filter(read_at=None).exists()


def test_the_end_of_a_request_is_told_to_everybody_it_was_asked_of(world) -> None:
    signoff.reject(actor=world.owner, request=world.ask(world.note()), reason="Too vague")
    assert told("rejected") == {"engineer", "owner_two", "officer", "officer_two"}
    assert "Too vague" in Notice.objects.filter(kind="rejected")[0].text
    signoff.withdraw(actor=world.engineer, request=world.ask(world.note("Other")))
    assert told("withdrawn") == {"owner", "owner_two", "officer", "officer_two"}


def test_a_revocation_is_told_each_time(world) -> None:
    note = world.note()
    for _ in range(2):
        world.agree(note)
        world.revoke(note, by=world.officer_two)
    assert told("revoked") == {"engineer", "owner", "officer"}
    assert Notice.objects.filter(kind="revoked").count() == 6


def test_tasks_reviews_comments_reports_and_jobs_are_told(world, monkeypatch) -> None:
    note, due = world.note(), timezone.now() + 10 * DAY
    request = world.ask(note)
    task = signing.condition(kind="task", text="Label ten more cases", owner=world.engineer_two, due=due)
    signing.sign(actor=world.owner, request=request, role=OWNER, password=PASSWORD, conditions=[task], **REASON)
    assert told("task") == {"engineer_two"}
    asked = comments.comment_make(actor=world.officer, document=note, kind="question", text="What is it?")
    assert told("comment") == {"engineer", "officer_two"}  # not who signed, not who asks
    comments.comment_make(actor=world.engineer, document=note, kind="answer", answers=asked, text="This.")
    assert told("comment", about__startswith="comment:") == {"engineer", "officer_two", "officer"}
    world.sign(request, world.officer, COMPLIANCE_OFFICER)
    review = reviews.open_review(actor=world.owner_two, document=note, trigger="drift", due=due, reason="It drifts")
    assert told("review") == {"engineer", "owner", "officer", "officer_two"}
    reviews.close(actor=world.officer, review=review, finding="Fine", proof=Proof(PASSWORD))
    assert told("review_closed") == {"engineer", "owner_two"}
    assert not Notice.objects.filter(kind="review", read_at=None).exists()
    report = reports.request(actor=world.auditor, subject=note)
    reports.failed(report=report, error="no font")
    reports.failed(report=report, error="no font")
    assert Notice.objects.get(kind="report").text.startswith("no font")
    sample.done(world, monkeypatch, note)
    assert told("job_ended") == {"engineer"}


def test_a_notice_is_told_once(world) -> None:
    assert keep(world.owner, world.officer) == 2
    assert keep(world.owner, world.officer, world.owner_two) == 1
    assert keep(world.owner, occasion="again") == 1
    assert Notice.objects.filter(about="x:1").count() == 4


def test_whoever_left_is_told_nothing(world) -> None:
    world.officer_two.is_active = False
    world.officer_two.save()
    world.ask(world.note())
    assert "officer_two" not in told("asked")
    assert keep(world.officer_two) == 0


def test_each_chooses_how_to_be_told_and_what_is_mandatory_comes_at_once(world) -> None:
    address(world.owner, world.officer, world.owner_two)
    notices.choose(actor=world.officer, mode="digest")
    notices.choose(actor=world.owner_two, mode="none")
    with pytest.raises(Invalid):
        notices.choose(actor=world.owner, mode="pigeon")
    at = datetime(2026, 11, 26, 12, tzinfo=UTC)
    everybody = (world.owner, world.officer, world.owner_two, world.engineer)
    keep(*everybody, at=at)
    due = dict(Notice.objects.filter(about="x:1").values_list("to__username", "next_at"))
    assert due == {"owner": at, "officer": at.replace(hour=6) + DAY, "owner_two": None, "engineer": None}
    keep(*everybody, at=at, about="x:2", kind=notice_kinds.ESCALATED)
    due = dict(Notice.objects.filter(about="x:2").values_list("to__username", "next_at"))
    assert due == {"owner": at, "officer": at, "owner_two": at, "engineer": None}


def test_without_mail_notices_stay_on_the_page(world, settings) -> None:
    settings.EMAIL_BACKEND = notices.NOWHERE
    address(world.owner)
    keep(world.owner)
    assert Notice.objects.get(about="x:1").next_at is None


def test_only_ones_own_notices_can_be_read(world) -> None:
    keep(world.owner, world.officer)
    own, other = (Notice.objects.get(about="x:1", to=user) for user in (world.owner, world.officer))
    with pytest.raises(NotFound):
        notices.read(actor=world.owner, notice=other.pk, at=timezone.now())
    notices.read(actor=world.owner, notice=own.pk, at=timezone.now())
    other.refresh_from_db()
    assert other.read_at is None
    notices.read(actor=world.officer, notice=None, at=timezone.now())
    assert not Notice.objects.filter(about="x:1", read_at=None).exists()


def test_subjects_cannot_add_headers(world) -> None:
    keep(world.owner, subject="Hello\r\nBcc: everybody@example.test")
    assert Notice.objects.get(about="x:1").subject == "Hello Bcc: everybody@example.test"


def test_old_notices_are_forgotten(world, settings) -> None:
    settings.COUNTERSIGN_NOTICE_DAYS = 60
    with time_machine.travel(timezone.now() - 61 * DAY, tick=False):
        keep(world.owner)
    keep(world.owner, about="x:2")
    assert notices.forget(timezone.now()) == 1
    assert set(Notice.objects.filter(to=world.owner, kind="comment").values_list("about", flat=True)) == {"x:2"}


def test_what_a_notice_tells_of_a_role_is_read_from_the_ledger(world) -> None:
    grant = world.officer_two.grants.get(role=COMPLIANCE_OFFICER)
    people.role_revoke(actor=world.owner, grant_id=str(grant.pk))
    world.ask(world.note())
    assert told("asked") == {"owner", "owner_two", "officer"}
