"""Charts of reports: told in words, whole on the page, readable without colour, on scales that hold what they show."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from governance.proof.charts import curve, forest, matrix
from governance.proof.charts.days import SHAPES, Day, Days, TimelineChart, TimeRow
from governance.proof.charts.drawn import Chart, picture
from governance.proof.charts.figures import (
    ChartRow,
    CurveChart,
    ForestChart,
    ForestRow,
    IntervalChart,
    MatrixChart,
    RegionChart,
    RegionRow,
    StackChart,
)
from governance.proof.charts.intervals import percent_exactly, points, points_exactly
from governance.proof.charts.pen import Record
from governance.proof.charts.said import read
from governance.proof.reading.layout import contrast
from governance.proof.sections.blocks import KeyFigure, KeyFigures
from governance.proof.words import style as page_style
from governance.reports import style
from governance.reports.build import build_pdf
from governance.reports.model import ReportData, Section
from tests.governance.reports import poppler, sample

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk 山 " * 3
TODAY = date(2026, 11, 27)
DAYS = tuple(Day(date(2027, 3, day), shape, shape) for day, shape in enumerate(SHAPES, start=1))
COUNTS = (((7, 2, 123_456)), (0, 9, 0))


def charts(name: str = "accuracy", rows: int = 1) -> ReportData:
    """A report whose first section has one of each chart."""
    shares = ForestChart(
        "Shares.",
        (
            ForestRow(
                name, f"hard; {name}", sample.interval("0.583", "0.536", "0.629"), Decimal("0.5"), "above", "PASS"
            ),
            ForestRow("attacks", "hard", sample.interval("0.02", "0.001", "0.08"), Decimal("0.01"), "below", "FAIL"),
            ForestRow("nobody asked", "", None, Decimal("0.5"), "above", "INCONCLUSIVE", "no bounds"),
        )
        * rows,
    )
    less = ForestRow("exact match", "300 pairs", sample.interval("-0.031", "-0.08", "0.02"), Decimal("-0.1"))
    regions = RegionRow(name, "300 cases", Decimal("0.5"), Decimal("0.547"), Decimal("0.453"), Decimal("0.58"))
    never = RegionRow("never", "4 cases", Decimal("0.2"), None, None, None, above=False)
    blocks = (
        KeyFigures((KeyFigure("INCONCLUSIVE", "Verdict", name, verdict=True), *([KeyFigure(name, name)] * 3))),
        shares,
        ForestChart("Differences.", (less,), "difference"),
        RegionChart("Foretold.", (regions, never)),
        StackChart("Answers.", ("passed", "failed", "unparsed", "missing"), (("all", (9, 8, 7, 6)), (name, (0,) * 4))),
        MatrixChart("Confusion.", (name, "ear"), (name, "ear", "unparsed"), COUNTS, ("0.81", ""), "F1"),
        CurveChart("Loss.", "step", "loss", tuple((n, Decimal(900 - n) / 100) for n in range(0, 900, 3))),
        IntervalChart("Arms.", (ChartRow(name, None, sample.interval("0.2", "0.1", "0.4"), Decimal("0.3")),) * rows,
                      ("", "measured")),
        TimelineChart("Days", (TimeRow(name, "red", DAYS, (Days(TODAY, date(2027, 1, 9), "requalified", open=True),)),
                               TimeRow("a base", "green")) * rows, TODAY, (*SHAPES, "bar")),
    )  # fmt: skip
    return replace(sample.report(), first=(Section("Charts", blocks),), drawn=False)


def test_every_chart_says_in_words_all_it_shows() -> None:
    with pikepdf.open(BytesIO(build_pdf(charts(), sample.EVIDENCE))) as pdf:
        told = "\n".join(
            str(each.Alt) for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and "/Alt" in each
        )
    for expected in (
        "accuracy, hard; accuracy: 58.3 % (53.6 % to 62.9 %) with a limit of 50.0 %, passed above it: PASS.",
        "attacks, hard: 2.0 % (0.1 % to 8.0 %) with a limit of 1.0 %, passed below it: FAIL.",
        "nobody asked: no bounds with a limit of 50.0 %, passed above it: INCONCLUSIVE.",
        "exact match, 300 pairs: −3.1 points (−8.0 points to +2.0 points) with a limit of −10.0 points",
        "limit 50.0 %; 54.7 % or more passes, 45.3 % or less fails; a true 58.0 % is likely to be shown.",
        "never, 4 cases: limit 20.0 %; no measured share passes, none fails.",
        "all: 9 passed, 8 failed, 7 unparsed, 6 missing.",
        "accuracy: accuracy 7, ear 2, unparsed 123456; F1 0.81. ear: ear 9.",
        "loss over 300 points: 9 at step 0, 0.03 at step 897; between 0.03 and 9.",
    ):  # fmt: skip
        assert expected in told


def test_figures_can_be_read_and_stay_on_the_page_however_long_the_names(tmp_path: Path) -> None:
    pdf = build_pdf(charts(LONG, rows=30), sample.EVIDENCE)
    for _, left, top, right, bottom, word in poppler.words(pdf, tmp_path):
        assert left >= style.LEFT - 9, word
        assert right <= style.LEFT + style.MEASURE + 1.5, word
        assert top >= 20, word
        assert bottom <= style.PAGE_HEIGHT - 20, word
    text = poppler.text(pdf, tmp_path)
    assert text.count("nobody asked") == 30
    assert text.count("signed limit, its flag towards what passes") >= 3
    for expected in ("123456", "≥ 54.7 %", "≤ 45.3 %", "−3.1", "weakest truth that is likely to pass"):
        assert expected in text


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_a_scale_has_few_round_marks_and_holds_what_it_shows(low: float, span: float) -> None:
    marks = curve._scale(low, low + span)
    assert marks == sorted(set(marks))
    assert 2 <= len(marks) <= 8
    room = 1e-6 * max(abs(marks[0]), abs(marks[-1]), 1e-9)
    assert marks[0] <= low + room
    assert low + span <= marks[-1] + room


@given(st.lists(st.decimals(-1, 1, places=3), min_size=3, max_size=3).map(sorted), st.booleans())
def test_a_measure_lies_inside_its_scale_and_its_bounds_around_it(ends: list[Decimal], difference: bool) -> None:
    low, value, high = ends if difference else sorted(map(abs, ends))
    chart = ForestChart("x", (ForestRow("a", "", sample.interval(str(value), str(low), str(high))),))
    drawn = forest.Forest(replace(chart, scale="difference") if difference else chart)
    places = [drawn._at(one) for one in (low, value, high)]
    assert places == sorted(places)
    assert all(forest.LABELS <= place <= drawn.right for place in places)


def test_what_is_drawn_in_parts_or_squares_must_fit_its_names() -> None:
    with pytest.raises(ValueError, match="2 counts of 1 parts"):
        StackChart("x", ("a",), (("row", (1, 2)),))
    with pytest.raises(ValueError, match="expected 1 of 2 each"):
        MatrixChart("x", ("a",), ("a", "b"), ((1,),))
    with pytest.raises(ValueError, match="a note for each row or none"):
        MatrixChart("x", ("a",), ("a",), ((1,),), ("x", "y"))


def test_a_difference_has_its_sign_and_none_has_none() -> None:
    assert [points(Decimal(d)) for d in ("0.54", "-0.031", "0.0001", "-0.0001")] == [
        "+54.0 points", "−3.1 points", "0.0 points", "0.0 points",
    ]  # fmt: skip


SHARES = st.decimals(0, 1, places=5)


@given(st.lists(SHARES, min_size=3, max_size=3).map(sorted), SHARES)
def test_no_figure_of_a_chart_reads_as_a_better_one_than_it_is(ends: list[Decimal], limit: Decimal) -> None:
    low, value, high = ends
    measured = sample.interval(str(value), str(low), str(high))
    chart = IntervalChart("Arms.", (ChartRow("a", None, measured, limit),), ("", "measured"))
    again = read("Arms.", [chart.told()])
    assert isinstance(again, IntervalChart)
    [row] = again.rows
    assert row.tuned is not None
    assert row.limit == limit
    assert row.tuned.low <= low < row.tuned.low + Decimal("0.001")
    assert row.tuned.high - Decimal("0.001") < high <= row.tuned.high


def test_a_limit_is_told_with_all_its_digits() -> None:
    assert [percent_exactly(Decimal(d)) for d in ("0.8996", "0.9", "1", "0")] == [
        "89.96 %",
        "90.0 %",
        "100.0 %",
        "0.0 %",
    ]
    assert [points_exactly(Decimal(d)) for d in ("0.0125", "-0.00125", "0")] == [
        "+1.25 points", "−0.125 points", "0.0 points",
    ]  # fmt: skip


@pytest.mark.parametrize("today", [date(2026, 1, 2), date(2026, 12, 30)])
def test_what_is_said_of_a_row_without_dates_is_not_crossed_by_the_line_of_today(tmp_path: Path, today: date) -> None:
    days = (Day(date(2026, 1, 1), SHAPES[0], "x"), Day(date(2027, 1, 1), SHAPES[0], "x"))
    rows = (TimeRow("a base", "red", days), TimeRow("another", "green"))
    data = replace(sample.report(), first=(Section("Charts", (TimelineChart("Days", rows, today, (*SHAPES, "bar")),)),))
    words = poppler.words(build_pdf(replace(data, drawn=False), sample.EVIDENCE), tmp_path)
    [(_, left, _, right, _, _)] = [word for word in words if word[5] == "today"]
    [at] = [n for n, word in enumerate(words) if [one[5] for one in words[n : n + 4]] == ["no", "date", "is", "known"]]
    crossed = [word for word in words[at : at + 4] if word[1] < (left + right) / 2 < word[3]]
    assert not crossed
    assert words[at][1] > (left + right) / 2 or words[at + 3][3] < (left + right) / 2


def beside(chart: Chart) -> list[str]:
    """The words of a chart that begin or end outside it."""
    pen = Record()
    picture(chart).paint(pen)
    return [one.text for one in pen.texts if one.x < 0 or one.end > page_style.MEASURE + 0.01]


@given(st.dates(date(2026, 1, 1), date(2100, 1, 1)), st.lists(st.integers(-9000, 9000), max_size=3))
@example(date(2026, 11, 28), [])
@example(date(2026, 5, 27), [200])
def test_on_every_day_the_words_of_a_chart_over_time_stand_within_it(today: date, others: list[int]) -> None:
    days = tuple(Day(today + timedelta(days=n), SHAPES[0], "x") for n in others)
    chart = TimelineChart("Days", (TimeRow("a base", "red", days),), today, (*SHAPES, "bar"))
    assert beside(chart) == []


@given(st.lists(st.tuples(st.integers(0, 10**9), st.decimals(-(10**6), 10**6, places=4)), min_size=1, max_size=4))
@example([(0, Decimal(1)), (100_000, Decimal(1))])
def test_a_long_run_has_its_steps_written_within_the_chart(points: list[tuple[int, Decimal]]) -> None:
    assert beside(CurveChart("Loss.", "step", "loss", tuple(points))) == []


@given(st.floats(0, 1))
def test_a_count_can_be_read_on_whatever_shade_its_square_has(share: float) -> None:
    ground = matrix.shade(share)
    assert contrast(matrix.ink_on(ground), ground) >= page_style.CONTRAST
