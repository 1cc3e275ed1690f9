"""What a service ran at a moment, from what was recorded of it. Pure.

Records are claims: from some moment on this served, and so long before it that did. A claim's moment may be known
exactly, or only to lie between two others (a register tells days, and what it says anew began some time since it was
last asked). Claims may be recorded long after what they tell of; which are known, the caller decides.

The answer is never guessed: where the claims leave two things possible, both are named.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal

NOTHING: Final = ""
NEVER: Final = datetime.min.replace(tzinfo=UTC)

State = Literal["runs", "nothing", "before", "unclear"]


@dataclass(frozen=True)
class Claim:
    """That `what` served from a moment between `earliest` and `latest` on (equal: exactly then).

    `what` is any name of it, NOTHING when the service stopped. `seq` is the ledger entry that tells of it; what is
    not exact a register tells, in the order of what began. `instead_of` is what it took the place of, NOTHING where
    that is not said. `source` names the record, for whoever asks.
    """

    what: str
    earliest: datetime
    latest: datetime
    seq: int
    instead_of: str = NOTHING
    source: str = ""

    @property
    def exact(self) -> bool:
        """Whether its moment is known."""
        return self.earliest == self.latest


@dataclass(frozen=True)
class Answer:
    """What ran: one thing (`state` "runs"), nothing, nothing yet ("before"), or one of several ("unclear").

    `candidates` are what may have run, the likeliest last; `claims` what says so, in the order of their moments.
    `overlap`: two records contradict each other; otherwise an unclear answer is a change whose moment nobody recorded.
    `hazy`: it is one thing, and on which moment it began or ended is not known exactly.
    """

    state: State
    candidates: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    overlap: bool = False
    hazy: bool = False

    @property
    def what(self) -> str | None:
        """The one thing that ran, or None."""
        return self.candidates[0] if self.state == "runs" else None


@dataclass(frozen=True)
class Span:
    """That the answer is the same from `begins` until `ends` (None: further on)."""

    begins: datetime
    ends: datetime | None
    answer: Answer


def settled(claims: Collection[Claim]) -> list[Claim]:
    """Return the claims that count, in the order of their moments.

    Of several about one exact moment the last known counts. A claim between two moments gives way to an exact one of
    the same thing within them, unless something else may have run between the two: then it may tell of another time.
    What took its place at an exact moment says that it had begun by then, unless that may have run from before.
    """
    exact: dict[datetime, Claim] = {}
    for claim in sorted((c for c in claims if c.exact), key=lambda c: c.seq):
        exact[claim.latest] = claim
    moments = sorted(exact.values(), key=lambda c: c.latest)
    between = [c for c in claims if not c.exact]
    found = list(moments)
    for claim in between:
        inside = [e for e in moments if claim.earliest <= e.latest <= claim.latest]
        others = [c for c in between if c is not claim]
        if inside and _tells_of(inside, claim, others):
            continue
        gone = [
            e.latest
            for e in inside
            if e.instead_of == claim.what != NOTHING
            and claim.earliest < e.latest
            and not _may_have_run(claim.what, e.latest, [*moments, *others], moments)
        ]
        found.append(replace(claim, latest=min([claim.latest, *gone])))
    return sorted(found, key=lambda c: (c.latest, c.seq))


def _tells_of(moments: Sequence[Claim], claim: Claim, others: Collection[Claim]) -> bool:
    """Whether the last of the exact `moments` is the beginning that `claim` tells of.

    It may be an earlier one, if one of them took its place, or if of something else the register tells that may have
    begun between the two.
    """
    last = moments[-1]
    return (
        last.what == claim.what
        and not any(e.instead_of in (claim.what, NOTHING) for e in moments[:-1])
        and not any(
            c.earliest < last.latest if _told(c) > _told(claim) else c.latest > last.latest
            for c in others
            if c.what != claim.what
        )
    )


def _may_have_run(what: str, until: datetime, claims: Collection[Claim], moments: Collection[Claim]) -> bool:
    """Whether by `claims` it may have run just before `until`: nothing else began since, at an exact moment."""
    return any(
        c.what == what
        and c.earliest < until
        and not any(c.latest <= e.latest < until and e.what != what for e in moments)
        for c in claims
    )


def _newest(claims: Sequence[Claim], begun: Sequence[Claim]) -> list[Claim]:
    """Return those of `claims` after which nothing of `begun` began for sure, by moments or by the register's order."""
    inexact = [c for c in begun if not c.exact]
    exact = max((c.latest for c in begun if c.exact), default=NEVER)
    earliest = max((c.earliest for c in inexact), default=NEVER)
    told = max((_told(c) for c in inexact), default=(-1, False))
    return [
        c
        for c in claims
        if not (exact > c.latest or earliest >= c.latest if c.exact else exact >= c.latest or told > _told(c))
    ]


def _told(claim: Claim) -> tuple[int, bool]:
    """Return where the register tells of it: its end last of what one version says."""
    return claim.seq, claim.what == NOTHING


def at(claims: Sequence[Claim], time: datetime) -> Answer:
    """Return what ran at a time by claims that are `settled`.

    It is what may have begun by then, and after which nothing else began for sure.
    """
    begun = [c for c in claims if c.latest <= time]
    says = _newest([c for c in claims if c.earliest <= time], begun)
    following = next((c for c in claims if c.latest > time), None)
    disputed = (
        following is not None
        and bool(says)
        and following.exact
        and following.instead_of != NOTHING
        and following.instead_of not in {c.what for c in says}
    )
    names = [c.what for c in says]
    if disputed and following is not None:
        names.append(following.instead_of)
        says.append(following)
    candidates = tuple(dict.fromkeys(name for name in names if name != NOTHING))
    if not candidates:
        return Answer("nothing" if begun else "before", claims=tuple(says))
    if len(candidates) > 1:
        return Answer("unclear", candidates, tuple(says), overlap=disputed)
    hazy = disputed or len(set(names)) > 1 or any(c.latest > time for c in says)
    return Answer("runs", candidates, tuple(says), hazy=hazy)


def together(answers: Collection[Answer]) -> Answer:
    """Return the one answer of several records of one service: if they name two things, it is unclear which."""
    found = list(answers)
    if len(found) == 1:
        return found[0]
    candidates = tuple(dict.fromkeys(name for one in found for name in one.candidates))
    claims = tuple(claim for one in found if one.candidates for claim in one.claims)
    if not candidates:
        state: State = "nothing" if any(one.state == "nothing" for one in found) else "before"
        return Answer(state, claims=tuple(claim for one in found for claim in one.claims))
    if len(candidates) == 1:
        return Answer("runs", candidates, claims, hazy=any(one.hazy for one in found))
    return Answer("unclear", candidates, claims, overlap=sum(bool(one.candidates) for one in found) > 1)


def spans(claims: Collection[Sequence[Claim]]) -> list[Span]:
    """Return all that ran by the settled claims of each record, from the first moment to the last, the first first."""
    moments = sorted({moment for record in claims for c in record for moment in (c.earliest, c.latest)})
    found: list[Span] = []
    for begins, ends in zip(moments, [*moments[1:], None], strict=True):
        answer = together([at(record, begins) for record in claims])
        if found and _same(found[-1].answer, answer):
            found[-1] = replace(found[-1], ends=ends, answer=answer if found[-1].answer.hazy else found[-1].answer)
        else:
            found.append(Span(begins, ends, answer))
    return found


def _same(one: Answer, other: Answer) -> bool:
    return (one.state, set(one.candidates), one.overlap) == (other.state, set(other.candidates), other.overlap)
