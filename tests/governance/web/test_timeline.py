"""The line of days on the page of what falls due: on every day all its words have room."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from governance.web import timeline

LETTER = 16  # of a name of a month, where letters are largest beside the drawing: on a phone
TODAY_ENDS = timeline.LEFT + 5 * LETTER


@pytest.mark.parametrize("ahead", [7, 30, 90, 365])
@given(st.dates(date(2026, 1, 1), date(2100, 1, 1)), st.times())
@example(date(2026, 10, 3), time())
@example(date(2026, 11, 28), time(23, 59))
def test_on_every_day_the_months_are_written_within_the_drawing(ahead: int, day: date, at: time) -> None:
    now = datetime.combine(day, at, UTC)
    found = timeline.strip([(now, "x")], now=now, until=now + timedelta(days=ahead)).ticks
    ends = [(tick.x - len(tick.text) * LETTER / 2, tick.x + len(tick.text) * LETTER / 2) for tick in found]
    assert all(left > TODAY_ENDS and right <= timeline.WIDTH for left, right in ends)
    assert all(before[1] < after[0] for before, after in pairwise(ends))
