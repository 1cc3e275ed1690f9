"""A server that holds the seal key draws other figures than the evidence has, or tells who cannot see them others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pikepdf

from governance.proof.charts.figures import (
    CurveChart,
    ForestChart,
    IntervalChart,
    MatrixChart,
    StackChart,
)
from governance.proof.charts.intervals import Interval
from governance.reports.model import ReportData

VERDICTS, BESIDE, FAILED, RUN = (
    "The verdict, threshold by threshold", "Baseline beside tuned", "What was taken for what, and what failed",
    "The training run",
)  # fmt: skip
MOVED = "What was right before and is wrong now"
ONE = Interval(Decimal(1), Decimal(1), Decimal(1))


@dataclass(frozen=True)
class Quoted(ForestChart):
    """A chart that is said to show what another does."""

    said: str = ""

    def told(self) -> str:
        return self.said


def instead(data: ReportData, title: str, kind: type[Any], change: Callable[[Any], Any]) -> tuple[ReportData, str]:
    """Another chart in place of the first of a kind in a section (None: left out), and the caption of the first."""
    [section] = [one for one in data.first if one.title == title]
    first = next(block for block in section.blocks if isinstance(block, kind))
    made = (change(block) if block is first else block for block in section.blocks)
    other = replace(section, blocks=tuple(block for block in made if block is not None))
    return replace(data, first=tuple(other if one is section else one for one in data.first)), first.caption


def _first(found: Any, **changes: Any) -> Any:
    return replace(found, rows=(replace(found.rows[0], **changes), *found.rows[1:]))


def _more(found: StackChart) -> StackChart:
    """One answer more than were asked for."""
    (label, (first, *others)), *rows = found.rows
    return replace(found, rows=((label, (first + 1, *others)), *rows))


def _bent(found: CurveChart) -> CurveChart:
    """The same ends, least and most, and so the same words: only the line is another."""
    ends = {found.points[0], found.points[-1], *(pick(found.points, key=lambda one: one[1]) for pick in (min, max))}
    at = next(place for place, one in enumerate(found.points) if one not in ends)
    step, loss = found.points[at]
    other = (step, (loss + max(y for _, y in found.points)) / 2)
    return replace(found, points=(*found.points[:at], other, *found.points[at + 1 :]))


def _better(found: ForestChart) -> ForestChart:
    better: ForestChart = _first(found, measured=ONE)
    return better


def _quoted(found: ForestChart) -> Quoted:
    better = _better(found)
    return Quoted(better.caption, better.rows, better.scale, found.told())


def elsewhere(data: ReportData) -> ReportData:
    """A chart that does follow from a document, of other figures, in a section where none is."""
    [cost] = [one for one in data.first if one.title == "What it cost"]
    [run] = [one for one in data.first if one.title == RUN]
    curve = next(block for block in run.blocks if isinstance(block, CurveChart))
    better = replace(cost, blocks=(*cost.blocks, replace(curve, points=((1, Decimal(0)), (2, Decimal(0))))))
    return replace(data, first=tuple(better if one is cost else one for one in data.first))


# By section and sort of chart: lies, each with words of the line that finds it.
LIES: dict[tuple[str, type[Any]], list[tuple[Callable[[Any], Any], str]]] = {
    (VERDICTS, ForestChart): [
        (_better, "is described as"),
        (_quoted, "says '100.0 %', expected"),
        (lambda c: _first(c, limit=Decimal("0.1")), "is described as"),
        (lambda c: _first(c, verdict="INCONCLUSIVE"), "is described as"),
        (lambda c: _first(c, passes="below"), "is described as"),
        (lambda c: replace(c, rows=c.rows[1:]), "is described as"),
        (lambda c: replace(c, rows=c.rows[:-1]), "does not show all its rows"),
        (lambda _: None, "lacks the chart"),
    ],
    (BESIDE, IntervalChart): [
        (lambda c: _first(c, baseline=ONE), "is described as"),
        (lambda c: _first(c, limit=None), "is described as"),
        (lambda _: None, "lacks the chart"),
    ],
    (FAILED, MatrixChart): [
        (lambda c: replace(c, counts=((99, *c.counts[0][1:]), *c.counts[1:])), "is described as"),
        (lambda c: replace(c, answers=tuple(reversed(c.answers))), "is described as"),
        (lambda _: None, "lacks the chart"),
    ],
    (RUN, CurveChart): [
        (_bent, "draws something else"),
        (lambda c: replace(c, points=c.points[:-1]), "is described as"),
        (lambda _: None, "lacks the chart"),
    ],
    (BESIDE, ForestChart): [
        (_better, "is described as"),
        (lambda c: replace(c, rows=c.rows[1:]), "is described as"),
        (lambda _: None, "lacks the chart"),
    ],
    (FAILED, StackChart): [
        (lambda c: replace(c, caption="Nothing failed."), "draws a chart 'Nothing failed.'"),
        (lambda c: replace(c, rows=c.rows[:-1]), "does not show all its rows"),
        (lambda c: replace(c, rows=(c.rows[1], c.rows[0], *c.rows[2:])), "is described as"),
        (_more, "is described as"),
        (lambda _: None, "lacks the chart"),
    ],
    (MOVED, StackChart): [
        (lambda c: replace(c, rows=c.rows[1:]), "is described as"),
        (_more, "is described as"),
        (lambda c: replace(c, rows=(*c.rows, ("another", c.rows[0][1]))), "is described as"),
        (lambda _: None, "lacks the chart"),
    ],
}


def figures_of(pdf: pikepdf.Pdf, *starts: str) -> list[Any]:
    """The parts of the structure tree that stand for figures whose words begin so."""
    found = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and "/Alt" in one]
    return [next(one for one in found if str(one.Alt).startswith(start)) for start in starts]


def _other_words(pdf: pikepdf.Pdf) -> None:
    [figure] = figures_of(pdf, "Stage release")
    figure.Alt = pikepdf.String(
        str(figure.Alt).replace("INCONCLUSIVE", "PASS").replace("FAIL", "PASS") + " All passed."
    )


def _exchanged(pdf: pikepdf.Pdf) -> None:
    one, other = figures_of(pdf, "Exact match by slice", "Valid format by slice")
    one.Alt, other.Alt = other.Alt, one.Alt


def _one_digit(pdf: pikepdf.Pdf) -> None:
    [figure] = figures_of(pdf, "What became of the answers")
    before, after = str(figure.Alt).split(": ", 1)
    figure.Alt = pikepdf.String(f"{before}: 9{after}")


def _no_words(pdf: pikepdf.Pdf) -> None:
    [figure] = figures_of(pdf, "Loss as training went on")
    figure.Alt = pikepdf.String("")


WORDS: dict[Callable[[pikepdf.Pdf], None], tuple[str, str]] = {
    _other_words: ("Stage release", "is described as"),
    _exchanged: ("by slice", "is described as"),
    _one_digit: ("What became of the answers", "is described as"),
    _no_words: ("Loss as training went on", "is described as ''"),
}


def found(problems: Sequence[str], caption: str, words: str) -> bool:
    """Whether a problem is told of a chart, in these words."""
    return any(words in one and (caption in one or "Nothing failed" in one) for one in problems)


def other_words(pdf: pikepdf.Pdf) -> None:
    """All of `WORDS`."""
    for change in WORDS:
        change(pdf)
