"""When a document is in force: a pure rule over insert-only facts. Nothing anywhere stores "approved".

A document is in force at (ledger size, time) when one request for it gathered, under the policy the request
snapshotted, every role's number of valid signatures by distinct people none of whom is excluded, when that
agreement has not run out or lapsed, and when nobody revoked it. Once a later version was agreed it is superseded,
whatever became of that version: it stays what it was for runs whose permit was consumed, and admits no new one.

An agreement lapses when a task that a signature was given under is not done by its day (that signature lapses, and
with it the agreement if the rest do not suffice), or when a review that reopened it is not closed by its day.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum

from governance.proof.answers.quorum import Rule, complete, missing_roles, strong_enough


class Standing(str, Enum):
    """What can be said of a document's sign-off."""

    IN_FORCE = "in force"
    NOT_REQUESTED = "not submitted for signature"
    PENDING = "waiting for signatures"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    RAN_OUT = "not signed in time"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    REVOKED = "revoked"
    COMPROMISED = "signed with a compromised key"
    SUPERSEDED = "superseded"
    UNGOVERNED = "needs no signature"


REQUESTABLE = frozenset(
    {
        Standing.NOT_REQUESTED,
        Standing.REJECTED,
        Standing.WITHDRAWN,
        Standing.RAN_OUT,
        Standing.EXPIRED,
        Standing.LAPSED,
        Standing.REVOKED,
        Standing.COMPROMISED,
    }
)
"""The standings in which signatures may be asked for (again)."""

FALLEN = frozenset({Standing.REVOKED, Standing.COMPROMISED})
"""The standings that take back what was agreed: work that rests on it stops."""


@dataclass(frozen=True)
class Condition:
    """What a signature was given under; `met_at` and `met_seq` are set once somebody confirmed that it is met."""

    id: str
    kind: str
    text: str
    owner: str = ""
    due: datetime | None = None
    met_seq: int | None = None
    met_at: datetime | None = None

    def met(self, ledger_size: int) -> bool:
        """Return whether it was met by a ledger size."""
        return self.met_seq is not None and self.met_seq < ledger_size

    def lapses(self, ledger_size: int) -> datetime | None:
        """Return when the signature lapses by this condition: its due day, unless it was met by then."""
        in_time = self.met(ledger_size) and self.due is not None and self.met_at is not None and self.met_at <= self.due
        return None if self.kind != "task" or in_time else self.due


@dataclass(frozen=True)
class Signed:
    """A signature as a fact. `fault` is empty, or says why it does not count (bad signature, role not held…).

    `principal` is whom a delegate signed for, or empty. `compromised`: the one fault is that the key that made it was
    declared compromised by then.
    """

    signer: str
    role: str
    seq: int
    at: datetime
    fault: str = ""
    method: str = "password"
    principal: str = ""
    conditions: tuple[Condition, ...] = ()
    compromised: bool = False

    @property
    def people(self) -> frozenset[str]:
        """Everybody whose one signature this is."""
        return frozenset({self.signer, self.principal} - {""})


@dataclass(frozen=True)
class Review:
    """A review that reopened an agreement: unless it is closed by `due`, the agreement lapses then."""

    id: str
    seq: int
    due: datetime
    trigger: str = ""
    closed_seq: int | None = None
    closed_at: datetime | None = None

    @property
    def what(self) -> str:
        """Its trigger in words."""
        return self.trigger.replace("_", " ")

    def lapses(self, ledger_size: int) -> datetime | None:
        """Return when the agreement lapses by this review, or None when it was closed in time."""
        closed = self.closed_seq is not None and self.closed_seq < ledger_size
        return None if closed and self.closed_at is not None and self.closed_at <= self.due else self.due


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
    at: datetime | None = None

    @property
    def closes(self) -> datetime | None:
        """When the request runs out unless it is complete by then."""
        days = self.rule.request_days
        return self.at + timedelta(days=days) if self.at is not None and days is not None else None


@dataclass(frozen=True)
class InForce:
    """The answer, with everything somebody needs to understand or mend it.

    `since` and `until` are set whenever the agreement was complete, whatever ended it later. `agreed`: this request or
    an earlier one was complete once, so earlier versions are superseded. `closes` is when the request runs out.
    `lapses` is when the agreement lapses unless something is done, or lapsed; `why` says by what. `unmet` are the
    conditions that still hold back every act that would rest on the document.
    """

    standing: Standing
    since: datetime | None = None
    until: datetime | None = None
    request: str = ""
    signatures: tuple[Signed, ...] = ()
    missing: tuple[tuple[str, int], ...] = ()
    faults: tuple[str, ...] = ()
    closes: datetime | None = None
    lapses: datetime | None = None
    why: str = ""
    unmet: tuple[Condition, ...] = field(default=())
    agreed: bool = False

    @property
    def ok(self) -> bool:
        """True when new acts may rest on the document."""
        return self.standing is Standing.UNGOVERNED or (self.standing is Standing.IN_FORCE and not self.unmet)


def told(before: InForce, after: InForce) -> str:
    """Return what happened to a standing that changed, in words."""
    if after.standing is Standing.IN_FORCE:
        return "came into force"
    if before.standing is Standing.IN_FORCE:
        words = {
            Standing.EXPIRED: "its validity ran out",
            Standing.LAPSED: f"it lapsed: {after.why}",
            Standing.REVOKED: "its sign-off was revoked",
            Standing.SUPERSEDED: "a later version was agreed",
        }
        return words.get(after.standing, f"it is {after.standing.value}")
    return f"{before.standing.value}, then {after.standing.value}"


def in_force(
    ceremonies: Sequence[Ceremony],
    *,
    ledger_size: int,
    time: datetime,
    revoked_seqs: Sequence[int] = (),
    superseded: bool = False,
    reviews: Sequence[Review] = (),
) -> InForce:
    """Return the standing of a document at a ledger size and a time.

    `ceremonies` are all requests for it, `revoked_seqs` the entries that revoked it, `reviews` those that reopened it,
    `superseded` whether a later version had been agreed by then. Facts at or beyond `ledger_size` do not count. A
    revocation ends every ceremony that began before it; signing again needs a new request.
    """
    revoked = max((seq for seq in revoked_seqs if seq < ledger_size), default=-1)
    opened = [review for review in reviews if review.seq < ledger_size]
    best: InForce | None = None
    agreed = False
    for ceremony in sorted(ceremonies, key=lambda c: c.seq):
        if ceremony.seq >= ledger_size:
            continue
        found = _standing(ceremony, ledger_size, time, revoked, opened)
        agreed = agreed or found.since is not None
        stands = found.standing is Standing.IN_FORCE
        if best is None or best.standing is not Standing.IN_FORCE or stands:
            best = found
    if best is None:
        return InForce(Standing.NOT_REQUESTED)
    if best.standing is Standing.IN_FORCE and superseded:
        return InForce(Standing.SUPERSEDED, best.since, best.until, best.request, best.signatures, agreed=True)
    return replace(best, agreed=agreed)


def _standing(ceremony: Ceremony, ledger_size: int, time: datetime, revoked: int, reviews: Sequence[Review]) -> InForce:
    counted = tuple(
        _judge(ceremony, signed)
        for signed in sorted(ceremony.signatures, key=lambda s: s.seq)
        if signed.seq < ledger_size
    )
    missing = missing_roles(ceremony.rule, counted)
    faults = tuple(signed.fault for signed in counted if signed.fault) + ((ceremony.fault,) if ceremony.fault else ())
    valid = tuple(signed for signed in counted if not signed.fault)

    # The signature that completed the quorum dates the agreement; one more makes it no younger.
    place = complete(ceremony.rule, valid)
    since = valid[place - 1].at if place and not ceremony.fault else None
    until = since + timedelta(days=ceremony.rule.validity_days) if since else None
    agreed_seq = valid[place - 1].seq if place else -1
    lapses, why = _lapse(ceremony.rule, valid, ledger_size, [r for r in reviews if r.seq > agreed_seq])

    def answer(standing: Standing) -> InForce:
        return InForce(
            standing,
            since,
            until,
            ceremony.request,
            valid,
            missing,
            faults,
            closes=ceremony.closes,
            lapses=lapses if since else None,
            why=why if since else "",
            unmet=tuple(c for s in valid for c in s.conditions if c.kind == "gate" and not c.met(ledger_size)),
        )

    if ceremony.seq < revoked:
        return answer(Standing.REVOKED)
    if ceremony.rejected_seq is not None and ceremony.rejected_seq < ledger_size:
        return answer(Standing.REJECTED)
    if ceremony.withdrawn_seq is not None and ceremony.withdrawn_seq < ledger_size:
        return answer(Standing.WITHDRAWN)
    if until is None:
        if any(signed.compromised for signed in counted):
            return answer(Standing.COMPROMISED)
        over = ceremony.closes is not None and ceremony.closes <= time
        return answer(Standing.RAN_OUT if over else Standing.PENDING)
    if lapses is not None and lapses <= time and lapses < until:
        return answer(Standing.LAPSED)
    return answer(Standing.IN_FORCE if time < until else Standing.EXPIRED)


def _lapse(
    rule: Rule, valid: Sequence[Signed], ledger_size: int, reviews: Collection[Review]
) -> tuple[datetime | None, str]:
    """Return when the agreement lapses unless something is done, and by what; (None, "") when nothing is open."""
    ends = [
        (at, f"a review ({r.trigger.replace('_', ' ')}) was due")
        for r in reviews
        if (at := r.lapses(ledger_size)) is not None
    ]
    falls = {signed.seq: at for signed in valid if (at := _falls(signed, ledger_size)) is not None}
    for at in sorted(set(falls.values())):
        left = [signed for signed in valid if falls.get(signed.seq) is None or falls[signed.seq] > at]
        if missing_roles(rule, left):
            ends.append((at, "a condition of a signature was due"))
            break
    return min(ends, default=(None, ""), key=lambda end: end[0])


def _falls(signed: Signed, ledger_size: int) -> datetime | None:
    """Return when a signature lapses by a task that was not done in time."""
    return min((at for c in signed.conditions if (at := c.lapses(ledger_size)) is not None), default=None)


def _judge(ceremony: Ceremony, signed: Signed) -> Signed:
    if signed.fault:
        return signed
    if signed.people & ceremony.excluded:
        return replace(signed, fault="the signer is excluded (author or requester)")
    if signed.role not in ceremony.rule.asked:
        return replace(signed, fault="the policy asks for no signature in this role")
    if not strong_enough(signed.method, ceremony.rule.method):
        return replace(signed, fault=f"signed by {signed.method}, the policy asks for {ceremony.rule.method}")
    return signed
