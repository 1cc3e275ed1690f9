"""The results that two releases rest on, figure by figure. Pure; server and verifier share this."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from governance.proof.formats.envelope import Envelope
from governance.proof.words.printed import capital, count, rounded
from governance.proof.words.vocabulary import called, counted_in, in_unit, measures

HEADING: Final = "Results side by side"
HEAD: Final = ("Metric", "Slice", "Before", "After", "Difference")
NOT_MEASURED: Final = "not measured"
EMPTY: Final = "Every figure is the same."
ALL: Final = "all"
"""what all cases together are called among slices"""
SINGLE: Final = "f1:"
"""how figures of single labels begin, which are left out"""


@dataclass(frozen=True)
class Compared:
    """One metric on one slice of both results, as decimals; None where one has none."""

    slice: str
    metric: str
    before: str | None
    after: str | None

    @property
    def was(self) -> str:
        """What it came to before, in its unit, "" where it is missing."""
        return in_unit(self.metric, self.before) if self.before is not None else ""

    @property
    def now(self) -> str:
        """What it came to after, in its unit, "" where it is missing."""
        return in_unit(self.metric, self.after) if self.after is not None else ""

    @property
    def by(self) -> str:
        """How far it moved, in its unit; "none" where it did not, "" where one is missing."""
        if self.before is None or self.after is None:
            return ""
        moved = Decimal(self.after) - Decimal(self.before)
        if not moved:
            return "none"
        said = counted_in(self.metric, rounded(moved), "gap")
        return f"+{said}" if moved > 0 else said


@dataclass(frozen=True)
class Beside:
    """Two results: their digests, their own verdicts ("": none), every figure, and whether both answered one set."""

    before: str
    after: str
    verdicts: tuple[str, str]
    figures: tuple[Compared, ...]
    same_set: bool

    @property
    def sentence(self) -> str:
        """The verdicts, and whether the figures can be held against each other."""
        one, other = (verdict or "none" for verdict in self.verdicts)
        comparable = (
            "Both answered the same version of the evaluation set."
            if self.same_set
            else "They answered different versions of the evaluation set: the figures cannot be compared."
        )
        return f"Verdicts: {one}, then {other}. {comparable}"

    @property
    def moved(self) -> list[Compared]:
        """The figures that are listed: those that differ, or all where they cannot be held against each other."""
        return [one for one in self.figures if one.by != "none" or not self.same_set]

    @property
    def caption(self) -> str:
        """What stands over the table."""
        same = len(self.figures) - len(self.moved)
        return (
            f"Figures that differ; {count(same)} are the same." if same and self.moved else "Figures of both results."
        )

    @property
    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """The table."""
        return [
            (capital(words(one.metric)), "all cases" if one.slice == ALL else one.slice, one.was or NOT_MEASURED,
             one.now or NOT_MEASURED, one.by if self.same_set else "")
            for one in self.moved
        ]  # fmt: skip


def beside(before: str, after: str, documents: Mapping[str, Envelope]) -> Beside | None:
    """Return the first results that two things rest on beside each other; None where one of them has none.

    KeyError, TypeError, ValueError: a result is none that this software made.
    """
    first = [next((x.digest for x in documents[d].references if x.role == "result"), "") for d in (before, after)]
    if not all(first):
        return None
    results = [documents[digest] for digest in first]
    sets = [next((x.digest for x in one.references if x.role == "evaluation_set"), None) for one in results]
    said = [str(one.body.get("verdict") or "") for one in results]
    figures = tuple(_figures(*(one.body["metrics"] for one in results)))
    return Beside(first[0], first[1], (said[0], said[1]), figures, sets[0] == sets[1])


def words(name: str) -> str:
    """Return a metric's name as a reader says it, such as "F1 of eye"; names of no metric stay as they are."""
    known = measures().get(name.partition(":")[0])
    return called(name, known) if known is not None else name


def _figures(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Compared]:
    """Yield every metric of all cases, then of each slice that both have; the F1 of single labels is left out."""
    for piece in [ALL, *sorted((set(before) & set(after)) - {ALL})]:
        sides = before.get(piece, {}), after.get(piece, {})
        for name in dict.fromkeys([*sides[1], *sides[0]]):
            if not name.startswith(SINGLE):
                was, now = (side[name]["value"] if name in side else None for side in sides)
                yield Compared(piece, name, was, now)
