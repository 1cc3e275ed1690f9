"""Deploying, rolling back and stopping, recorded when it happens or later; and what was running, as known when."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from governance.access import ENGINEER
from governance.errors import Conflict, Denied, Invalid
from governance.models import Document
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.services import documents, people
from governance.services.ledger import mutation
from governance.services.reauthentication import Proof
from tests.support.story import PASSWORD, Story
from tests.training import continuity
from tests.training.continuity import row
from tests.training.served import again, happened, serving_release
from training.bodies.continuity import DEPLOYMENT
from training.bodies.serving import EVENT
from training.selectors import safe, serving
from training.selectors.deployed import deployments as registered
from training.selectors.serving import Service
from training.services import deployments, incidents, rollbacks

DAY = timedelta(days=1)


@pytest.fixture
def served(story: Story) -> Story:
    again(serving_release(story))
    return story


def service(size: int | None = None) -> Service:
    (found,) = serving.services(_projects(), size)
    return found


def _projects() -> list:
    return list({d.project for d in Document.objects.filter(kind="training.deployment").select_related("project")})


def runs(when: datetime, size: int | None = None) -> str:
    found = service(size)
    answer = found.at(when)
    return found.name_of(answer.what) if answer.what else answer.state


def test_deployed_rolled_back_and_stopped_are_told_of_each_moment(served: Story) -> None:
    now = timezone.now()
    first, second = str(served["release"]), str(served["second"])
    assert runs(datetime(2026, 1, 9, tzinfo=UTC)) == "before"
    assert runs(now - 4 * DAY) == first
    happened(served, "deployed", now - 3 * DAY, "second")
    assert [str(one.origin.serves) for one in registered()] == [second]
    event = happened(served, "rolled back", now - 2 * DAY, "release", reason="It refused every claim.")
    assert {link.role for link in docs.references(event)} == {"deployment", "registered", "now", "before"}
    happened(served, "stopped", now - DAY)
    assert [runs(now - days * DAY) for days in (3.5, 2.5, 1.5, 0.5)] == [first, second, first, "nothing"]
    (deployment,) = registered()
    assert (str(deployment.origin.serves), deployment.body.until) == (first, f"{now - DAY:%Y-%m-%d}")
    assert deployment.body.since == "2026-01-10"
    happened(served, "deployed", now - DAY / 2, stated="something bought")
    assert runs(now) == "“something bought” (unproven origin)"
    assert not registered()[0].origin.proven


def test_what_became_known_later_changes_what_was_not_what_was_known(served: Story) -> None:
    now = timezone.now()
    happened(served, "deployed", now - DAY, "second")
    size = ledger.size()
    assert runs(now - 2 * DAY) == str(served["release"])
    happened(served, "stopped", now - 3 * DAY, reason="Nobody had written it down.")
    assert runs(now - 2 * DAY, size) == str(served["release"])
    found = service()
    answer = found.at(now - 2 * DAY)
    # One record says that nothing ran, a later moment's that the first release did until then.
    assert (answer.what, answer.hazy) == (served["release"].digest, True)
    assert runs(now) == str(served["second"])
    assert str(registered()[0].origin.serves) == str(served["second"]), "the register tells of the present"
    happened(served, "deployed", now - DAY, "second")
    assert runs(now - 2 * DAY) == "nothing"


def test_what_the_register_says_anew_began_nobody_knows_when(served: Story) -> None:
    """A register that names another release, and the same day since when the service is there, tells no moment."""
    asked = ledger.time_of(ledger.size())
    deployments.register(
        actor=served.people["engineer"], project=served.project, row=row(release=served["second"].digest)
    )
    found = service()
    answer = found.at(asked)
    assert (answer.state, answer.overlap) == ("unclear", False)
    assert {found.name_of(one) for one in answer.candidates} == {str(served["release"]), str(served["second"])}
    assert runs(timezone.now()) == str(served["second"])
    with pytest.raises(Invalid, match="leave open"):
        happened(served, "stopped", asked)
    happened(served, "deployed", asked, "second", before=served["release"].digest)
    assert runs(asked) == str(served["second"])
    assert runs(asked - timedelta(seconds=1)) == str(served["release"])


@pytest.mark.attack(
    name="record a deployment or a rollback that did not happen so",
    caught_by="it must be over, name what is of the project, and fit what the records say ran until then",
    unless="an owner or engineer of the project lies in fitting records: their name stands on each",
)
def test_events_that_cannot_be_are_refused_and_change_nothing(served: Story) -> None:
    now, size = timezone.now(), ledger.size()
    elsewhere = people.project_create(actor=served.people["owner"], name="Elsewhere")
    people.role_grant(
        actor=served.people["owner"], user=served.people["engineer"], role=ENGINEER, project=elsewhere,
        proof=Proof(PASSWORD),
    )  # fmt: skip
    (other,) = deployments.register(
        actor=served.people["engineer"], project=elsewhere, row=row(stated_base="small")
    ).documents
    size = ledger.size()
    for field, what, at, more in (
        ("at", "deployed", now + DAY, {"now": "second"}),
        ("now", "deployed", now, {}),
        ("now", "deployed", now, {"now": "release"}),
        ("now", "deployed", now, {"now": "thresholds"}),
        ("now", "rolled back", now, {"now": "second"}),
        ("now", "stopped", now, {"now": "second"}),
        ("stated", "deployed", now, {"now": "second", "stated": "something"}),
        ("at", "stopped", datetime(2026, 1, 9, tzinfo=UTC), {}),
        ("at", "deployed", datetime.min.replace(tzinfo=UTC), {"now": "second"}),
        ("before", "deployed", now, {"now": "second", "before": "something else"}),
        ("body.reason", "deployed", now, {"now": "second", "reason": ""}),
        ("body.what", "moved", now, {"now": "second"}),
    ):
        with pytest.raises(Invalid) as refused:
            happened(served, what, at, **more)
        assert refused.value.field == field, (what, more)
    with pytest.raises(Invalid) as refused:
        rollbacks.record(
            actor=served.people["engineer"], deployment=other, what="deployed", at=now, reason="x",
            now=served["second"],
        )  # fmt: skip
    assert (refused.value.field, ledger.size()) == ("now", size)
    with pytest.raises(Denied):
        happened(served, "stopped", now, who="expert")
    with pytest.raises(Denied, match="the system alone"):
        documents.document_submit(
            actor=served.people["engineer"], project=served.project, kind=EVENT,
            body={"what": "stopped", "at": "2026-02-01T00:00:00.000000Z", "reason": "x"},
            references=[{"role": "deployment", "digest": served["service"].digest}],
        )  # fmt: skip
    happened(served, "deployed", now, "second")
    with pytest.raises(Conflict):
        happened(served, "deployed", now, "second")


def test_a_forged_row_is_no_event(served: Story) -> None:
    now = timezone.now()
    event = happened(served, "deployed", now - DAY, "second")
    continuity.forged(event, what="stopped", at="2026-02-01T00:00:00.000000Z")
    assert runs(now - 2 * DAY) == str(served["release"])
    assert len(service().events) == 1


def test_two_registers_of_one_service_are_an_overlap(served: Story) -> None:
    """Registering makes one series of a name; where an older installation has two, the answer is neither."""
    engineer, body = served.people["engineer"], docs.envelope(served["service"]).body
    with mutation(actor=engineer, action="deployment.register", project=served.project) as m:
        documents.freeze(
            m, kind=KINDS[DEPLOYMENT], body=body, contributors=[engineer.actor], by=engineer,
            references=[{"role": "release", "digest": served["second"].digest}],
        )  # fmt: skip
    answer = service().at(timezone.now())
    assert (answer.state, answer.overlap) == ("unclear", True)


def judged(when: datetime | None = None, size: int | None = None) -> list[safe.Judged]:
    size, when = ledger.size() if size is None else size, when or timezone.now()
    found = service(size)
    named = [found.named[what] for what in safe.ran_before(found, when) if what in found.named]
    return safe.before(found, when, safe.know(named, size, when, serving.services(_projects(), size)))


def last() -> str:
    found = safe.last(judged())
    return found.what if found is not None else ""


def test_the_last_safe_version_is_the_last_release_without_a_shadow(served: Story) -> None:
    now = timezone.now()
    happened(served, "deployed", now - 3 * DAY, "second")
    first = served["release"].digest
    # It was superseded by the second of its line, and stays what one can go back to. It was agreed just now, though.
    (one,) = judged()
    assert (one.what, one.reasons) == (first, one.reasons[:1])
    assert "agreed on" in one.reasons[0]
    happened(served, "deployed", timezone.now(), stated="a trial")
    (newest, *_) = judged()
    assert (newest.what, newest.safe) == (served["second"].digest, True)
    assert safe.last(judged()) == newest


@pytest.mark.attack(
    name="have a release called the last safe version that an incident was traced to",
    caught_by="one rule asks marks, rollbacks and every sign-off below it each time; nothing stores it",
    unless="nobody records the incident",
)
def test_marks_rollbacks_and_revocations_make_a_release_unsafe(served: Story) -> None:
    at = timezone.now()
    happened(served, "deployed", at, "second")
    happened(served, "deployed", timezone.now(), stated="a trial")
    size, then = ledger.size(), timezone.now()
    assert [one.safe for one in judged()] == [True, True]
    mark = incidents.mark(
        actor=served.people["engineer"], release=served["second"], title="Refused every claim", seen_at=at,
        reason="It answered nothing but refusals.",
    )  # fmt: skip
    assert last() == served["release"].digest
    with pytest.raises(Denied):
        incidents.clear(actor=served.people["engineer"], mark=mark, reason="Never mind.")
    cleared = incidents.clear(actor=served.people["officer"], mark=mark, reason="The queue was at fault.")
    assert last() == served["second"].digest
    with pytest.raises(Conflict):
        incidents.clear(actor=served.people["officer"], mark=cleared, reason="Again.")
    known, moment_ = ledger.size(), timezone.now()
    continuity.revoke(served, "release")
    assert [one.safe for one in judged()] == [True, False], "a release does not rest on the one that it follows"
    assert [one.safe for one in judged(moment_, known)] == [True, True]
    happened(served, "rolled back", timezone.now(), "second", reason="The trial was over.")
    happened(served, "rolled back", timezone.now(), "release", reason="It was the model after all.")
    (second,) = (one for one in judged() if one.what == served["second"].digest)
    assert "It was the model after all." in second.reasons[0]
    continuity.revoke(served, "dataset")
    assert safe.last(judged()) is None
    assert any("rests on" in reason for one in judged() for reason in one.reasons)
    assert [one.safe for one in judged(then, size)] == [True, True], "as it was known then"


def test_marks_are_of_releases_and_of_what_is_over(served: Story) -> None:
    def mark(release: str, seen_at: datetime) -> None:
        incidents.mark(actor=served.people["engineer"], release=served[release], title="x", reason="y", seen_at=seen_at)

    with pytest.raises(Invalid, match="to come"):
        mark("second", timezone.now() + DAY)
    with pytest.raises(Invalid, match="expected a release"):
        mark("record", timezone.now())
    with pytest.raises(Invalid, match="expected an incident mark"):
        incidents.clear(actor=served.people["officer"], mark=served["second"], reason="z")
