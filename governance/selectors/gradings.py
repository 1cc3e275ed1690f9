"""Rounds of grading and their grades, as their leaves confirm them: an unconfirmed row is no grade."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance import events
from governance.models import GradingClosed, GradingRound, HumanGrade, LedgerSubject
from governance.proof.formats.canonical import dumps, sha256
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import Leaf
from governance.selectors import ledger
from governance.selectors.reasons import ERASED

Told = dict[str, Any]


def opening(row: GradingRound) -> Told:
    """Return what the leaf of a round's opening says, its number of items aside."""
    return {"round": str(row.pk), "asked": sha256(dumps(row.body)), "seed": sha256(row.seed.encode())}


def grade(row: HumanGrade) -> Told:
    """Return what the leaf of a grade says."""
    return {
        "grade": str(row.pk),
        "round": str(row.round_id),
        "item": row.item,
        "adjudicates": row.adjudicates,
        "number": row.number,
        "scores": row.scores,
    }


def closing(row: GradingClosed) -> Told:
    """Return what the leaf of a round's end says."""
    return {"round": str(row.round_id), "grades": row.document_id}


def rounds(rows: Iterable[GradingRound]) -> list[GradingRound]:
    """Return those rounds that the ledger confirms, in the order given."""
    given = list(rows)
    known = items(given)
    return [row for row in given if row.pk in known]


def items(rows: Iterable[GradingRound]) -> dict[Any, int]:
    """Return how many items each of those rounds has that the ledger confirms, by the round's key. One query."""
    given = list(rows)
    leaves = ledger.leaves_at([row.seq for row in given])
    return {
        row.pk: int(leaf.data["items"])
        for row in given
        if (leaf := leaves.get(row.seq)) is not None and _opened(row, leaf)
    }


def _opened(row: GradingRound, leaf: Leaf) -> bool:
    said = (events.GRADING_OPENED, row.by.actor, str(row.project_id))
    return (leaf.event, leaf.actor, leaf.project) == said and _holds(leaf.data, opening(row))


def grades(of: GradingRound) -> list[HumanGrade]:
    """Return the grades of a round that the ledger confirms, the first first. Two queries."""
    rows = list(HumanGrade.objects.filter(round=of).select_related("by").order_by("seq"))
    leaves = ledger.leaves_at([row.seq for row in rows])
    return [
        row
        for row in rows
        if (leaf := leaves.get(row.seq)) is not None
        and (leaf.event, leaf.actor) == (events.GRADE_GIVEN, row.by.actor)
        and dict(leaf.data) == grade(row)
    ]


def closed(rows: Iterable[GradingRound]) -> dict[Any, GradingClosed]:
    """Return the ends of those rounds that are over, by the round's key. Two queries."""
    found = list(GradingClosed.objects.filter(round__in=list(rows)).select_related("document", "by"))
    leaves = ledger.leaves_at([row.seq for row in found])
    return {
        row.round_id: row
        for row in found
        if (leaf := leaves.get(row.seq)) is not None
        and (leaf.event, leaf.actor) == (events.GRADING_CLOSED, row.by.actor)
        and dict(leaf.data) == closing(row)
    }


@dataclass(frozen=True)
class Abandoned:
    """The end of a round that nobody will close: entry `seq`, by whom (a ledger id), when, and why."""

    seq: int
    by: str
    at: datetime
    reason: str


def abandoned(rows: Iterable[GradingRound]) -> dict[Any, Abandoned]:
    """Return the ends of those rounds that were abandoned, by the round's key, as the ledger tells them. Three queries.

    There is no row: what ended a round without grades is its leaf.
    """
    keys = {f"round:{row.pk}": row.pk for row in rows}
    named = LedgerSubject.objects.filter(subject__in=keys, entry__index__event=events.GRADING_ABANDONED)
    seqs = dict(named.values_list("entry_id", "subject"))
    if not seqs:
        return {}
    leaves, told = ledger.leaves_at(set(seqs)), ledger.openings(seqs)
    found: dict[Any, Abandoned] = {}
    for seq, leaf in sorted(leaves.items()):
        key = keys[seqs[seq]]
        if leaf.event == events.GRADING_ABANDONED and leaf.data.get("round") == str(key):
            reason = str(told.get(seq, {}).get("reason", ERASED))
            found.setdefault(key, Abandoned(seq, leaf.actor, moment(leaf.time), reason))
    return found


def _holds(data: Mapping[str, Any], said: Told) -> bool:
    return all(data.get(key) == value for key, value in said.items())
