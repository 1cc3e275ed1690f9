"""Tables whose rows belong to one kind of event: each row against its leaf, both ways."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import Leaf
from governance.selectors.verification.chunk import Auditor, Chunk, beyond, both_ways
from governance.selectors.verification.outcome import Problem, differences

Pairs = dict[str, tuple[object, object]]


def _by(row: Any) -> str:
    return str(row.by.actor) if row.by else "system"


@dataclass(frozen=True)
class Table:
    """A table of `rows`, each with `at`, whose leaf is of one of `events`.

    `by` is whose act a row says it was, `pairs` what else of a row (first) must be what its leaf says (second).
    """

    noun: str
    events: Sequence[str]
    rows: "QuerySet[Any]"
    pairs: Callable[[Any, Leaf], Pairs]
    by: Callable[[Any], str] = _by

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what differs between the rows and the leaves of a chunk."""
        rows, leaves = chunk.rows(self.rows.all()), chunk.of(*self.events)
        yield from both_ways(leaves, rows, self.noun)
        for seq in sorted(rows.keys() & leaves.keys()):
            row, leaf = rows[seq], leaves[seq]
            said: Pairs = {"by": (self.by(row), leaf.actor), "at": (row.at, moment(leaf.time))}
            yield from differences(f"{self.noun} {row.pk}", said | self.pairs(row, leaf))

    def finish(self, size: int) -> Iterator[Problem]:
        """Yield rows that no leaf stands behind."""
        yield from beyond(self.rows.all(), "seq", self.noun, size)


class Tables(Auditor):
    """Compares the rows of some tables with their leaves."""

    tables: Sequence[Table] = ()

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what differs."""
        for table in self.tables:
            yield from table.chunk(chunk)

    def finish(self, size: int) -> Iterator[Problem]:
        """Yield rows that no leaf stands behind."""
        for table in self.tables:
            yield from table.finish(size)
