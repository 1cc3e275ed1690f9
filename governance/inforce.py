"""When a document is in force: a pure rule over insert-only facts. Nothing anywhere stores "approved".

A document is in force at (ledger size, time) when one request for it gathered, under the policy the request
snapshotted, every role's number of valid signatures by distinct people none of whom is excluded, when that
agreement has not run out, and when nobody revoked it. Once a later version was agreed it is superseded, whatever
became of that version: it stays what it was for runs whose permit was consumed, and admits no new one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

METHODS = ("password", "passkey")
"""How a person can sign, the weakest first."""


class Standing(str, Enum):
    """What can be said of a document's sign-off."""

    IN_FORCE = "in force"
    NOT_REQUESTED = "not submitted for signature"
    PENDING = "waiting for signatures"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    UNGOVERNED = "needs no signature"


@dataclass(frozen=True)
class Rule:
    """What a policy asks for one kind: how many of each role, for how long, and the weakest method that counts."""

    roles: Mapping[str, int]
    validity_days: int
    method: str = "password"


@dataclass(frozen=True)
class Signed:
    """A signature as a fact. `fault` is empty, or says why it does not count (bad signature, role not held…)."""

    signer: str
    role: str
    seq: int
    at: datetime
    fault: str = ""
    method: str = "password"


@dataclass(frozen=True)
class Ceremony:
    """One request for one document: its rule, who may not sign, the signatures, and how it ended if it did."""

    request: str
    seq: int
    rule: Rule
    excluded: frozenset[str]
    signatures: tuple[Signed, ...]
    rejected_seq: int | None = None
    withdrawn_seq: int | None = None
    fault: str = ""


@dataclass(frozen=True)
class InForce:
    """The answer, with everything somebody needs to understand or mend it.

    `since` and `until` are set whenever the agreement was complete, whatever ended it later.
    """

    standing: Standing
    since: datetime | None = None
    until: datetime | None = None
    request: str = ""
    signatures: tuple[Signed, ...] = ()
    missing: tuple[tuple[str, int], ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True when new acts may rest on the document."""
        return self.standing in (Standing.IN_FORCE, Standing.UNGOVERNED)


def missing_roles(rule: Rule, signatures: Sequence[Signed]) -> tuple[tuple[str, int], ...]:
    """Return the roles still needed and how many of each; one person counts for one role only."""
    have: dict[str, set[str]] = {}
    people: set[str] = set()
    for signed in signatures:
        if not signed.fault and signed.signer not in people:
            people.add(signed.signer)
            have.setdefault(signed.role, set()).add(signed.signer)
    lacking = ((role, count - len(have.get(role, ()))) for role, count in sorted(rule.roles.items()))
    return tuple((role, count) for role, count in lacking if count > 0)


def in_force(
    ceremonies: Sequence[Ceremony],
    *,
    ledger_size: int,
    time: datetime,
    revoked_seqs: Sequence[int] = (),
    superseded: bool = False,
) -> InForce:
    """Return the standing of a document at a ledger size and a time.

    `ceremonies` are all requests for it, `revoked_seqs` the entries that revoked it, `superseded` whether a later
    version had been agreed by then. Facts at or beyond `ledger_size` do not count. A revocation ends every ceremony
    that began before it; signing again needs a new request.
    """
    revoked = max((seq for seq in revoked_seqs if seq < ledger_size), default=-1)
    best: InForce | None = None
    for ceremony in sorted(ceremonies, key=lambda c: c.seq):
        if ceremony.seq >= ledger_size:
            continue
        found = _standing(ceremony, ledger_size, time, revoked)
        if best is None or not best.ok or found.ok:
            best = found
    if best is None:
        return InForce(Standing.NOT_REQUESTED)
    if best.standing is Standing.IN_FORCE and superseded:
        return InForce(Standing.SUPERSEDED, best.since, best.until, best.request, best.signatures)
    return best


def _standing(ceremony: Ceremony, ledger_size: int, time: datetime, revoked: int) -> InForce:
    counted = tuple(
        _judge(ceremony, signed)
        for signed in sorted(ceremony.signatures, key=lambda s: s.seq)
        if signed.seq < ledger_size
    )
    missing = missing_roles(ceremony.rule, counted)
    faults = tuple(signed.fault for signed in counted if signed.fault) + ((ceremony.fault,) if ceremony.fault else ())
    valid = tuple(signed for signed in counted if not signed.fault)

    # The signature that completed the quorum dates the agreement; one more makes it no younger.
    complete = next((i for i in range(1, len(valid) + 1) if not missing_roles(ceremony.rule, valid[:i])), None)
    since = valid[complete - 1].at if complete and not ceremony.fault else None
    until = since + timedelta(days=ceremony.rule.validity_days) if since else None

    def answer(standing: Standing) -> InForce:
        return InForce(standing, since, until, ceremony.request, valid, missing, faults)

    if ceremony.seq < revoked:
        return answer(Standing.REVOKED)
    if ceremony.rejected_seq is not None and ceremony.rejected_seq < ledger_size:
        return answer(Standing.REJECTED)
    if ceremony.withdrawn_seq is not None and ceremony.withdrawn_seq < ledger_size:
        return answer(Standing.WITHDRAWN)
    if until is None:
        return answer(Standing.PENDING)
    return answer(Standing.IN_FORCE if time < until else Standing.EXPIRED)


def _judge(ceremony: Ceremony, signed: Signed) -> Signed:
    if signed.fault:
        return signed
    if signed.signer in ceremony.excluded:
        return replace(signed, fault="the signer is excluded (author or requester)")
    if signed.role not in ceremony.rule.roles:
        return replace(signed, fault="the policy asks for no signature in this role")
    if not strong_enough(signed.method, ceremony.rule.method):
        return replace(signed, fault=f"signed by {signed.method}, the policy asks for {ceremony.rule.method}")
    return signed


def strong_enough(method: str, wanted: str) -> bool:
    """Return whether a method of signing is at least the wanted one; an unknown method never is."""
    return method in METHODS and wanted in METHODS and METHODS.index(method) >= METHODS.index(wanted)
