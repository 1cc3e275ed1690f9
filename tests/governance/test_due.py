"""What falls due: computed from the facts, for the one who asks, in as many queries whatever there is."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from governance import policy
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.models import Document, Review
from governance.proof.formats.keyring import valid_until
from governance.selectors import due, ledger
from governance.selectors.keys import keyring
from governance.services import attachments, delegation, documents, reviews, signing
from governance.services.reauthentication import Proof
from tests.governance import tampering
from tests.governance.cast import PASSWORD, REASON, policy_body
from tests.governance.test_reminders import timed  # noqa: F401  (a fixture)

DAY = timedelta(days=1)


def items(user, after=0.0, **options):
    now = timezone.now() + after * DAY
    return [one for one in due.for_person(user, now=now, **options) if one.what != due.SIGNOFF or one.project]


def brief(user, after=0.0, **options):
    return [(one.what, one.title, one.overdue) for one in items(user, after, **options)]


def test_a_sign_off_is_due_when_it_ends_and_overdue_until_it_is_agreed_anew(world) -> None:
    note = world.note()
    world.agree(note)
    assert brief(world.engineer) == []
    assert brief(world.engineer, 300) == [("sign-off", "Note v1", False)]
    assert brief(world.engineer, 300, days=30) == []
    assert brief(world.engineer, 370) == [("sign-off", "Note v1", True)]
    assert brief(world.engineer, 365 + 366) == []  # no news any more
    with time_machine.travel(timezone.now() + 200 * DAY):
        second = documents.document_submit(
            actor=world.owner_two, project=None, kind=policy.KIND, body=policy_body(), base=world.policy
        )
        world.agree(second, by=world.owner_two)
    with time_machine.travel(timezone.now() + 370 * DAY):
        world.agree(note)
        assert brief(world.engineer) == []


def test_what_a_later_version_replaced_is_not_due(world) -> None:
    note = world.note()
    world.agree(note)
    with time_machine.travel(timezone.now() + 100 * DAY):
        world.agree(documents.document_submit(actor=world.engineer, project=world.project, kind=note.kind,
                                              body={"title": "Note"}, base=note))  # fmt: skip
    assert brief(world.engineer, 300) == []
    assert brief(world.engineer, 400) == [("sign-off", "Note v2", False)]


def test_what_was_revoked_is_not_due(world) -> None:
    note = world.note()
    world.agree(note)
    world.revoke(note)
    assert brief(world.engineer, 300) == []


def test_reviews_tasks_requests_and_delegations_fall_due(timed) -> None:  # noqa: F811
    now, note = timezone.now(), timed.note()
    request = timed.ask(note)
    assert brief(timed.owner) == [("request", "Note v1", False)]
    assert brief(timed.owner, 21) == [("request", "Note v1", True)]
    task = signing.condition(kind="task", text="Label more", owner=timed.engineer_two, due=now + 10 * DAY)
    signing.sign(actor=timed.owner, request=request, role=OWNER, password=PASSWORD, conditions=[task], **REASON)
    timed.sign(request, timed.officer, COMPLIANCE_OFFICER)
    reviews.open_review(actor=timed.officer, document=note, trigger="drift", due=now + 20 * DAY, reason="It drifts")
    delegation.give(
        actor=timed.officer, to=timed.officer_two, role=COMPLIANCE_OFFICER, project=timed.project,
        starts_at=now, ends_at=now + 5 * DAY, reason="On leave", proof=Proof(PASSWORD))  # fmt: skip
    assert brief(timed.engineer) == [
        ("delegation", "Officer Two for Officer, as compliance officer", False),
        ("task", "Label more", False),
        ("review", "Note v1", False),
    ]
    assert brief(timed.engineer, 11)[:2] == [("sign-off", "Note v1", True), ("task", "Label more", True)]
    assert items(timed.engineer, 11)[0].note == "lapsed: a condition of a signature was due"
    assert {one.what: one.mine for one in items(timed.engineer_two)} == {
        "delegation": False, "task": True, "review": False,
    }  # fmt: skip
    assert [one.what for one in items(timed.officer_two, mine=True)] == ["delegation", "review"]
    assert [one.what for one in items(timed.engineer, what="task")] == ["task"]
    assert items(timed.engineer, project="other") == []


def test_others_projects_are_out_of_sight(timed) -> None:  # noqa: F811
    timed.ask(timed.note())
    assert brief(timed.stranger) == []
    assert brief(timed.auditor)


def test_a_forged_review_or_delegation_is_not_believed_more_than_the_facts(world) -> None:
    note, now = world.note(), timezone.now()
    world.agree(note)
    Review(document=note, trigger="drift", due=now + DAY, by=None, at=now, seq=ledger.size() - 1).save()
    # A row that no leaf confirms still ends the sign-off (see `selectors.ceremonies`), so it is shown, not hidden.
    assert ("sign-off", "Note v1", True) in brief(world.engineer, 2)
    with tampering.owner():
        tampering.run("DELETE FROM governance_review")
    assert brief(world.engineer, 2) == []


def test_queries_do_not_grow(timed, django_assert_max_num_queries) -> None:  # noqa: F811
    def more(number: int) -> None:
        now, note = timezone.now(), timed.note(f"Note {number}")
        request = timed.ask(note)
        task = signing.condition(kind="task", text="Label", owner=timed.engineer_two, due=now + 10 * DAY)
        signing.sign(actor=timed.owner, request=request, role=OWNER, password=PASSWORD, conditions=[task], **REASON)
        timed.sign(request, timed.officer, COMPLIANCE_OFFICER)
        reviews.open_review(actor=timed.officer, document=note, trigger="drift", due=now + DAY, reason="It drifts")
        timed.ask(timed.note(f"Open {number}"))

    more(0)
    with django_assert_max_num_queries(70) as captured:
        assert len(items(timed.owner)) == 3
    for number in range(1, 5):
        more(number)
    with django_assert_max_num_queries(len(captured)):
        assert len(items(timed.owner)) == 15
    assert Document.objects.count() > 10


@pytest.mark.parametrize("sort", ["at", "project", "what"])
def test_sorting(timed, sort) -> None:  # noqa: F811
    timed.ask(timed.note())
    timed.agree(timed.note("Agreed"))
    found = due.for_person(timed.owner, now=timezone.now(), days=400, sort=sort)
    key = {"at": lambda o: o.at, "project": lambda o: o.project.name if o.project else "", "what": lambda o: o.words}
    assert [key[sort](one) for one in found] == sorted(key[sort](one) for one in found)
    assert len(found) >= 3


def test_what_was_kept_long_enough_is_due_once_it_is_no_longer_in_force(world) -> None:
    stricter = documents.document_submit(
        actor=world.owner_two, project=None, kind=policy.KIND, base=world.policy,
        body=policy_body(retention={"test.note": 100}),
    )  # fmt: skip
    world.agree(stricter, by=world.owner_two)
    agreed, loose = world.note("Agreed"), world.note("Loose")
    for note in (agreed, loose):
        attachments.attach(actor=world.engineer, document=note, name="minutes.txt", chunks=[b"We met.\n"])
    world.agree(agreed)
    world.note("Nothing lies with it")

    def kept(after: float) -> list[tuple[str, bool]]:
        return [(one.title, one.overdue) for one in items(world.officer, after, days=90) if one.what == "retention"]

    assert kept(0) == []
    assert kept(20) == [("Loose v1", False)]
    assert kept(101) == [("Loose v1", True)]
    assert [one.what for one in items(world.stranger, 20)] == []


def test_a_retention_that_the_governing_policy_does_not_state_is_not_due(world) -> None:
    unsigned = documents.document_submit(
        actor=world.owner_two, project=None, kind=policy.KIND, base=world.policy,
        body=policy_body(retention={"test.note": 100}),
    )  # fmt: skip
    assert unsigned
    loose = world.note("Loose")
    attachments.attach(actor=world.engineer, document=loose, name="minutes.txt", chunks=[b"We met.\n"])
    assert [one.what for one in items(world.officer, 20) if one.what == "retention"] == []


def test_the_end_of_the_seals_certificate_is_told_to_those_who_read_about_keys(world) -> None:
    entry = keyring().in_use("seal")
    assert entry is not None
    assert entry.certificate is not None
    ends = valid_until(entry.certificate)
    before = (ends - timezone.now()).days - 30
    (found,) = [one for one in items(world.officer, before) if one.what == "certificate"]
    assert (found.at, found.page, found.overdue, found.project) == (ends, "keys", False, None)
    assert [one.what for one in items(world.engineer, before)] == []
    assert [one.overdue for one in items(world.officer, before + 40) if one.what == "certificate"] == [True]
    assert [one for one in items(world.officer) if one.what == "certificate"] == []
