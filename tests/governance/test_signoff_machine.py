"""Every order of drafting, asking, signing, refusing and waiting, beside a model too simple to be wrong."""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from governance.access import COMPLIANCE_OFFICER, ENGINEER, OWNER
from governance.errors import Refused
from governance.models import Document, Draft, LedgerEntry, SignoffRequest
from governance.proof.answers.inforce import Standing
from governance.selectors import ledger
from governance.selectors import signoff as select
from governance.selectors.ceremonies import gather
from governance.selectors.verification import verify
from governance.services import documents, people, signing, signoff
from governance.services.reauthentication import Proof
from tests.governance.cast import PASSWORD, REASON, World, policy_body
from tests.governance.conftest import found_with_notes

SIGNERS = {"owner": OWNER, "owner_two": OWNER, "officer": COMPLIANCE_OFFICER, "officer_two": COMPLIANCE_OFFICER}
AUTHORS = ("engineer", "engineer_two", "owner", "officer")
VALIDITY = timedelta(days=365)


@dataclass
class Asked:
    row: SignoffRequest
    by: str
    number: int
    signed: dict[str, str] = field(default_factory=dict)
    agreed: datetime | None = None
    ended: str = ""


@dataclass
class Paper:
    row: Document
    authors: set[str]
    requests: list[Asked] = field(default_factory=list)


class SignoffMachine(RuleBasedStateMachine):
    """One series of notes in one project; `enter` is set by the test."""

    enter: Callable[[], AbstractContextManager[World]]
    series: uuid.UUID
    drafts: Bundle = Bundle("drafts")

    @initialize()
    def begin(self) -> None:
        self.entered = self.enter()
        self.world: World = self.entered.__enter__()
        self.clock = time_machine.travel(datetime(2030, 1, 1, tzinfo=UTC), tick=False)
        self.traveller = self.clock.start()
        for name in ("owner", "officer"):
            people.role_grant(
                actor=self.world.owner_two,
                user=self.world.people[name],
                role=ENGINEER,
                project=self.world.project,
                proof=Proof(PASSWORD),
            )
        policy = self.world.policy
        for _ in range(2):  # a policy lives as long as the one before it says: the second of these ten years
            policy = documents.document_submit(
                actor=self.world.owner_two,
                project=None,
                kind="governance.policy",
                body=_policy(self.world),
                base=policy,
            )
            self.world.agree(policy, by=self.world.owner_two)
        self.papers: list[Paper] = []
        self.writers: dict[str, set[str]] = {}
        self.times: list[datetime] = []

    def teardown(self) -> None:
        if hasattr(self, "clock"):
            assert verify().code == 0
            self.clock.stop()
            self.entered.__exit__(None, None, None)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    @rule(target=drafts, author=st.sampled_from(AUTHORS))
    def draft(self, author: str) -> Draft:
        base = self.papers[-1].row if self.papers else None
        made = (
            self.world.draft(f"Note {len(self.writers)}", by=self.world.people[author], base=base)
            if base
            else (self.world.draft("Note 0", by=self.world.people[author]))
        )
        if not self.papers and self.writers:
            Draft.objects.filter(pk=made.pk).update(series=self.series)
            made.refresh_from_db()
        self.series = made.series
        self.writers[str(made.pk)] = {author}
        return made

    @rule(draft=drafts, author=st.sampled_from(AUTHORS))
    def edit(self, draft: Draft, author: str) -> None:
        draft.refresh_from_db()
        if draft.frozen_id:
            return
        documents.draft_edit(
            actor=self.world.people[author], draft=draft, revision=draft.revision, body={"title": f"By {author}"}
        )
        self.writers[str(draft.pk)].add(author)

    @rule(draft=drafts, author=st.sampled_from(AUTHORS))
    def freeze(self, draft: Draft, author: str) -> None:
        draft.refresh_from_db()
        if draft.frozen_id or len(self.papers) >= 3:
            return
        row = documents.draft_freeze(actor=self.world.people[author], draft=draft, revision=draft.revision)
        self.papers.append(Paper(row, self.writers[str(draft.pk)] | {author}))

    @rule(which=st.integers(0, 2), by=st.sampled_from(AUTHORS))
    def ask(self, which: int, by: str) -> None:
        paper = self._paper(which)
        if paper is None:
            return
        allowed = self.standing(paper) not in (Standing.PENDING, Standing.IN_FORCE)
        request = self._try(allowed, lambda: self.world.ask(paper.row, by=self.world.people[by]))
        if request is not None:
            paper.requests.append(Asked(request, by, len(self.times)))

    @rule(which=st.integers(0, 2), name=st.sampled_from(sorted(SIGNERS)))
    def sign(self, which: int, name: str) -> None:
        paper = self._paper(which)
        if paper is None or not paper.requests:
            return
        asked = paper.requests[-1]
        allowed = (
            self.standing(paper) is Standing.PENDING
            and name not in paper.authors
            and name != asked.by
            and name not in asked.signed
        )
        made = self._try(
            allowed,
            lambda: signing.sign(
                actor=self.world.people[name], request=asked.row, role=SIGNERS[name], password=PASSWORD, **REASON
            ),
        )
        if made is not None:
            asked.signed[name] = SIGNERS[name]
            if asked.agreed is None and set(asked.signed.values()) == {OWNER, COMPLIANCE_OFFICER}:
                asked.agreed = self.now

    @rule(which=st.integers(0, 2), name=st.sampled_from(sorted(SIGNERS)))
    def reject(self, which: int, name: str) -> None:
        self._end(
            which, "rejected", True, lambda a: signoff.reject(actor=self.world.people[name], request=a.row, reason="No")
        )

    @rule(which=st.integers(0, 2), name=st.sampled_from(AUTHORS))
    def withdraw(self, which: int, name: str) -> None:
        paper = self._paper(which)
        mine = paper is not None and bool(paper.requests) and paper.requests[-1].by == name
        self._end(which, "withdrawn", mine, lambda a: signoff.withdraw(actor=self.world.people[name], request=a.row))

    @rule(which=st.integers(0, 2))
    def revoke(self, which: int) -> None:
        paper = self._paper(which)
        if paper is None:
            return
        revocable = (Standing.PENDING, Standing.IN_FORCE, Standing.SUPERSEDED, Standing.EXPIRED)
        allowed = self.standing(paper) in revocable
        if self._try(
            allowed,
            lambda: signoff.revoke(
                actor=self.world.officer, document=paper.row, reason="It was wrong", proof=Proof(PASSWORD)
            ),
        ):
            for asked in paper.requests:
                asked.ended = "revoked"

    @rule(days=st.sampled_from([1, 100, 200]))
    def wait(self, days: int) -> None:
        self.traveller.shift(timedelta(days=days))

    @invariant()
    def the_service_says_what_the_model_says(self) -> None:
        for paper in getattr(self, "papers", ()):
            assert select.in_force(paper.row, None, self.now).standing is self.standing(paper)

    @invariant()
    def the_newest_requests_tell_what_the_whole_history_tells(self) -> None:
        rows = [paper.row for paper in getattr(self, "papers", ())]
        if rows:
            family, size = select._family(rows), ledger.size()
            whole = select._judged(family, gather(family, size), size, self.now)
            assert select.in_force_many(rows, size, self.now) == {row.digest: whole[row.digest] for row in rows}

    @invariant()
    def the_ledger_has_no_gap(self) -> None:
        if hasattr(self, "papers"):
            assert ledger.size() == LedgerEntry.objects.count()

    # -- the model ---------------------------------------------------------------------------------------------

    def standing(self, paper: Paper) -> Standing:
        if not paper.requests:
            return Standing.NOT_REQUESTED
        asked = paper.requests[-1]
        ends = {"revoked": Standing.REVOKED, "rejected": Standing.REJECTED, "withdrawn": Standing.WITHDRAWN}
        if asked.ended:
            return ends[asked.ended]
        if asked.agreed is None:
            return Standing.PENDING
        if self.now >= asked.agreed + VALIDITY:
            return Standing.EXPIRED
        later = [p for p in self.papers if p.row.number > paper.row.number]
        # A later version that was ever agreed supersedes, whatever became of it since.
        if any(asked.agreed for p in later for asked in p.requests):
            return Standing.SUPERSEDED
        return Standing.IN_FORCE

    def _paper(self, which: int) -> Paper | None:
        return self.papers[which % len(self.papers)] if self.papers else None

    def _try(self, allowed: bool, act):
        """Act; assert that it went as the model says, and that a refusal left one leaf and nothing else."""
        size = ledger.size()
        if allowed:
            return act()
        with pytest.raises(Refused):
            act()
        assert ledger.size() <= size + 1  # none when the actor was refused thirty times within the minute
        return None

    def _end(self, which: int, word: str, mine: bool, act) -> None:
        paper = self._paper(which)
        if paper is None or not paper.requests:
            return
        asked = paper.requests[-1]
        allowed = self.standing(paper) is Standing.PENDING and mine
        if self._try(allowed, lambda: act(asked)):
            asked.ended = word


def _policy(world: World) -> dict:
    body = policy_body("Long")
    body["rules"]["governance.policy"] = {"roles": {OWNER: 1, COMPLIANCE_OFFICER: 1}, "validity_days": 3650}
    return body


def test_every_history_of_sign_off_stands_as_the_model_says(stages, state, note_kind):
    enter = staticmethod(partial(stages.entered, found_with_notes, state))
    run_state_machine_as_test(type("Machine", (SignoffMachine,), {"enter": enter}), settings=_settings())


def _settings():
    return settings(
        max_examples=25,
        phases=[Phase.explicit, Phase.generate],
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
