"""Charts that no document tells of, read back from what is said of them to who cannot see them.

The verifier cannot know whether such a chart is right. It can hold it to its own words: what is drawn is then what is
said. So these are drawn from what they say, to the same places after the decimal point.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from governance.proof.charts.drawn import Chart
from governance.proof.charts.figures import (
    ChartRow,
    IntervalChart,
    RegionChart,
    RegionRow,
    StackChart,
)
from governance.proof.charts.intervals import Interval

_SHARE = r"(-?\d{1,6}\.\d) %"
_LIMIT = r"(-?\d{1,6}\.\d{1,20}) %"
_END = r"\.(?: |\Z)"
_ARM = re.compile(rf": measured {_SHARE} \({_SHARE} to {_SHARE}\)(?:, limit {_LIMIT})?{_END}")
_COUNTS = re.compile(rf": (\d+ [a-z ]+(?:, \d+ [a-z ]+)*){_END}")
_REGION = re.compile(
    rf": limit {_LIMIT}; (?:no measured share passes|{_SHARE} or (?:more|less) passes), "
    rf"(?:none fails|{_SHARE} or (more|less) fails)(?:; a true {_SHARE} is likely to be shown)?{_END}"
)
Row = tuple[str, re.Match[str]]


def read(caption: str, told: Sequence[str]) -> Chart | None:
    """Return the chart with a caption of which this is said, part by part; None where nothing of ours is said so."""
    if not told or not all(one.startswith(f"{caption} ") for one in told):
        return None
    rest = [one[len(caption) + 1 :] for one in told]
    for tail, make in _FORMS:
        parts = [_rows(one, tail) for one in rest]
        if all(parts) and (chart := make(caption, [row for part in parts for row in part])) is not None:
            return chart
    return None


def _rows(told: str, tail: re.Pattern[str]) -> list[Row]:
    """Return each row's label with what is said of it; none where something is said otherwise."""
    rows, at = list[Row](), 0
    while at < len(told):
        match = tail.search(told, at)
        if match is None:
            return []
        rows.append((told[at : match.start()], match))
        at = match.end()
    return rows


def _arms(caption: str, rows: Sequence[Row]) -> Chart:
    drawn = [ChartRow(label, None, _interval(m[1], m[2], m[3]), _share(m[4])) for label, m in rows]
    return IntervalChart(caption, tuple(drawn), ("", "measured"))


def _counts(caption: str, rows: Sequence[Row]) -> Chart | None:
    counted = [(label, [one.partition(" ") for one in match[1].split(", ")]) for label, match in rows]
    parts = tuple(part for _, _, part in counted[0][1])
    if any(tuple(part for _, _, part in row) != parts for _, row in counted):
        return None
    return StackChart(caption, parts, tuple((label, tuple(int(n) for n, _, _ in row)) for label, row in counted))


def _regions(caption: str, rows: Sequence[Row]) -> Chart:
    drawn = []
    for named, m in rows:
        label, _, note = named.rpartition(", ")
        above = "or more passes" in m[0] or "or less fails" in m[0]
        limit = _share(m[1]) or Decimal(0)
        drawn.append(RegionRow(label, note, limit, _share(m[2]), _share(m[3]), _share(m[5]), above))
    return RegionChart(caption, tuple(drawn))


_FORMS: Sequence[tuple[re.Pattern[str], Callable[[str, Sequence[Row]], Chart | None]]] = (
    (_ARM, _arms),
    (_COUNTS, _counts),
    (_REGION, _regions),
)


def _interval(value: str, low: str, high: str) -> Interval:
    return Interval(*(_number(one) for one in (value, low, high)))


def _share(said: str | None) -> Decimal | None:
    return _number(said) if said is not None else None


def _number(said: str) -> Decimal:
    return Decimal(said.replace("\N{MINUS SIGN}", "-")) / 100
