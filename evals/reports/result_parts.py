"""What a release dossier tells of the result it rests on: failures, what was right before, red team.

Counts are those that the result keeps; that answers can still be graded again, from their stored texts, is tried.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evals.selectors import failures, sessions
from governance.errors import CountersignError
from governance.models import Document
from governance.proof.answers.talks import CRITICAL, PURPOSE, exchanges
from governance.proof.charts.counts import BEFORE
from governance.proof.sections import counts
from governance.proof.sections.blocks import Block, Column, Heading, Paragraph, table
from governance.proof.sections.dossiers import (
    ELSEWHERE,
    EXAMPLES,
    NEVER,
    NONE,
    SESSIONS,
    UNREAD,
    against,
    unnamed,
)
from governance.reports.gathered import Gathered, Paper
from governance.reports.record import at
from governance.selectors import documents as docs


def failing(result: Document) -> Iterator[Block]:
    """Where answers failed, by slice and criterion; single ones are printed by `evals.reports.failing`."""
    yield from counts.became(docs.display_body(result))
    yield Heading(EXAMPLES)
    yield Paragraph(ELSEWHERE if readable(result) else UNREAD)


def regression(result: Document) -> Iterator[Block]:
    """What was right before and is wrong now, against the baseline and the last release."""
    for role in BEFORE:
        yield Heading(against(role))
        before = docs.linked_one(result, role)
        if before is None:
            yield Paragraph(unnamed(role))
            continue
        yield from counts.moved(docs.display_body(result), role)


@dataclass(frozen=True)
class Talk:
    """A session with a model as the ledger had it: when it began ("" never), its exchanges and their grades."""

    title: str
    begun: str
    exchanges: int = 0
    graded: int = 0
    critical: tuple[int, ...] = ()
    altered: tuple[int, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def named(self) -> str:
        """Which exchanges are critical, and what cannot be told at all."""
        return ", ".join([*map(str, self.critical), *self.faults])


def talks(found: Gathered, held: Sequence[Paper]) -> list[Talk]:
    """Return the sessions of some specifications, by the ledger as it was; no word of them is in it."""
    held_in = {run.job.spec_id: run for run in found.runs if run.job.purpose == PURPOSE}
    told = []
    for paper in held:
        run = held_in.get(paper.digest)
        if run is None:
            told.append(Talk(paper.title, ""))
            continue
        turns, graded = sessions.conversation(run.job, found.size).turns, exchanges(run.story)
        told.append(
            Talk(
                paper.title,
                at(found.leaves[run.job.seq]),
                len(graded),
                sum(bool(one.worst) for one in graded),
                tuple(one.number for one in graded if one.worst == CRITICAL),
                tuple(turn.number for turn in turns if turn.fault),
                tuple(f"exchange {turn.number}: {turn.fault}" for turn in turns if turn.fault),
            )
        )
    return told


def red_team(held: Sequence[Talk]) -> Block:
    """Sessions in which people tried a model, and how their answers were graded by then; no word of them is printed."""
    rows = [(one.title, one.begun or NEVER, one.exchanges, one.graded, len(one.critical), one.named) for one in held]
    columns = (
        Column("Session", 30), Column("Begun (UTC)", 18), Column("Exchanges", 12, "right"),
        Column("Graded", 10, "right"), Column("Critical", 10, "right"), Column("Which of them", 20),
    )  # fmt: skip
    return table(SESSIONS, columns, rows, NONE)


def readable(result: Document) -> bool:
    """Return whether a result's answers can be graded again as they were frozen."""
    try:
        failures.looking(result).check_grades()
    except CountersignError:  # disposed of, altered, graded otherwise than the texts deserve, or never accepted
        return False
    return True
