"""Charts over time can be drawn whatever their days are."""

from datetime import date

from hypothesis import example, given
from hypothesis import strategies as st

from governance.proof.charts.days import SHAPES, Day, Days, TimelineChart, TimeRow, called, share, ticks

TODAY = date(2026, 11, 26)
KEY = (*SHAPES, "bar")


@given(st.lists(st.dates(), min_size=1, max_size=4))
@example([date.max, date.min])
def test_no_day_is_too_far_off_to_be_drawn(days: list[date]) -> None:
    bars = (Days(min(days), max(days), "bar"),)
    chart = TimelineChart(
        "Days", (TimeRow("row", "", tuple(Day(day, "ends", "end") for day in days), bars),), TODAY, KEY
    )
    span = first, last = chart.span()
    assert first <= TODAY <= last
    assert all(0 <= share(day, span) <= 1 for day in days)
    marked = ticks(first, last)
    assert 1 <= len(marked) <= 8
    assert all(called(day, first=True) for day in marked)
    assert all(f"end {day}" in chart.told() for day in days), "in words each is told as it is"


def test_one_day_far_off_does_not_press_the_others_together() -> None:
    row = TimeRow("row", "", (Day(date(2027, 2, 1), "ends", "end"), Day(date(2059, 1, 1), "ends", "end")))
    span = TimelineChart("Days", (row,), TODAY, KEY).span()
    assert span[1].year < 2038
    assert share(date(2059, 1, 1), span) == 1
