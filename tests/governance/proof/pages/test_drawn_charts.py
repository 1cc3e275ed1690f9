"""Every chart that reports draw can be drawn again by whoever verifies, and held to it; a new one must be, too."""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from governance.proof.charts.derived import DERIVED
from governance.proof.charts.drawn import Chart, picture
from governance.proof.charts.figures import (
    ChartRow,
    IntervalChart,
    RegionChart,
    RegionRow,
    StackChart,
)
from governance.proof.charts.intervals import Interval
from governance.proof.charts.said import read
from governance.proof.pages.drawn_charts import _groups, _parts, differs
from governance.proof.reading.text import Element, read_pages
from governance.registry import KINDS
from governance.reports.build import build_pdf
from tests.governance.reports import sample
from tests.governance.reports.test_figures import LONG, charts
from tests.support import sentences
from tests.support.sources import called, sources

# Charts of what no document tells, by who draws them: read back from what they say. Whoever adds one makes it follow
# from documents (`charts.derived`), or says here, in docs/reports.md and to `charts.said` why that cannot be.
OF_NO_DOCUMENT = {
    ("evals.reports.pictures", "RegionChart"): "reckoned from the cases, which no report holds",
    ("evals.reports.plans", "StackChart"): "counts of cases, of sets that do not tell them",
    ("evals.reports.side_by_side", "IntervalChart"): "results of other arms",
}


def test_what_reports_draw_follows_from_documents_or_is_known_not_to() -> None:
    kinds = sentences.CHARTS
    made = {(name, called(call)) for name, one in sources().items() for call in one.calls(*kinds)}
    assert made == set(OF_NO_DOCUMENT)
    assert {one.__name__ for one in get_args(Chart)} == set(kinds)
    named = {name for kind in KINDS.values() if kind.dossier for name in kind.dossier.charts.values()}
    assert named == set(DERIVED)


def drawn(name: str = "accuracy", rows: int = 1) -> list[tuple[Chart, Sequence[Element]]]:
    """A report's charts, one of each sort, and the figures that its pages have of each."""
    data = charts(name, rows)
    told = [block for block in data.first[0].blocks if isinstance(block, get_args(Chart))]
    pages = read_pages(build_pdf(data, sample.EVIDENCE))
    found = [figures for part in pages.root.kids for _, figures in _groups(part)]
    return list(zip(told, found, strict=False))


def test_each_sort_of_chart_is_on_the_page_as_it_is_drawn_again() -> None:
    for name, rows in (("accuracy", 1), (LONG, 25)):
        found = drawn(name, rows)
        assert {type(one) for one, _ in found} == set(get_args(Chart))
        for chart, figures in found:
            parts = _parts(picture(chart), figures)
            assert [differs(*pair) for pair in zip(figures, parts, strict=True)] == [""] * len(figures), type(chart)


def other(value: Any) -> Any:
    """Another value of the same sort."""
    if isinstance(value, Decimal):
        return value + Decimal("0.05")
    if isinstance(value, int) and not isinstance(value, bool):
        return value + 7
    return f"{value}x" if isinstance(value, str) else value


def test_each_sort_of_chart_with_another_value_is_another() -> None:
    for chart, [figure] in drawn():
        others = _changed(chart)
        assert others, type(chart)
        for changed in others:
            assert picture(changed).told() != figure.alt or differs(figure, picture(changed)), changed


def _changed(chart: Any) -> list[Any]:
    """The chart with one thing changed, each that it shows in turn."""
    if hasattr(chart, "points"):
        places = range(len(chart.points))
        return [replace(chart, points=tuple((x, y + (at == one)) for at, (x, y) in enumerate(chart.points)))
                for one in (*places[:3], *places[-3:])]  # fmt: skip
    if hasattr(chart, "counts"):
        return [
            replace(chart, counts=((chart.counts[0][0] + 1, *chart.counts[0][1:]), *chart.counts[1:])),
            replace(chart, labels=(f"{chart.labels[0]}x", *chart.labels[1:])),
            replace(chart, notes=("0.82", *chart.notes[1:])),
        ]
    if isinstance(chart, StackChart):
        (name, counts), *others = chart.rows
        return [
            replace(chart, rows=((name, (counts[0] + 1, *counts[1:])), *others)),
            replace(chart, rows=tuple(others)),
        ]
    row, *others = chart.rows
    made = []
    for field in row.__dataclass_fields__:
        value = getattr(row, field)
        changed = Interval(value.value, value.low, value.high + Decimal("0.05")) if isinstance(value, Interval) else (
            value[1:] if isinstance(value, tuple) else other(value)
        )  # fmt: skip
        if changed != value and field != "absent":
            made.append(replace(chart, rows=(replace(row, **{field: changed}), *others)))
    assert made
    return made


shares = st.integers(0, 1000).map(lambda n: Decimal(n) / 1000)
names = st.text("abc .,;:%0123456789", min_size=1).filter(lambda text: not re.search(r"[:%]", text))
intervals = st.lists(shares, min_size=3, max_size=3).map(lambda v: Interval(*v))


@given(
    st.one_of(
        st.lists(st.builds(ChartRow, names, st.none(), intervals, st.none() | shares), min_size=1).map(
            lambda rows: IntervalChart("Arms.", tuple(rows), ("", "measured"))
        ),
        st.lists(st.tuples(names, st.tuples(st.integers(0), st.integers(0))), min_size=1).map(
            lambda rows: StackChart("Counts.", ("still right", "newly wrong"), tuple(rows))
        ),
        st.lists(
            st.builds(RegionRow, names, st.just("hard; 4 cases"), shares, shares, shares, st.none() | shares,
                      st.booleans()), min_size=1,
        ).map(lambda rows: RegionChart("Foretold.", tuple(rows))),
    )
)  # fmt: skip
def test_a_chart_is_read_back_from_what_it_says(chart: Chart) -> None:
    found = read(chart.caption, [picture(chart).told()])
    assert found is not None
    assert picture(found).told() == picture(chart).told()
    assert type(found) is type(chart)
    assert len(found.rows) == len(chart.rows)  # type: ignore[union-attr]  # of rows, all three


@given(st.text("Arms. abc:%()0123456789, measured passed to limit", max_size=400))
def test_words_of_no_chart_are_none_whatever_they_are(words: str) -> None:
    found = read("Arms.", [f"Arms. {words}"])
    # What is none of ours, though it can be read so, says something else when it is told again.
    assert found is None or isinstance(found, get_args(Chart))
