"""How documents stood, by the policies, signatures and entries in evidence, by the rule that the server decides by.

What the evidence does not tell is not guessed: of a document whose policy, or whose excluded people, are not there, no
standing follows. That no later version was agreed, and nothing was revoked, shows only as far as the entries are there.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from governance.proof.answers import inforce
from governance.proof.answers.inforce import Ceremony, Condition, InForce, Review, Standing
from governance.proof.answers.quorum import GENESIS, Rule, rule_of
from governance.proof.checks.facts import Facts, Signed
from governance.proof.formats import dsse
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import (
    CONDITION_MET,
    DOCUMENT_REVOKED,
    JOB_ADMITTED,
    JOB_ARMED,
    JOB_ENDED,
    REQUEST_OPENED,
    REQUEST_REJECTED,
    REQUEST_WITHDRAWN,
    REVIEW_CLOSED,
    REVIEW_OPENED,
    Leaf,
)
from governance.proof.history import passkeys
from governance.proof.words.vocabulary import WAIVER, excluded, let_pass

POLICY = "governance.policy"
LAUNCHER = "launcher"
"""the group of those who launched what a document rests on, as policies name it"""
FREE = InForce(Standing.UNGOVERNED)
K_ = TypeVar("K_")
V_ = TypeVar("V_")


class NotToldError(Exception):
    """The evidence does not hold what a standing follows from."""


@dataclass(frozen=True)
class Moment:
    """As of when it is asked: what the ledger held, and the time."""

    size: int
    time: datetime


@dataclass(frozen=True)
class Standings:
    """The standings of a report's documents, from the facts of its evidence."""

    facts: Facts

    @cached_property
    def now(self) -> Moment:
        """As of when the report is."""
        facts = self.facts
        last = facts.last
        return Moment(facts.size, moment(last.time if last is not None else facts.evidence.report.created_at))

    def moment(self, time: datetime) -> Moment:
        """Return a time with what the evidence shows the ledger to have held then; no later than the report."""
        if time >= self.now.time:
            return self.now
        facts = self.facts
        told = (*facts.leaves.values(), *facts.around.values())
        return Moment(max((leaf.seq + 1 for leaf in told if moment(leaf.time) <= time), default=0), time)

    def at(self, digest: str, then: Moment | None = None) -> InForce | None:
        """Return how a document stood at a moment (default: the report's); None: that does not follow.

        It was superseded if the evidence shows a later version to have been agreed.
        """
        words = self.facts.words(digest)
        if words is None:
            return None
        return self._at(digest, then or self.now) if words.signed else FREE

    def governed(self, digest: str) -> bool:
        """Return whether the policy under which a document was agreed had been agreed itself, or that is not told."""
        found = self.at(digest)
        if found is None or not found.request:
            return True
        asked = next(leaf for leaf in self._requests[digest] if str(leaf.data.get("request")) == found.request)
        policy = asked.data.get("policy")
        if policy is None or any(policy in leaf.subjects for leaf in self.facts.of(DOCUMENT_REVOKED)):
            return True  # signatures that were revoked and given anew are left out
        stood = self.at(str(policy), Moment(asked.seq, moment(asked.time)))
        return stood is None or stood.agreed

    def told(self, digest: str) -> bool:
        """Return whether the evidence holds the policy of every request for a document."""
        try:
            kind = self.facts.documents[digest].kind
            return all(self._rule(kind, leaf.data.get("policy")) for leaf in self._requests.get(digest, ()))
        except NotToldError:
            return False

    def signed(self, found: InForce) -> list[Signed]:
        """Return the signatures that count in a standing, in the ledger's order."""
        by_entry = {one.leaf.seq: one for one in self.facts.signed}
        return [by_entry[one.seq] for one in found.signatures]

    def _at(self, digest: str, then: Moment) -> InForce | None:
        mine = self.facts.documents[digest]
        later = [one for one, other in self._versions[mine.series] if other > mine.number]
        try:
            overtaken = any(self._alone(one, then).agreed for one in later)
            return self._alone(digest, then, superseded=overtaken)
        except (NotToldError, KeyError, TypeError, ValueError):  # the rest: entries or a policy that nobody here wrote
            return None

    def _alone(self, digest: str, then: Moment, *, superseded: bool = False) -> InForce:
        """Return the standing by what is about one document alone. NotToldError: it does not follow."""
        asked = self._requests[digest]
        revoked = [leaf.seq for leaf in self._revoked[digest]]
        ceremonies = [self._ceremony(digest, leaf) for leaf in asked]
        found = inforce.in_force(
            ceremonies,
            ledger_size=then.size,
            time=then.time,
            revoked_seqs=revoked,
            superseded=superseded,
            reviews=self._reviews[digest],
        )
        last = max(revoked, default=-1)
        if then.size <= last and any(leaf.seq < min(last, then.size) for leaf in asked):
            # Of what was signed, revoked and signed anew, the first signatures are left out of the evidence.
            anew = inforce.in_force(ceremonies, ledger_size=self.now.size, time=self.now.time, revoked_seqs=revoked)
            if anew.standing is Standing.IN_FORCE:
                raise NotToldError(digest)
        return found

    def _ceremony(self, digest: str, leaf: Leaf) -> Ceremony:
        facts, request = self.facts, str(leaf.data.get("request"))
        rule = self._rule(facts.documents[digest].kind, leaf.data.get("policy"))
        given = [one for one in self._signatures[request] if digest in {each.digest for each in one.statement.subjects}]
        if any(self._fallen(one) for one in given):
            raise NotToldError(digest)  # which keys counted by then, later keyrings do not say
        return Ceremony(
            request=request,
            seq=leaf.seq,
            rule=rule,
            excluded=self._excluded(digest, leaf.actor, rule),
            signatures=tuple(self._signed(one) for one in given),
            rejected_seq=self._ended[REQUEST_REJECTED, request],
            withdrawn_seq=self._ended[REQUEST_WITHDRAWN, request],
            at=moment(leaf.time),
        )

    def _rule(self, kind: str, policy: object) -> Rule:
        if policy is None:
            if kind != POLICY:
                raise NotToldError(kind)
            return GENESIS
        document = self.facts.documents.get(str(policy))
        rules = document.body.get("rules") if document is not None and document.kind == POLICY else None
        said = rules.get(kind) if isinstance(rules, dict) else None
        if said is None:
            raise NotToldError(str(policy))
        return rule_of(said)

    def _signed(self, one: Signed) -> inforce.Signed:
        said, leaf = one.said, one.leaf
        return inforce.Signed(
            signer=said.signer,
            role=said.role,
            seq=leaf.seq,
            at=moment(leaf.time),
            method=said.method.kind,
            principal=said.on_behalf_of.signer if said.on_behalf_of else "",
            conditions=tuple(
                Condition(
                    each.id, each.kind, each.text, each.owner or "", moment(each.due) if each.due else None,
                    *self._met.get(each.id, (None, None)),
                )
                for each in said.conditions
            ),
        )  # fmt: skip

    def _excluded(self, digest: str, requester: str, rule: Rule) -> frozenset[str]:
        """Return who may not sign: authors, requester, launchers, and the groups that the policy names."""
        facts = self.facts
        document = facts.documents[digest]
        people, launched = {*document.contributors, requester}, set[str]()
        words = facts.words(digest)
        named = {link.digest for link in document.references}
        if words is not None and words.releases:
            launched |= named
        if document.kind == WAIVER:
            for link in document.references:
                if link.role == "spec":
                    passed = self._document(link.digest)
                    people |= {*passed.contributors}
                    roles = let_pass().get(passed.kind, ())
                    launched |= {link.digest, *(each.digest for each in passed.references if each.role in roles)}
        for group in rule.exclude:
            if group == LAUNCHER:
                launched |= self._below(digest)
            elif group in excluded():
                below = [self._document(one) for one in self._below(digest)]
                people |= {who for one in below if one.kind in excluded()[group] for who in one.contributors}
            else:
                raise NotToldError(group)
        return frozenset(people | {who for one in launched for who in self._launchers.get(one, ())})

    def _document(self, digest: str) -> Envelope:
        found = self.facts.documents.get(digest)
        if found is None:
            raise NotToldError(digest)
        return found

    def _below(self, digest: str) -> set[str]:
        """Return a document with all that it rests on."""
        found, frontier = set[str](), {digest}
        while frontier:
            found |= frontier
            frontier = {link.digest for one in frontier for link in self._document(one).references} - found
        return found

    def _fallen(self, one: Signed) -> bool:
        """Return whether the key or passkey that made a signature was declared compromised from before it on."""
        if one.said.passkey is not None:
            history = self._passkeys.get(one.said.passkey)
            return history is not None and history.reached(seq=one.leaf.seq, at=moment(one.leaf.time)) is not None
        entry = self.facts.keyring.entry(dsse.peek(one.envelope.encode()).keyid)
        return entry is not None and entry.compromised_at(one.leaf.seq)

    @cached_property
    def _passkeys(self) -> Mapping[str, passkeys.History]:
        return passkeys.read(self.facts.ordered)

    @cached_property
    def _versions(self) -> Mapping[str, Sequence[tuple[str, int]]]:
        """The versions of each series that are in the evidence, with their numbers."""
        return _listed((one.series, (digest, one.number)) for digest, one in self.facts.documents.items())

    @cached_property
    def _requests(self) -> Mapping[str, Sequence[Leaf]]:
        return _listed((digest, leaf) for leaf in self.facts.of(REQUEST_OPENED) for digest in leaf.subjects)

    @cached_property
    def _revoked(self) -> Mapping[str, Sequence[Leaf]]:
        return _listed((digest, leaf) for leaf in self.facts.of(DOCUMENT_REVOKED) for digest in leaf.subjects)

    @cached_property
    def _signatures(self) -> Mapping[str, Sequence[Signed]]:
        return _listed((one.said.request, one) for one in self.facts.signed)

    @cached_property
    def _ended(self) -> Mapping[tuple[str, str], int | None]:
        """The first entry that ended a request, by its event and the request."""
        found: dict[tuple[str, str], int | None] = defaultdict(lambda: None)
        for leaf in reversed(self.facts.of(REQUEST_REJECTED, REQUEST_WITHDRAWN)):
            found[leaf.event, str(leaf.data.get("request"))] = leaf.seq
        return found

    @cached_property
    def _met(self) -> Mapping[str, tuple[int, datetime]]:
        """When each condition was first confirmed to be met."""
        found: dict[str, tuple[int, datetime]] = {}
        for leaf in self.facts.of(CONDITION_MET):
            found.setdefault(str(leaf.data.get("condition")), (leaf.seq, moment(leaf.time)))
        return found

    @cached_property
    def _reviews(self) -> Mapping[str, Sequence[Review]]:
        """The reviews that reopened each document's agreement."""
        closed: dict[str, Leaf] = {}
        for leaf in self.facts.of(REVIEW_CLOSED):
            closed.setdefault(str(leaf.data.get("review")), leaf)
        found = []
        for leaf in self.facts.of(REVIEW_OPENED):
            name = str(leaf.data.get("review"))
            end = closed.get(name)
            ends = (end.seq, moment(end.time)) if end is not None else (None, None)
            review = Review(name, leaf.seq, moment(str(leaf.data.get("due"))), str(leaf.data.get("trigger")), *ends)
            found += [(digest, review) for digest in leaf.subjects]
        return _listed(found)

    @cached_property
    def _launchers(self) -> Mapping[str, Set[str]]:
        """Who launched each specification, or what made each output."""
        launched = self.facts.of(JOB_ADMITTED, JOB_ARMED)
        about = [(str(leaf.data.get("spec")), leaf.actor) for leaf in launched]
        by_job = _listed((str(leaf.data.get("job")), leaf.actor) for leaf in launched)
        for leaf in self.facts.of(JOB_ENDED):
            about += [(str(leaf.data.get("output")), who) for who in by_job[str(leaf.data.get("job"))]]
        return {what: {*people} - {"system"} for what, people in _listed(about).items()}


def _listed(pairs: Iterable[tuple[K_, V_]]) -> dict[K_, list[V_]]:
    """Return the values of each key, in their order."""
    found: dict[K_, list[V_]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found
