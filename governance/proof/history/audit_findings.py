"""Findings of auditors: what may be done with one, and how it stands, from ledger entries alone. Pure.

An auditor raises a finding on a record and names who answers for it; that owner answers; an auditor who neither owned
nor answered it closes it. After that nothing more is said of it: what is found later is a finding of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import Leaf

RAISED = "audit:finding:raised"
ANSWERED = "audit:finding:answered"
HANDED_OVER = "audit:finding:handed_over"
CLOSED = "audit:finding:closed"
EVENTS = (RAISED, ANSWERED, HANDED_OVER, CLOSED)

SEVERITIES = {
    "critical": "critical: the record cannot be relied on",
    "major": "major: the record may not be relied on until this is mended",
    "minor": "minor: a rule was not kept; the record can be relied on",
    "observation": "observation: no rule was broken; something could be better",
}
"""The gravest first, each in words."""
MENDED, ACCEPTED, UNFOUNDED = "mended", "accepted", "unfounded"
OUTCOMES = {
    MENDED: "mended: what was found is put right",
    ACCEPTED: "accepted: it stays as it is, and the answer says why that may be",
    UNFOUNDED: "unfounded: it is not as was found",
}
SUBJECT = "finding:"
ENTRY = "entry:"
"""what a record's name begins with that is a ledger entry"""


@dataclass(frozen=True)
class Act:
    """Something that was said of a finding: who, when, in which entry; to whom it went, or how it was closed."""

    event: str
    seq: int
    by: str
    at: datetime
    to: str = ""
    outcome: str = ""


@dataclass(frozen=True)
class Told:
    """A finding as the ledger tells it. People are their ledger identifiers; `record` is what it is pinned to."""

    identifier: str
    record: str
    project: str | None
    severity: str
    raised_by: str
    raised_at: datetime
    seq: int
    due: datetime
    owners: tuple[str, ...]
    acts: tuple[Act, ...] = ()

    @property
    def owner(self) -> str:
        """Who answers for it now."""
        return self.owners[-1]

    @property
    def answers(self) -> tuple[Act, ...]:
        """The answers so far, oldest first."""
        return tuple(act for act in self.acts if act.event == ANSWERED)

    @property
    def closing(self) -> Act | None:
        """The act that closed it, or None while it is open."""
        return next((act for act in self.acts if act.event == CLOSED), None)

    @property
    def state(self) -> str:
        """Return "open", "answered" (and not closed) or how it was closed."""
        if self.closing is not None:
            return self.closing.outcome
        return "answered" if self.answers else "open"

    @property
    def concerned(self) -> frozenset[str]:
        """Everybody who ever owned or answered it: none of them may close it."""
        return frozenset((*self.owners, *(act.by for act in self.answers)))

    def overdue(self, now: datetime) -> bool:
        """Return whether its day is over and it is not closed."""
        return self.closing is None and self.due <= now


def cannot_answer(told: Told, person: str) -> str:
    """Return why somebody cannot answer a finding; empty when they can."""
    if told.closing is not None:
        return "the finding is closed"
    return "" if person == told.owner else "somebody else answers for it"


def cannot_hand_over(told: Told, to: str) -> str:
    """Return why a finding cannot go to somebody; empty when it can."""
    if told.closing is not None:
        return "the finding is closed"
    if to == told.raised_by:
        return "they raised it: nobody answers for what they found themselves"
    return "they answer for it already" if to == told.owner else ""


def cannot_close(told: Told, person: str, outcome: str) -> str:
    """Return why somebody cannot close a finding with an outcome; empty when they can."""
    if told.closing is not None:
        return "the finding is closed"
    if person in told.concerned:
        return "you own or owned it, or answered it"
    return "" if told.answers or outcome == UNFOUNDED else "nobody has answered it"


def replay(leaves: Iterable[Leaf]) -> dict[str, Told]:
    """Return the findings that leaves, in the ledger's order, tell of, by identifier.

    An entry that the rules above would not have allowed counts for nothing.
    """
    found: dict[str, Told] = {}
    for leaf in leaves:
        if leaf.event in EVENTS:
            identifier = str(leaf.data["finding"])
            if leaf.event == RAISED:
                found.setdefault(identifier, _raised(leaf))
            elif identifier in found:
                found[identifier] = _after(found[identifier], leaf)
    return {key: told for key, told in found.items() if told.owner != told.raised_by}


def _raised(leaf: Leaf) -> Told:
    data = leaf.data
    record = next((subject for subject in leaf.subjects if not subject.startswith(SUBJECT)), "")
    return Told(
        identifier=str(data["finding"]),
        record=record,
        project=leaf.project,
        severity=str(data["severity"]),
        raised_by=leaf.actor,
        raised_at=moment(leaf.time),
        seq=leaf.seq,
        due=moment(str(data["due"])),
        owners=(str(data["owner"]),),
    )


def _after(told: Told, leaf: Leaf) -> Told:
    data: Mapping[str, object] = leaf.data
    act = Act(
        leaf.event, leaf.seq, leaf.actor, moment(leaf.time), str(data.get("to", "")), str(data.get("outcome", ""))
    )
    if leaf.event == ANSWERED:
        refused = cannot_answer(told, act.by)
    elif leaf.event == HANDED_OVER:
        refused = cannot_hand_over(told, act.to)
    else:
        refused = cannot_close(told, act.by, act.outcome)
    if refused:
        return told
    owners = (*told.owners, act.to) if leaf.event == HANDED_OVER else told.owners
    return replace(told, owners=owners, acts=(*told.acts, act))
