"""What a release dossier tells of the result it rests on: differences, failures, what was right before, red team.

Single answers are graded again from their stored texts, as pages do; a case is printed only if it is kept from nobody.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from evals.engine.comparisons import Comparison, Difference
from evals.engine.failures import Moved, moved
from evals.engine.fields import ALL
from evals.engine.metric_names import metric as known_metric
from evals.reports.words import difference, metric
from evals.selectors import arms, failures, sessions
from governance.errors import CountersignError
from governance.models import Document
from governance.proof.answers.talks import CRITICAL, PURPOSE, exchanges
from governance.proof.charts.figures import ForestChart, ForestRow, StackChart
from governance.proof.charts.intervals import Interval
from governance.proof.sections.blocks import Block, Column, Heading, Paragraph, Value, table
from governance.proof.sections.dossiers import (
    BECAME,
    BEFORE,
    EVERY_DIFFERENCE,
    FIRST_FAILED,
    KEPT,
    LESS,
    MISSED,
    NEVER,
    NO_FAILURE,
    NONE,
    SESSIONS,
    UNPAIRED,
    UNREAD,
    against,
    held_against,
    lost,
    unnamed,
)
from governance.proof.sections.dossiers import EXAMPLES as EXAMPLES_BY_CASE
from governance.reports.gathered import Gathered, Paper
from governance.reports.record import at
from governance.selectors import documents as docs

EXAMPLES: Final = 8
"""failures that are printed"""
LONGEST: Final = 500
"""characters of a question or an answer that are printed"""


def differences(result: Document) -> list[Block]:
    """How the result differs from the baseline it was judged beside, paired case by case, as pages tell it."""
    found = _compared(result)
    if found is None:
        return [Paragraph(UNPAIRED)]
    told = sorted(found.items(), key=lambda one: (one[0][0] != ALL, one[0]))
    drawn = [
        ForestRow(metric(name), "all cases" if piece == ALL else piece, _interval(one), absent="no bounds")
        for (piece, name), one in told
        if one.how == "difference" and known_metric(name).bounded
    ]
    rows: list[tuple[Value, ...]] = [
        (metric(name), "all cases" if piece == ALL else piece, one.how, *difference(name, one), one.n, one.said)
        for (piece, name), one in told
    ]  # fmt: skip
    columns = (
        Column("Metric", 21), Column("Slice", 14), Column("How", 10), Column("Value", 13, "right"),
        Column("Bounds", 18, "right"), Column("Cases", 8, "right"), Column("What that tells", 16),
    )  # fmt: skip
    chart = [ForestChart(LESS, tuple(drawn), "difference")] if drawn else []
    return [*chart, table(EVERY_DIFFERENCE, columns, rows)]


def headline(result: Document, name: str) -> Difference | None:
    """Return how the result differs from its baseline in a metric over all cases; None where that cannot be told."""
    return (_compared(result) or {}).get((ALL, name))


def points_of(one: Difference) -> Decimal:
    """Return a difference as a number."""
    return Decimal(one.value)


def _compared(result: Document) -> dict[tuple[str, str], Difference] | None:
    thresholds, baseline = docs.linked_one(result, "thresholds"), docs.linked_one(result, "baseline")
    if thresholds is None or baseline is None:
        return None
    found = arms.of_plan(thresholds, result.seq + 1)
    chosen = [arm for arm in found.all if arm.result in (result, baseline)]
    reference = next((arm for arm in chosen if arm.result == baseline), None)
    if reference is None or len(chosen) < 2:
        return None
    try:
        told: Comparison = arms.differences(found, chosen, reference)
    except CountersignError:  # the bytes were disposed of, or are not what they were; the evidence says so
        return None
    return {
        (piece, name): one for piece, each in told.arms.get(result.digest, {}).items() for name, one in each.items()
    }


def _interval(one: Difference) -> Interval | None:
    if one.low is None or one.high is None:
        return None
    return Interval(Decimal(one.value), Decimal(one.low), Decimal(one.high)).told()


def failing(result: Document) -> Iterator[Block]:
    """Where answers failed, by slice and criterion, and single ones where the cases are kept from nobody."""
    found = _looking(result)
    if found is None:
        yield Paragraph(UNREAD)
        return
    rows = failures.counts(found)
    parts = ("passed", "failed", "unparsed", "missing")
    drawn = tuple((_piece(row.slice), tuple(row.outcomes[one] for one in parts)) for row in rows)  # type: ignore[index]
    yield StackChart(BECAME, parts, drawn)
    names = found.index.criteria
    missed = [(_piece(row.slice), *(f"{row.criteria[c].failed} of {row.criteria[c].n}" for c in names)) for row in rows]
    columns = (Column("Slice", 24), *(Column(name, 76 / len(names), "right") for name in names))
    yield table(MISSED, columns, missed)
    yield Heading(EXAMPLES_BY_CASE)
    yield from _examples(found)


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
    now = _looking(result)
    for role in BEFORE:
        yield Heading(against(role))
        other = docs.linked_one(result, role)
        before = _looking(other) if other is not None else None
        if other is None:
            yield Paragraph(unnamed(role))
        elif now is None or before is None or before.evaluation_set != now.evaluation_set:
            yield Paragraph(UNREAD)
        else:
            yield from _moved(now, before, role)


def _moved(now: failures.Looking, before: failures.Looking, role: str) -> Iterator[Block]:
    rows, wrong = moved(before.index, now.index)
    parts = ("still right", "newly right", "newly wrong", "still wrong")
    yield StackChart(
        held_against(role),
        parts,
        tuple((_piece(row.slice), (row.both, row.gained, row.lost, row.neither)) for row in rows),
    )
    columns = (Column("Slice", 28), *(Column(part.capitalize(), 18, "right") for part in parts))
    yield table(lost(role), columns, [_counted(row) for row in rows])
    if failures.development(now):
        yield Paragraph(f"Newly wrong: {', '.join(wrong[:40]) or 'none'}{' and more' if len(wrong) > 40 else ''}.")


def _counted(row: Moved) -> tuple[Value, ...]:
    return (_piece(row.slice), row.both, row.gained, row.lost, row.neither)


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


def _piece(name: str) -> str:
    return "all cases" if name == ALL else name


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
