"""As of a moment: the past is told as it was, whatever happened since."""

import random
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from governance import policy, registry
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.errors import CountersignError, Invalid
from governance.models import Document, LedgerEvent, Review, SignoffRequest
from governance.proof.answers.inforce import Standing
from governance.selectors import as_of, ledger
from governance.selectors import documents as docs
from governance.selectors import signoff as select
from governance.services import documents, people, reviews, signoff
from governance.services.checkpoints import checkpoint_make
from governance.services.reauthentication import Proof
from tests.governance import tampering
from tests.governance.cast import NOTE, PASSWORD, policy_body

DAY = timedelta(days=1)


class History:
    """A random history of a project; `told` keeps what was true after each step, as it was told then."""

    def __init__(self, world, seed: int) -> None:
        self.world, self.draw, self.now = world, random.Random(seed), timezone.now()
        self.told: list[tuple[datetime, dict[str, tuple], str | None]] = []

    def run(self, steps: int) -> None:
        acts = [self.reject, self.withdraw, self.revoke, self.review, self.close, self.dismiss, self.reform]
        acts += [*[self.write] * 2, *[self.ask] * 3, *[self.sign] * 6]
        for _ in range(steps):
            self.now += self.draw.choice([timedelta(minutes=5), DAY, DAY, 12 * DAY])
            with time_machine.travel(self.now, tick=False), suppress(CountersignError, IndexError):
                self.draw.choice(acts)()
            with time_machine.travel(self.now, tick=False):
                governing = select.policy_in_force(self.world.project)
                self.told.append((self.now, standings(), governing.digest if governing else None))

    def some(self, rows):
        return self.draw.choice(list(rows))

    def write(self) -> None:
        old = Document.objects.filter(kind=NOTE)
        base = self.some([*old, None, None])
        documents.document_submit(
            actor=self.world.engineer, project=self.world.project, kind=NOTE, base=base,
            body={"title": self.draw.choice(["Note", "High"])},
        )  # fmt: skip

    def ask(self) -> None:
        self.world.ask(self.some(Document.objects.filter(kind=NOTE)))

    def waiting(self) -> SignoffRequest:
        rows = SignoffRequest.objects.filter(rejection=None, withdrawal=None).order_by("-seq")
        found: SignoffRequest = self.some(rows[:3])
        return found

    def sign(self) -> None:
        officers, owners = ("officer", "officer_two"), ("owner", "owner_two")
        by, role = self.draw.choice([*((o, OWNER) for o in owners), *((o, COMPLIANCE_OFFICER) for o in officers)])
        self.world.sign(self.waiting(), self.world.people[by], role)

    def reject(self) -> None:
        signoff.reject(actor=self.world.owner, request=self.waiting(), reason="No")

    def withdraw(self) -> None:
        signoff.withdraw(actor=self.world.engineer, request=self.waiting())

    def revoke(self) -> None:
        self.world.revoke(self.some(Document.objects.filter(kind=NOTE)))

    def review(self) -> None:
        reviews.open_review(
            actor=self.world.officer, document=self.some(Document.objects.filter(kind=NOTE)), trigger="drift",
            due=self.now + 15 * DAY, reason="It drifts",
        )  # fmt: skip

    def close(self) -> None:
        review = self.some(Review.objects.filter(closed=None))
        reviews.close(actor=self.world.officer, review=review, finding="Fine", proof=Proof(PASSWORD))

    def dismiss(self) -> None:
        held = self.world.officer_two.grants.filter(revocation=None).first()
        if held:
            people.role_revoke(actor=self.world.owner, grant_id=str(held.pk))
        else:
            people.role_grant(
                actor=self.world.owner,
                user=self.world.officer_two,
                role=COMPLIANCE_OFFICER,
                project=None,
                proof=Proof(PASSWORD),
            )

    def reform(self) -> None:
        tier = self.draw.choice(["standard", "high"])
        made = documents.document_submit(
            actor=self.world.owner_two, project=None, kind=policy.KIND, body=policy_body(tier=tier)
        )
        self.world.agree(made, by=self.world.owner_two)


def standings(size=None, time=None) -> dict[str, tuple]:
    there = Document.objects.filter(kind__in=[NOTE, policy.KIND])
    if size is not None:
        there = there.filter(seq__lt=size)
    found = select.in_force_many(there, size, time)
    return {
        digest: (one.standing, one.since, one.until, one.request, tuple(s.seq for s in one.signatures))
        for digest, one in found.items()
    }


@pytest.fixture
def tiers(monkeypatch):
    """A project is of the high tier while the newest version of a note of its is called "High"."""

    def tiers(projects, size):
        return {d.project_id: "high" for d in docs.heads_in(projects, NOTE, size) if d.title == "High"}

    monkeypatch.setattr(registry, "TIERS_OF", [tiers])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_past_is_told_as_it_was_told_then(world, tiers, seed) -> None:
    history = History(world, seed)
    history.run(60)
    kinds: set[Standing] = set()
    with time_machine.travel(history.now + DAY, tick=False):
        for time, told, governing in history.told:
            then = as_of.at(time)
            assert standings(then.size, then.time) == told
            frozen = as_of.frozen_by(Document.objects.filter(kind=NOTE), then)
            found = as_of.answer(frozen, then, governed=[world.project])
            assert {d.document.digest: d.standing.standing for d in found.lines} == {
                d.digest: told[d.digest][0] for d in frozen
            }
            assert (found.policy and found.policy.digest) == governing
            kinds |= {one[0] for one in told.values()}
    assert len(kinds) >= 3


def test_a_moments_size_is_found_by_the_entries_times(world) -> None:
    times = []
    for number in range(5):
        with time_machine.travel(timezone.now() + number * DAY, tick=False):
            world.note(f"Note {number}")
            times.append((timezone.now(), ledger.size()))
    with time_machine.travel(timezone.now() + 10 * DAY):
        for time, size in times:
            assert as_of.size_at(time) == size
            assert as_of.size_at(time - timedelta(microseconds=1)) < size
            assert as_of.size_at(time + timedelta(hours=1)) == size
        assert as_of.size_at(timezone.now() - timedelta(days=10_000)) == 0
        assert as_of.size_at(timezone.now()) == ledger.size()


def test_two_queries_find_it_however_long_the_ledger(world, django_assert_num_queries) -> None:
    for number in range(20):
        world.note(f"Note {number}")
    with django_assert_num_queries(3):  # the size, the search, the entries around it
        as_of.size_at(timezone.now() - timedelta(seconds=1))


def test_an_altered_index_is_noticed(world) -> None:
    before = timezone.now()
    with time_machine.travel(before + DAY, tick=False):
        world.note()
    LedgerEvent.objects.filter(pk=ledger.size() - 1).update(at=before - DAY)
    with time_machine.travel(before + 2 * DAY), pytest.raises(ledger.LeafCorrupt, match="rebuild_indexes"):
        as_of.at(before + timedelta(hours=1))


def test_a_moment_to_come_cannot_be_asked(world) -> None:
    with pytest.raises(Invalid):
        as_of.at(timezone.now() + DAY)


def test_who_signed_how_and_under_which_policy_is_told_by_the_statements(world) -> None:
    note = world.note()
    request = world.agree(note)
    checkpoint = checkpoint_make()
    world.officer.printed_name = "Somebody Else"
    world.officer.save()
    (line,) = as_of.answer([note], as_of.at(timezone.now())).lines
    assert [(s.printed_name, s.role, s.method) for s in line.signers] == [
        ("Owner", OWNER, "server-attested (password)"),
        ("Officer", COMPLIANCE_OFFICER, "server-attested (password)"),
    ]
    assert line.policy == request.policy == world.policy
    assert as_of.at(timezone.now()).checkpoint == checkpoint
    world.note("Later")
    assert as_of.at(timezone.now()).checkpoint is None


def test_what_changed_between_two_moments(world) -> None:
    one, two, began = world.note("One"), world.note("Two"), timezone.now()
    with time_machine.travel(began + DAY, tick=False):
        world.agree(one)
    with time_machine.travel(began + 2 * DAY, tick=False):
        world.agree(two)
        world.revoke(one)
    with time_machine.travel(began + 3 * DAY, tick=False):
        first, second, third = (as_of.at(began + days * DAY + timedelta(hours=1)) for days in (0, 1, 2))
        assert [(c.document, c.why) for c in as_of.answer([one, two], second, since=first).changes or ()] == [
            (one, "came into force")
        ]
        assert {(str(c.document), c.why) for c in as_of.answer([one, two], third, since=second).changes or ()} == {
            ("One v1", "its sign-off was revoked"), ("Two v1", "came into force"),
        }  # fmt: skip


def test_a_signature_row_deleted_since_is_missed_in_the_past_too(world) -> None:
    """Past and present are computed from the same evidence: who removes it changes both, and verify_ledger tells."""
    note = world.note()
    world.agree(note)
    then = as_of.at(timezone.now())
    with tampering.owner():
        tampering.run("DELETE FROM governance_report")
        tampering.run("DELETE FROM governance_signature WHERE seq = %s" % (ledger.size() - 2))
    assert as_of.answer([note], then).lines[0].standing.standing is not Standing.IN_FORCE
