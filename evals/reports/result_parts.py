"""What a release dossier tells of the result it rests on: failures, what was right before, red team.

Counts are those that the result keeps. Single answers are graded again from their stored texts, as pages do; a case is
printed only if it is kept from nobody.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from evals.engine.failures import newly_wrong
from evals.selectors import failures, plans, sessions
from governance.errors import CountersignError
from governance.models import Document
from governance.proof.answers.talks import CRITICAL, PURPOSE, exchanges
from governance.proof.charts.counts import BEFORE
from governance.proof.sections import counts
from governance.proof.sections.blocks import Block, Column, Heading, Paragraph, Value, table
from governance.proof.sections.dossiers import EXAMPLES as EXAMPLES_BY_CASE
from governance.proof.sections.dossiers import (
    FIRST_FAILED,
    KEPT,
    NEVER,
    NO_FAILURE,
    NONE,
    SESSIONS,
    UNNAMED,
    UNREAD,
    against,
    unnamed,
)
from governance.reports.gathered import Gathered, Paper
from governance.reports.record import at
from governance.selectors import documents as docs

EXAMPLES: Final = 8
"""failures that are printed"""
LONGEST: Final = 500
"""characters of a question or an answer that are printed"""


def failing(result: Document) -> Iterator[Block]:
    """Where answers failed, by slice and criterion, and single ones where the cases are kept from nobody."""
    yield from counts.became(docs.display_body(result))
    yield Heading(EXAMPLES_BY_CASE)
    found = _looking(result)
    yield from [Paragraph(UNREAD)] if found is None else _examples(found)


def _examples(found: failures.Looking) -> Iterator[Block]:
    if not failures.development(found):
        yield Paragraph(KEPT)
        return
    wanted = [one for one in found.index.answers if one.outcome != "passed"][:EXAMPLES]
    rows: list[tuple[Value, ...]] = []
    for answer in found.read(wanted):
        said = answer.line.output if answer.line else "no answer came"
        why = "; ".join(f"{name}: {reason or 'not met'}" for name, met, _, reason in answer.grades if not met)
        rows.append((answer.case.id, _cut(answer.question), _cut(said), why or answer.looked.outcome))
    columns = (Column("Case", 14), Column("Asked", 30), Column("Answered", 30), Column("Why it failed", 26))
    yield table(FIRST_FAILED.format(len(rows)), columns, rows, NO_FAILURE)


def regression(result: Document) -> Iterator[Block]:
    """What was right before and is wrong now, against the baseline and the last release."""
    for role in BEFORE:
        yield Heading(against(role))
        before = docs.linked_one(result, role)
        if before is None:
            yield Paragraph(unnamed(role))
            continue
        yield from counts.moved(docs.display_body(result), role)
        if not _holdout(result):
            yield _named(_looking(result), _looking(before))


def _holdout(result: Document) -> bool:
    thresholds = docs.linked_one(result, "thresholds")
    cases = docs.linked_one(thresholds, "evaluation_set") if thresholds is not None else None
    return plans.purpose(cases) == "holdout"


def _named(now: failures.Looking | None, before: failures.Looking | None) -> Block:
    """Which cases were right before and are wrong now, where they are kept from nobody."""
    if now is None or before is None or not failures.development(now):
        return Paragraph(UNNAMED)
    wrong = newly_wrong(before.index, now.index)
    return Paragraph(f"Newly wrong: {', '.join(wrong[:40]) or 'none'}{' and more' if len(wrong) > 40 else ''}.")


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
    return _looking(result) is not None


def _looking(result: Document | None) -> failures.Looking | None:
    """Return a result to be looked through; None where its answers are not as frozen, or it was never accepted."""
    if result is None:
        return None
    try:
        found = failures.looking(result)
        found.check_grades()
    except CountersignError:  # disposed of, altered, or graded otherwise than the texts deserve
        return None
    return found


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
