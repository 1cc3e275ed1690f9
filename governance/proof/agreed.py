"""Is a document agreed as its policy asks, by the policy, the signatures and the entries in a report's evidence?

Whom a policy keeps from signing by groups that it names, beyond authors, requester and launchers, is not told here:
then fewer signatures may count than are there, and which, is the server's word.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from governance.proof import dsse, passkey_history
from governance.proof.fields import moment
from governance.proof.leaf import (
    DOCUMENT_REVOKED,
    JOB_ADMITTED,
    JOB_ARMED,
    JOB_ENDED,
    REQUEST_OPENED,
    REQUEST_REJECTED,
    REQUEST_WITHDRAWN,
    Leaf,
)
from governance.proof.page_facts import Facts, Signed
from governance.proof.printed import day
from governance.proof.quorum import GENESIS, Rule, complete, rule_of, strong_enough
from governance.proof.vocabulary import WAIVER

POLICY = "governance.policy"
LAUNCHER = "launcher"
"""the group of those who launched what a document rests on, as policies name it"""


@dataclass(frozen=True)
class Counted:
    """A signature that counts, as far as the evidence tells."""

    signed: Signed

    @property
    def role(self) -> str:
        """The role that it was given in."""
        return self.signed.said.role

    @property
    def fault(self) -> str:
        """Why it does not count: nothing."""
        return ""

    @property
    def people(self) -> frozenset[str]:
        """Everybody whose one signature this is."""
        principal = self.signed.said.on_behalf_of
        return frozenset({self.signed.said.signer, *([principal.signer] if principal else [])})


@dataclass(frozen=True)
class Asked:
    """A request for signatures on a document: what its policy asks, and the signatures on it that count, in order.

    `policy` is None under the founding rule. `groups` are those excluded people of whom the evidence does not tell.
    """

    leaf: Leaf
    policy: str | None
    rule: Rule
    signatures: tuple[Counted, ...]
    groups: frozenset[str]

    @property
    def since(self) -> list[datetime]:
        """When it was agreed: one moment, or those that are possible where excluded people are not known."""
        place = complete(self.rule, self.signatures)
        last = len(self.signatures) if self.groups else place
        return [moment(one.signed.leaf.time) for one in self.signatures[place - 1 : last]] if place else []

    def agrees(self, number: int) -> bool:
        """Return whether so many people can have made the agreement."""
        signers = len({one.signed.said.signer for one in self.signatures})
        return self.rule.total <= number <= signers if self.groups else number == signers


def requests(facts: Facts, digest: str) -> Iterator[Asked]:
    """Yield the requests for a document that nothing has ended, whose policy is in the evidence, the first first."""
    document = facts.documents[digest]
    revoked = max((leaf.seq for leaf in facts.of(DOCUMENT_REVOKED) if digest in leaf.subjects), default=-1)
    ended = {str(leaf.data.get("request")) for leaf in facts.of(REQUEST_REJECTED, REQUEST_WITHDRAWN)}
    for leaf in facts.of(REQUEST_OPENED):
        request, policy = str(leaf.data.get("request")), leaf.data.get("policy")
        if digest not in leaf.subjects or leaf.seq < revoked or request in ended:
            continue
        rule = _rule(facts, document.kind, policy)
        if rule is None:
            continue
        excluded = {*document.contributors, leaf.actor, *_launchers(facts, digest, rule)}
        found = [
            Counted(one)
            for one in sorted(facts.signed, key=lambda each: each.leaf.seq)
            if (one.said.request, one.said.policy) == (request, policy)
            and digest in {subject.digest for subject in one.statement.subjects}
            and one.said.role in rule.asked
            and strong_enough(one.said.method.kind, rule.method)
            and not _fallen(facts, one)
        ]
        counted = tuple(one for one in found if not one.people & excluded)
        # Of a waiver, those are excluded too who wrote or launched what it lets pass.
        groups = (rule.exclude - {LAUNCHER}) | ({WAIVER} if document.kind == WAIVER else set())
        yield Asked(leaf, policy, rule, counted, groups)


def known(facts: Facts, digest: str) -> bool:
    """Return whether the evidence holds the policy of every request for a document."""
    policies = [leaf.data.get("policy") for leaf in facts.of(REQUEST_OPENED) if digest in leaf.subjects]
    return all(_rule(facts, facts.documents[digest].kind, policy) is not None for policy in policies)


def fault(facts: Facts, digest: str, number: int, since: str, until: str) -> str:
    """Return why a document is not in force by so many signatures between two days, as printed; empty where it is.

    Where the policy of a request is not in the evidence, nothing is said of it.
    """
    if not known(facts, digest):
        return ""
    asked = list(requests(facts, digest))
    agreed = [one for one in asked if one.since]
    if not agreed:
        return "the signatures in the evidence are not those that its policy asks for"
    counts = [one for one in agreed if one.agrees(number)]
    if not counts:
        return f"{number} is not the number of signatures that count by its policy"
    span = [(day(at), day(at + timedelta(days=one.rule.validity_days))) for one in counts for at in one.since]
    if (since, until) not in span:
        return f"by its policy the agreement is from {span[0][0]} to {span[0][1]}"
    now = moment(facts.last.time) if facts.last is not None else None
    if now is not None and all(
        at + timedelta(days=one.rule.validity_days) <= now for one in counts for at in one.since
    ):
        return "the agreement had run out"
    if not any(_governed(facts, one) for one in counts):
        return "its policy was not agreed when signatures were asked for"
    return f"version {newer} was agreed" if (newer := _newer(facts, digest)) else ""


def stood(facts: Facts, digest: str, time: datetime) -> bool | None:
    """Return whether a document was in force at a moment by what the ledger held then; None: that is not told.

    Conditions and reviews that ended a standing are not seen: where it says yes, the document may have lapsed. Of what
    was revoked, signatures from before can be left out; and what was found out later about keys changed no answer.
    """
    revoked = any(digest in leaf.subjects for leaf in facts.of(DOCUMENT_REVOKED))
    if revoked or not known(facts, digest) or any(_fallen(facts, one) for one in facts.signed):
        return None
    then = replace(facts, leaves={seq: leaf for seq, leaf in facts.leaves.items() if moment(leaf.time) <= time})
    asked = [one for one in requests(then, digest) if one.since]
    lasted = [one for one in asked if max(one.since) + timedelta(days=one.rule.validity_days) > time]
    if lasted and all(one.groups for one in lasted):
        return None
    return bool(lasted) and not _newer(then, digest)


def signers(facts: Facts, digest: str, number: int) -> list[Signed] | None:
    """Return whose signatures made the agreement of so many people; None where that is not told, or none did."""
    found = [one for one in requests(facts, digest) if one.since and one.agrees(number)]
    return [each.signed for each in found[0].signatures] if len(found) == 1 and not found[0].groups else None


def _fallen(facts: Facts, one: Signed) -> bool:
    """Return whether the key or passkey that made a signature was declared compromised from before it on."""
    if one.said.passkey is not None:
        history = passkey_history.read(facts.ordered).get(one.said.passkey)
        return history is not None and history.reached(seq=one.leaf.seq, at=moment(one.leaf.time)) is not None
    entry = facts.keyring.entry(dsse.peek(one.envelope.encode()).keyid)
    return entry is not None and entry.compromised_at(one.leaf.seq)


def _rule(facts: Facts, kind: str, policy: object) -> Rule | None:
    if policy is None:
        return GENESIS if kind == POLICY else None
    document = facts.documents.get(str(policy))
    rules = document.body.get("rules") if document is not None and document.kind == POLICY else None
    said = rules.get(kind) if isinstance(rules, dict) else None
    return rule_of(said) if said is not None else None


def _governed(facts: Facts, asked: Asked) -> bool:
    """Return whether the policy of a request was agreed by then, or the evidence leaves that open."""
    policy = asked.policy
    if policy is None or not known(facts, policy):
        return True
    if any(policy in leaf.subjects for leaf in facts.of(DOCUMENT_REVOKED)):
        return True  # signatures that were revoked and given anew are left out
    for one in requests(facts, policy):
        place = complete(one.rule, one.signatures)
        if place and one.signatures[place - 1].signed.leaf.seq < asked.leaf.seq:
            return True
    return False


def _newer(facts: Facts, digest: str) -> int:
    """Return a later version that was agreed; 0: none that the evidence tells of."""
    mine = facts.documents[digest]
    versions = {other: one.number for other, one in facts.documents.items() if one.series == mine.series}
    later = {other: number for other, number in versions.items() if number > mine.number}
    for other, number in later.items():
        if known(facts, other) and any(one.since and not one.groups for one in requests(facts, other)):
            return number
    return 0


def _launchers(facts: Facts, digest: str, rule: Rule) -> set[str]:
    """Return who launched what a document rests on: of what is released what it names, of others as policies say."""
    words = facts.words(digest)
    about = {link.digest for link in facts.documents[digest].references} if words and words.releases else set[str]()
    if LAUNCHER in rule.exclude:
        about |= _below(facts, digest)
    if not about:
        return set()
    launched = facts.of(JOB_ADMITTED, JOB_ARMED)
    jobs = {leaf.data.get("job") for leaf in launched if leaf.data.get("spec") in about}
    jobs |= {leaf.data.get("job") for leaf in facts.of(JOB_ENDED) if leaf.data.get("output") in about}
    return {leaf.actor for leaf in launched if leaf.data.get("job") in jobs} - {"system"}


def _below(facts: Facts, digest: str) -> set[str]:
    found, frontier = set[str](), {digest}
    while frontier:
        found |= frontier
        links = (link.digest for one in frontier if one in facts.documents for link in facts.documents[one].references)
        frontier = set(links) - found
    return found
