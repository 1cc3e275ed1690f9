"""Clauses of laws and standards, and what of a report's evidence is a record for each: the rule that both sides share.

The server prints its map by it, and the verifier holds the printed map to it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import Leaf
from governance.proof.words.printed import capital, plural, second

AUTOMATED, HUMAN, NOT_COVERED = "automated", "human-attested", "not covered"
HEADS = ("Clause", "Asks", "Evidence", "Record")
GAP = capital(NOT_COVERED)
IN_FORCE = "in force from "
LISTED = 12
"""clauses that page one names for each law or standard"""


@dataclass(frozen=True)
class Clause:
    """A clause: what pages say it asks, who makes its records ("automated", "human", "none"), and which they are."""

    id: str
    asks: str
    by: str
    kinds: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Chapter:
    """A law or standard: the facts that pages give of it, by their labels, and its clauses in order."""

    facts: tuple[tuple[str, str], ...]
    clauses: tuple[Clause, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the chapter for `vocabulary.json`."""
        told = [[c.id, c.asks, c.by, list(c.kinds), list(c.events), c.note] for c in self.clauses]
        return {"facts": [list(pair) for pair in self.facts], "clauses": told}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Chapter":
        """Return the chapter that `as_json` made."""
        told = (Clause(i, asks, by, tuple(k), tuple(e), note) for i, asks, by, k, e, note in said["clauses"])
        return cls(tuple((label, value) for label, value in said["facts"]), tuple(told))


@dataclass(frozen=True)
class Record:
    """A document as the map names it. `seq`: of the entry that records it; `signed`: such documents must be."""

    kind: str
    label: str
    title: str
    number: int
    seq: int
    status: str
    signed: bool

    @property
    def named(self) -> str:
        """What it is called."""
        return f"{capital(self.label)} “{self.title}” v{self.number}"


@dataclass(frozen=True)
class Covered:
    """How a clause stands: one of the three words, and the record that says so."""

    clause: Clause
    word: str
    record: str

    @property
    def row(self) -> tuple[str, str, str, str]:
        """The row of the table."""
        return self.clause.id, self.clause.asks, self.word, self.record


def covered(clause: Clause, records: Collection[Record], leaves: Iterable[Leaf], words: Mapping[str, str]) -> Covered:
    """Return how a clause stands by the documents and entries of a report; `words` are those of events."""
    papers = [newest for kind in clause.kinds for newest in _newest(records, kind)]
    last = max((leaf for leaf in leaves if leaf.event in clause.events), key=lambda leaf: leaf.seq, default=None)
    if clause.by == "none" or not (papers or last):
        missing = "Nothing here is evidence for it" if clause.by == "none" else "No such record in this project yet"
        return Covered(clause, NOT_COVERED, _noted(missing, clause))
    in_force = any(paper.status.startswith(IN_FORCE) for paper in papers)
    if clause.by == "human" and papers and not last and not in_force and any(paper.signed for paper in papers):
        return Covered(clause, NOT_COVERED, "; ".join(f"{paper.named}: not signed" for paper in papers))
    said = [f"{paper.named}, {paper.status}" for paper in papers]
    if last is not None:
        said.append(f"{words.get(last.event, last.event)}, ledger entry {last.seq}, {second(moment(last.time))}")
    word = AUTOMATED if clause.by == "automated" else HUMAN
    return Covered(clause, word, _noted("; ".join(said), clause))


def counts(rows: Iterable[Covered]) -> dict[str, str]:
    """Return what page one says of the clauses of all chapters, by its labels."""
    counted = Counter(one.word for one in rows)
    of = plural(counted.total(), "clause", "clauses")
    return {capital(word): f"{counted[word]} of {of}" for word in (AUTOMATED, HUMAN, NOT_COVERED)}


def gap(name: str, rows: Sequence[Covered]) -> str:
    """Return the exception that tells of a chapter's clauses that are not covered; empty where there are none."""
    missing = [one.clause.id for one in rows if one.word == NOT_COVERED]
    more = f" and {len(missing) - LISTED} more" if len(missing) > LISTED else ""
    of = f"{len(missing)} of {plural(len(rows), 'clause', 'clauses')}"
    return f"{name}, {of}: {', '.join(missing[:LISTED])}{more}." if missing else ""


def _noted(said: str, clause: Clause) -> str:
    return f"{said}. {clause.note}" if clause.note else said


def _newest(records: Collection[Record], kind: str) -> list[Record]:
    of_kind = [record for record in records if record.kind == kind]
    return [max(of_kind, key=lambda record: record.seq)] if of_kind else []
