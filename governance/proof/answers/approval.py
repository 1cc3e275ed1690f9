"""Was it approved? By the release, and by what that rests on: one rule for page, API, command, report, verifier. Pure.

Approved is what a release of was in force, with its conditions met, and what a run stands behind that was accepted.
What it rests on may have been taken back or have run out all the same: that is told beside the word, which is another
then. Whether one can go back to it is `safety`.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from governance.proof.answers.behind import Behind
from governance.proof.answers.changed import FOLLOWS
from governance.proof.answers.inforce import InForce, Standing
from governance.proof.formats.envelope import Envelope

APPROVED: Final = "approved then"
PARTLY: Final = "approved then, not all that it rests on"
OVERTAKEN: Final = "overtaken then by a later release"
REFUSED: Final = "not approved then"
NO_RELEASE: Final = "no release"
UNMET: Final = "held back by a condition"
ENDED: Final = frozenset({Standing.EXPIRED, Standing.LAPSED, Standing.REVOKED, Standing.COMPROMISED})
"""the standings of what was agreed once, and is no more"""
STANDS: Final = frozenset({Standing.IN_FORCE, Standing.SUPERSEDED, Standing.UNGOVERNED})
"""those of what acts that began under it go on resting on"""


def word(found: Behind, release: InForce | None, *, proven: bool, shaken: bool) -> str:
    """Return whether something that ran was approved, in words; `shaken`: not all that it rests on was in force."""
    if not found.release:
        return NO_RELEASE
    if release is not None and release.standing is Standing.SUPERSEDED and proven:
        return OVERTAKEN
    if release is None or not release.ok or not proven:
        return REFUSED
    return PARTLY if shaken else APPROVED


def beneath(top: str, documents: Mapping[str, Envelope]) -> Iterator[str]:
    """Yield what a document rests on, each once, without itself and what it merely follows on."""
    seen, frontier = {top}, [top]
    while frontier:
        for link in documents[frontier.pop()].references:
            if link.digest not in seen and link.role != FOLLOWS:
                seen.add(link.digest)
                frontier.append(link.digest)
                yield link.digest


def shaken(found: Behind, documents: Mapping[str, Envelope], stood: Mapping[str, InForce]) -> list[str]:
    """Return what of all that something rests on was not in force, by how each stood (what has no standing: it was).

    That is what had been agreed and was no more, or was held back by a condition; and of what an answer names (data,
    contracts, plan, base model, waivers) also what nobody had agreed to yet. Data inside a standing approval needs no
    signature of its own.
    """
    bare = () if found.standing_approval else found.datasets
    named = {*bare, *found.contracts, found.standing_approval, *found.plan, found.base, *found.waivers} - {found.serves}
    return [
        digest
        for digest in beneath(found.serves, documents)
        if digest in stood and _weak(stood[digest], must=digest in named)
    ]


def was(stood: InForce) -> str:
    """Return how something stood that was not in force, in a word."""
    return UNMET if stood.standing is Standing.IN_FORCE else stood.standing.value


def refused(name: str) -> str:
    """Return what page one of a report says of something that was not approved."""
    return f"No release of {name} was in force then."


def rested(name: str, called: str, stood: InForce) -> str:
    """Return what page one of a report says of something below it that was not in force."""
    return f"{name} rests on {called}, which was not in force then: {was(stood)}."


def _weak(stood: InForce, *, must: bool) -> bool:
    unmet = stood.standing is Standing.IN_FORCE and bool(stood.unmet)
    return unmet or stood.standing in ENDED or (must and stood.standing not in STANDS)
