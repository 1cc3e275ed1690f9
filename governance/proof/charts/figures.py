"""Charts as plain data: measures beside others, verdicts on a scale, what a plan can show, counts, a matrix, a curve.

Each says in words all it shows (`told`): that is its alternative text. Drawn in `beside`, `forest`, `regions`,
`stacks`, `matrix` and `curve`, with shapes, hatching and figures beside them, so that grey print loses nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from governance.proof.charts.intervals import Interval, percent, percent_exactly, points, points_exactly

Scale = Literal["share", "difference"]


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One line of a chart: what was measured, and the signed limit if there is one."""

    label: str
    baseline: Interval | None
    tuned: Interval | None
    limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class IntervalChart:
    """Baseline beside tuned on a scale from 0 to 1, with interval bars and the acceptance limit.

    `names` are what the two are called; where the first is empty every row has the second alone.
    """

    caption: str
    rows: tuple[ChartRow, ...]
    names: tuple[str, str] = ("baseline", "tuned")

    def told(self) -> str:
        """Return the chart in words: every value, bound and limit."""
        return f"{self.caption.rstrip('.')}. {' '.join(map(self._row, self.rows))}"

    def _row(self, row: ChartRow) -> str:
        limit = f", limit {percent_exactly(row.limit)}" if row.limit is not None else ""
        pairs = zip(self.names, (row.baseline, row.tuned), strict=True)
        told = ", ".join(f"{name} {_spoken(measured)}" for name, measured in pairs if name)
        return f"{row.label}: {told}{limit}."


def _spoken(measured: Interval | None) -> str:
    if measured is None:
        return "not measured"
    one = measured.told()
    return f"{percent(one.value)} ({percent(one.low)} to {percent(one.high)})"


@dataclass(frozen=True, slots=True)
class ForestRow:
    """What was measured against a limit. `passes` is the side of the limit that passes; `verdict` what it came to.

    `absent` is said where there is nothing to draw.
    """

    label: str
    note: str
    measured: Interval | None
    limit: Decimal | None = None
    passes: Literal["above", "below"] = "above"
    verdict: str = ""
    absent: str = "not measured"


@dataclass(frozen=True, slots=True)
class ForestChart:
    """Measures with their bounds under one another on one scale, each beside its limit, if it has one, and its verdict.

    A `share` lies between 0 and 1; a `difference` of shares is told in points, with a line where there is none.
    """

    caption: str
    rows: tuple[ForestRow, ...]
    scale: Scale = "share"

    def told(self) -> str:
        """Return the chart in words: every value, bound, limit and verdict."""
        return f"{self.caption} {' '.join(self._row(row) for row in self.rows)}"

    def _row(self, row: ForestRow) -> str:
        share = self.scale == "share"
        said = percent if share else points
        parts = [f"{row.label}, {row.note}:" if row.note else f"{row.label}:"]
        if row.measured is None:
            parts.append(row.absent)
        else:
            one = row.measured.told()
            parts.append(f"{said(one.value)} ({said(one.low)} to {said(one.high)})")
        if row.limit is not None:
            limit = percent_exactly(row.limit) if share else points_exactly(row.limit)
            parts.append(f"with a limit of {limit}, passed {row.passes} it")
        return f"{' '.join(parts)}{f': {row.verdict}' if row.verdict else ''}."


@dataclass(frozen=True, slots=True)
class RegionRow:
    """Which measured shares pass and which fail: from `passes` on and up to `fails`, where `above` says which way.

    `smallest` is the weakest truth that passes with the power that was counted on. None where there is none.
    """

    label: str
    note: str
    limit: Decimal
    passes: Decimal | None
    fails: Decimal | None
    smallest: Decimal | None
    above: bool = True


@dataclass(frozen=True, slots=True)
class RegionChart:
    """What measured shares would come to, foretold: they pass, they fail, or in between nothing is shown."""

    caption: str
    rows: tuple[RegionRow, ...]

    def told(self) -> str:
        """Return the chart in words: every boundary."""
        return f"{self.caption} {' '.join(map(_region, self.rows))}"


def _region(row: RegionRow) -> str:
    on, back = ("or more", "or less") if row.above else ("or less", "or more")
    passes = "no measured share passes" if row.passes is None else f"{percent(row.passes)} {on} passes"
    fails = "none fails" if row.fails is None else f"{percent(row.fails)} {back} fails"
    truth = "" if row.smallest is None else f"; a true {percent(row.smallest)} is likely to be shown"
    return f"{row.label}, {row.note}: limit {percent_exactly(row.limit)}; {passes}, {fails}{truth}."


@dataclass(frozen=True, slots=True)
class StackChart:
    """Counts in parts, one bar a row on one scale. `parts` are named once; a row has one count for each."""

    caption: str
    parts: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]

    def __post_init__(self) -> None:
        for label, counts in self.rows:
            if len(counts) != len(self.parts):
                raise ValueError(f"{label!r} has {len(counts)} counts of {len(self.parts)} parts: give one for each")

    def told(self) -> str:
        """Return the chart in words: every count."""
        return f"{self.caption} {' '.join(self._row(label, counts) for label, counts in self.rows)}"

    def _row(self, label: str, counts: Iterable[int]) -> str:
        return f"{label}: {', '.join(f'{n} {part}' for part, n in zip(self.parts, counts, strict=True))}."


@dataclass(frozen=True, slots=True)
class MatrixChart:
    """How often what stands down (`labels`) was taken for what stands across (`answers`).

    `notes` is a figure for each row, under the heading `noted`.
    """

    caption: str
    labels: tuple[str, ...]
    answers: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    notes: tuple[str, ...] = ()
    noted: str = ""

    def __post_init__(self) -> None:
        wide = {len(row) for row in self.counts} - {len(self.answers)}
        if len(self.counts) != len(self.labels) or wide or len(self.notes) not in (0, len(self.labels)):
            raise ValueError(
                f"found {len(self.counts)} rows of counts, expected {len(self.labels)} of {len(self.answers)} each, "
                "with a note for each row or none"
            )

    def told(self) -> str:
        """Return the matrix in words: of every row what was answered, and how often."""
        return f"{self.caption} {' '.join(self._row(i) for i in range(len(self.labels)))}"

    def _row(self, index: int) -> str:
        counts = zip(self.answers, self.counts[index], strict=True)
        answered = ", ".join(f"{answer} {count}" for answer, count in counts if count) or "never asked"
        return f"{self.labels[index]}: {answered}{self._note(index)}."

    def _note(self, index: int) -> str:
        return f"; {self.noted} {self.notes[index]}" if self.notes and self.notes[index] else ""


@dataclass(frozen=True, slots=True)
class CurveChart:
    """A figure (`up`) as it went along steps (`along`)."""

    caption: str
    along: str
    up: str
    points: tuple[tuple[int, Decimal], ...]

    def told(self) -> str:
        """Return the curve in words: where it begins, ends, and is lowest and highest."""
        if not self.points:
            return f"{self.caption} No point is recorded."
        (begun, first), (ended, last) = self.points[0], self.points[-1]
        low, high = min(y for _, y in self.points), max(y for _, y in self.points)
        return (
            f"{self.caption} {self.up} over {len(self.points)} points: {first:f} at {self.along} {begun}, {last:f} at "
            f"{self.along} {ended}; between {low:f} and {high:f}."
        )
