"""The last safe version of a service, by one rule.

Safe is a release that ran here before and of which all of this is so, as far as the ledger holds it at a size and time:

- a run stands behind it that was accepted under a consumed permit;
- it had its release sign-off by the end of the time it ran, and that sign-off has neither been taken back nor run out,
  lapsed or left a condition open (a later release of the same line does not make it unsafe);
- nothing that it rests on was revoked;
- no incident mark stands on it;
- it was not rolled back from, in any service of the project, unless it ran there again since, by whatever record.

The last safe version at a moment is the last of them that ran before what ran then.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from evals import documents as evals
from governance.models import Document
from governance.proof.answers import approval, safety
from governance.proof.answers import behind as stands
from governance.proof.answers.inforce import InForce
from governance.proof.answers.running import Span
from governance.selectors import documents as docs
from governance.selectors import signoff, told
from training.kinds import tuning as kinds
from training.selectors import serving
from training.selectors.serving import Happened, Mark, Service

MADE: Final = (kinds.RUN_RECORD, evals.RESULT)
"""what a consumed permit must stand behind"""


@dataclass(frozen=True)
class Judged:
    """Something that ran here, when it last did, and why it is not safe; no reasons: it is.

    `told_by` are marks of it, and rollbacks from it, by what is known; `below` tells what of all that it rests on is
    not in force, though that alone does not keep anybody from going back to it.
    """

    name: str
    what: str
    document: Document | None
    span: Span
    reasons: tuple[str, ...]
    told_by: tuple[Document, ...] = ()
    below: tuple[str, ...] = ()

    @property
    def safe(self) -> bool:
        """Whether it may be gone back to."""
        return not self.reasons

    @property
    def word(self) -> str:
        """Whether it is safe, in a word."""
        return safety.UNSAFE if self.reasons else safety.PARTLY if self.below else safety.SAFE

    @property
    def told(self) -> str:
        """Whether it is safe, and why not."""
        return safety.told(self.reasons, self.below)


@dataclass(frozen=True)
class Known:
    """What the rule is asked of: releases with all they rest on, how each stands, which runs were accepted, the marks,
    and what was rolled back from and ran there no more since.
    """

    below: Mapping[str, Document]
    standing: Mapping[str, InForce]
    accepted: Collection[str]
    marks: Mapping[str, Sequence[Mark]]
    rolled_back: Mapping[str, Sequence[Happened]]

    @cached_property
    def called(self) -> Mapping[str, str]:
        """The titles of the documents, by digest."""
        return {digest: str(document) for digest, document in self.below.items()}

    def shaken(self, document: Document) -> list[Document]:
        """Return what of all that a document rests on is not in force; see `approval.shaken`."""
        below = docs.Envelopes(self.below)
        found = approval.shaken(stands.behind(document.digest, below), below, self.standing)
        return [self.below[digest] for digest in found]


def know(documents: Collection[Document], ledger_size: int, as_known: datetime, services: Sequence[Service]) -> Known:
    """Return what is known of some documents at a ledger size and time. A constant number of queries beyond the depth
    of what they rest on. `services` are all those of the documents' projects, read at that size.
    """
    below = docs.closure(documents)
    projects = {document.project for document in documents}
    return Known(
        below,
        signoff.in_force_many(below.values(), ledger_size, as_known),
        told.outputs([d for d in below.values() if d.kind in MADE], ledger_size),
        serving.marks(projects, ledger_size),
        _rolled_back(services, as_known),
    )


def ran_before(service: Service, time: datetime) -> dict[str, Span]:
    """Return what ran in a service before what ran at a time, the last last, with when it last did."""
    return safety.ran_before(service.spans, service.at(time).candidates, time)


def before(service: Service, time: datetime, known: Known) -> list[Judged]:
    """Return what ran in a service before what ran at a time, the last first, each judged; all of it is `known`."""
    found = []
    for what, span in reversed(ran_before(service, time).items()):
        document = service.named.get(what)
        reasons = unsafe(document, known, span) if document is not None else (safety.UNPROVEN,)
        told_by = [mark.document for mark in known.marks.get(what, ())]
        told_by += [event.document for event in known.rolled_back.get(what, ())]
        shaken = known.shaken(document) if document is not None else []
        below = tuple(f"{one} ({approval.was(known.standing[one.digest])})" for one in shaken)
        found.append(Judged(service.name_of(what), what, document, span, reasons, tuple(told_by), below))
    return found


def last(judged: Iterable[Judged]) -> Judged | None:
    """Return the last safe version among what ran `before`."""
    return next((one for one in judged if one.safe), None)


def unsafe(document: Document, known: Known, span: Span | None = None) -> tuple[str, ...]:
    """Return why a document is not safe to run; without any reason it is, by the rule above."""
    if document.kind != kinds.RELEASE:
        return (safety.NO_RELEASE,)
    record = next((link.digest for link in docs.references(document) if link.role == "run_record"), "")
    return (
        *(() if record in known.accepted else (safety.NO_RUN,)),
        *safety.unsigned(known.standing[document.digest], span),
        *safety.fallen(document.digest, docs.Envelopes(known.below), known.standing, known.called),
        *_marked(known.marks.get(document.digest, ())),
        *(safety.back(event.at, event.body.reason) for event in known.rolled_back.get(document.digest, ())),
    )


def _marked(marks: Iterable[Mark]) -> Iterable[str]:
    return (safety.marked(mark.body.title) for mark in marks if mark.body.stands)


def _rolled_back(services: Iterable[Service], known: datetime) -> dict[str, list[Happened]]:
    """Return what was rolled back from in a service and ran there no more since, with those rollbacks."""
    found: dict[str, list[Happened]] = {}
    for service in services:
        for what, event in safety.rolled_back(service.counting, service.spans, known).items():
            found.setdefault(what, []).append(event)
    return found
