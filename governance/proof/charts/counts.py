"""The charts of counts that documents keep, from which no case can be told: of single answers, and of cases."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from governance.proof.charts.figures import ForestChart, ForestRow, StackChart
from governance.proof.charts.held import Held
from governance.proof.charts.results import ALL, interval
from governance.proof.words.vocabulary import measure, measured

OUTCOMES: Final = ("passed", "failed", "unparsed", "missing")
MOVED: Final = ("still right", "newly right", "newly wrong", "still wrong")
BEFORE: Final = {"baseline": "the baseline", "last_release": "the last release"}
"""what a result is held against, by the role in which it names that, and in words"""
COUNTED: Final = "Counted from the answers, each graded again, when the result was accepted."
BECAME: Final = f"What became of the answers, slice by slice. {COUNTED}"
LESS: Final = "Tuned less baseline, case by case. Each end of a bar is a one-sided 95 % bound; described, not judged."
SIZES: Final = "How many cases there are in each slice; a case may be in several."
T = TypeVar("T")


def held_against(role: str) -> str:
    """Return the caption of the chart of the same answers beside those of another result."""
    return f"The same answers held against those of {BEFORE[role]}. {COUNTED}"


def by_slice(kept: Mapping[str, T]) -> list[tuple[str, T]]:
    """Return what is kept by slice in the order in which it is told: of all cases first."""
    order = sorted(kept, key=lambda piece: (piece != ALL, piece))
    return [("all cases" if piece == ALL else piece, kept[piece]) for piece in order]


def counts(row: Mapping[str, Any], parts: Sequence[str]) -> tuple[int, ...]:
    """Return the counts of a row in parts that are named in words."""
    return tuple(int(row[part.replace(" ", "_")]) for part in parts)


def became(body: Mapping[str, Any]) -> list[StackChart]:
    """Return how many answers passed and failed, slice by slice; none where the result keeps no counts."""
    return _stacked(BECAME, OUTCOMES, body.get("became") or {})


def moved(body: Mapping[str, Any], role: str) -> list[StackChart]:
    """Return how the answers differ from those of the result in a role; none where no counts of that are kept."""
    return _stacked(held_against(role), MOVED, (body.get("moved") or {}).get(role) or {})


def beside(result: Held) -> Iterator[StackChart]:
    """Yield how the answers of a result differ from those of each result that it names."""
    for role in BEFORE:
        if result.linked(role) is not None:
            yield from moved(result.body, role)


def _stacked(caption: str, parts: Sequence[str], kept: Mapping[str, Mapping[str, Any]]) -> list[StackChart]:
    rows = tuple((piece, counts(row, parts)) for piece, row in by_slice(kept))
    return [StackChart(caption, tuple(parts), rows)] if rows else []


def sizes(body: Mapping[str, Any]) -> list[StackChart]:
    """Return how many cases each slice of an evaluation set has; none where the set does not tell."""
    rows = tuple((piece, (int(size["cases"]),)) for piece, size in by_slice(body.get("sizes") or {}))
    return [StackChart(SIZES, ("cases",), rows)] if rows else []


def paired(body: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the differences from the baseline in the order in which they are told: slice, metric, difference."""
    for piece, kept in by_slice(body.get("differences") or {}):
        for name, one in sorted(kept.items()):
            yield piece, name, one


def differences(body: Mapping[str, Any]) -> list[ForestChart]:
    """Return the differences of shares from the baseline; none where the result keeps none."""
    rows = tuple(
        ForestRow(measure(name), piece, interval(one), absent="no bounds")
        for piece, name, one in paired(body)
        if one["how"] == "difference" and measured(name).bounded
    )
    return [ForestChart(LESS, rows, "difference")] if rows else []
