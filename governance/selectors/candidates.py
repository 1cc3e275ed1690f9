"""Candidates as their leaves confirm them: a row that no leaf tells of proposes nothing."""

from collections.abc import Iterable
from typing import Any

from governance import events
from governance.models import Candidate, CandidateWithdrawn
from governance.selectors import ledger

Told = dict[str, Any]


def marking(row: Candidate) -> Told:
    """Return what the leaf of a candidate says; an early one says which answer it is of, too, which no row tells."""
    return {
        "candidate": str(row.pk),
        "result": row.result_id,
        "use": row.use,
        "file": row.sha256,
    }


def withdrawing(row: CandidateWithdrawn) -> Told:
    """Return what the leaf of a withdrawal says."""
    return {"candidate": str(row.candidate_id)}


def confirmed(rows: Iterable[Candidate]) -> list[Candidate]:
    """Return those candidates that the ledger confirms, in the order given. `by` must be at hand."""
    given = list(rows)
    leaves = ledger.leaves_at([row.seq for row in given])
    return [
        row
        for row in given
        if (leaf := leaves.get(row.seq)) is not None
        and (leaf.event, leaf.actor) == (events.CANDIDATE_MARKED, row.by.actor)
        and {name: value for name, value in leaf.data.items() if name != "answer"} == marking(row)
    ]


def withdrawn(rows: Iterable[Candidate]) -> dict[Any, CandidateWithdrawn]:
    """Return the withdrawals of those candidates, by the candidate's key. Two queries."""
    found = list(CandidateWithdrawn.objects.filter(candidate__in=list(rows)).select_related("by"))
    leaves = ledger.leaves_at([row.seq for row in found])
    return {
        row.candidate_id: row
        for row in found
        if (leaf := leaves.get(row.seq)) is not None
        and (leaf.event, leaf.actor) == (events.CANDIDATE_WITHDRAWN, row.by.actor)
        and dict(leaf.data) == withdrawing(row)
    }
