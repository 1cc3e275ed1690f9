"""The ledger's only writer: every mutation of governed facts runs inside `mutation`.

Order, always: take the lock, read the time, ask the access table, compare facts, write rows, append leaves, commit.
Slow checks happen before and leave evidence to compare. When a rule refuses, everything is rolled back and the
refusal itself is appended in a transaction of its own.
"""

import logging
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.functional import cached_property

from governance import access, events
from governance.errors import Finding, NotFound, Refused
from governance.models import LedgerEntry, LedgerEvent, LedgerOpening, LedgerSubject, Project, User
from governance.proof.formats import leaf as leaves
from governance.proof.formats import merkle
from governance.proof.formats.fields import rfc3339
from governance.services import clock, head
from governance.services.locked import Locked, ledger_lock

log = logging.getLogger(__name__)
SYSTEM = "system"
REFUSALS_PER_MINUTE = 30
_ENTRY = ("seq", "leaf", "leaf_hash", "nodes", "root")
_EVENT = ("entry", "event", "actor", "project", "at")
_SUBJECT = ("entry", "subject")
_OPENING = ("entry", "salt", "private")
KIND_OF_REFUSAL = {
    "access": events.REFUSAL_ACCESS,
    "token scope": events.REFUSAL_ACCESS,
    "re-authentication": events.REFUSAL_IDENTITY,
    "permit": events.REFUSAL_PERMIT,
}


class NothingAppended(AssertionError):
    """A mutation ended without a leaf: a programming error, rolled back."""


class Unchanged(Exception):
    """Raised inside a mutation when nothing needs changing after all: rolls back, and the caller carries on."""


@dataclass
class Mutation:
    """An open mutation: the ledger is locked before anything is read or written in it."""

    actor: User | None
    project: Project | None
    action: str
    held: Locked
    reading: head.Reading
    system: str = SYSTEM
    appended: list[int] = field(default_factory=list)

    @property
    def actor_id(self) -> str:
        """The actor as leaves name them."""
        return self.actor.actor if self.actor else self.system

    @cached_property
    def _end(self) -> head.Head:
        return self.reading.answer(self.held.rows)

    @cached_property
    def _clock(self) -> tuple[datetime, int | None]:
        return clock.now_after(self._end.time)

    @cached_property
    def tree(self) -> merkle.Frontier:
        """The ledger's tree; it grows by each leaf."""
        return self._end.tree.copy()

    @property
    def time(self) -> datetime:
        """The mutation's time: the clock's when the lock was held, never earlier than the entry before."""
        return self._clock[0]

    @property
    def size(self) -> int:
        """The ledger's size before the next leaf, which is that leaf's seq."""
        return self.tree.size

    @property
    def root(self) -> bytes:
        """The head of the tree as it stands."""
        return self.tree.root()

    def append(
        self,
        event: str,
        *,
        subjects: Sequence[str] = (),
        data: Mapping[str, Any] | None = None,
        private: Mapping[str, Any] | None = None,
    ) -> int:
        """Append one leaf and return its seq.

        `subjects` are digests or "noun:random id"; `data` holds identifiers, digests and numbers only; whatever
        could name a person goes into `private`, of which the leaf holds a salted commitment.

        Raises:
            NotInVocabulary: `data` is not what `events` says of the event.
        """
        # What takes no look at the ledger's end comes first: whoever looks at it makes everybody else wait.
        events.check(event, data or {})
        salt = secrets.token_bytes(leaves.SALT_SIZE)
        commitment = leaves.commit(salt, private) if private else None
        seq, (time, misbehaved) = self.size, self._clock
        made = leaves.Leaf(
            v=1 if misbehaved is None else 2,
            seq=seq,
            time=rfc3339(time),
            event=event,
            actor=self.actor_id,
            project=str(self.project.id) if self.project else None,
            subjects=list(subjects),
            data=dict(data or {}),
            commitment=commitment,
            clock=misbehaved,
        )
        content = made.to_bytes()
        digest = merkle.leaf_hash(content)
        nodes = b"".join(self.tree.append(digest))
        self.held.insert(
            (LedgerEntry, _ENTRY, [(seq, content, digest, nodes, self.root)]),
            (LedgerEvent, _EVENT, [(seq, event, made.actor, made.project, time)]),
            (LedgerSubject, _SUBJECT, [(seq, subject) for subject in made.subjects]),
            (LedgerOpening, _OPENING, [(seq, salt, dict(private))] if private else []),
        )
        self.appended.append(seq)
        return seq


@contextmanager
def mutation(
    *, actor: User | None, action: str, project: Project | None = None, subjects: Sequence[str] = ()
) -> Iterator[Mutation]:
    """Open a mutation by `actor` (None: the system itself, for acts no person asks for).

    `action` is asked of the access table and named in a refusal; `subjects` are what a refusal is about.

    Raises:
        Refused, Denied, NotFound: as the access table or the body says; recorded on the ledger, nothing changed.
    """
    with refusals_recorded(actor=actor, action=action, project=project, subjects=subjects):
        reading = head.Reading()
        with ledger_lock(reading.question) as held:
            opened = _open(held, reading, actor, action, project)
            if actor is not None:
                access.require(actor, action, project)
            yield opened
            if not opened.appended:
                raise NothingAppended(f"the mutation {action!r} appended nothing to the ledger")
        head.remember(opened.tree, opened.time)


def admit(*, actor: User, action: str, project: Project | None, subjects: Sequence[str] = ()) -> None:
    """Ask the access table before anything slow is read; the mutation that follows asks again.

    Raises:
        Denied, NotFound: as the access table says; recorded on the ledger as a mutation records it.
    """
    with refusals_recorded(actor=actor, action=action, project=project, subjects=subjects):
        access.require(actor, action, project)


@contextmanager
def refusals_recorded(
    *, actor: User | None, action: str, project: Project | None, subjects: Sequence[str] = ()
) -> Iterator[None]:
    """Put on the ledger what the body refuses, and let the refusal go on. Nothing may be locked by then."""
    try:
        yield
    except Refused as refusal:
        record_refusal(actor=actor, action=action, project=project, subjects=subjects, findings=refusal.findings)
        raise
    except NotFound:
        if actor is not None and project is not None and not access.roles_of(actor, project):
            hidden = Finding("access", "no role in the project", "a role in the project", "Ask its owner.", "owner")
            record_refusal(actor=actor, action=action, project=project, subjects=subjects, findings=[hidden])
        raise


def record_refusal(
    *,
    actor: User | None,
    action: str,
    project: Project | None,
    findings: Sequence[Finding],
    subjects: Sequence[str] = (),
    by: str = SYSTEM,
) -> int | None:
    """Append a refusal in a transaction of its own and return its seq, or None when the actor is over the limit.

    `by` names who asked when it was no person ("runner"). Whoever is refused more than REFUSALS_PER_MINUTE times a
    minute fills the log file, not the ledger.
    """
    checks = {finding.check for finding in findings}
    kind = next((event for check, event in KIND_OF_REFUSAL.items() if checks == {check}), events.REFUSAL_RULE)
    reading = head.Reading()
    with ledger_lock(reading.question) as held:
        opened = _open(held, reading, actor, action, project, system=by)
        recent = LedgerEvent.objects.filter(
            actor=opened.actor_id, event__startswith="refusal:", at__gt=opened.time - timedelta(minutes=1)
        ).count()
        if recent >= REFUSALS_PER_MINUTE:
            log.warning("refused %s to %s: %s (over the limit, not on the ledger)", action, opened.actor_id, findings)
            return None
        return opened.append(
            kind,
            subjects=subjects,
            data={"action": action, "checks": sorted(checks)},
            private={"findings": [f.as_dict() for f in findings]},
        )


def _open(
    held: Locked,
    reading: head.Reading,
    actor: User | None,
    action: str,
    project: Project | None,
    *,
    system: str = SYSTEM,
) -> Mutation:
    return Mutation(actor=actor, project=project, action=action, held=held, reading=reading, system=system)
