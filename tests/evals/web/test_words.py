"""Thresholds in words and intervals as drawings."""

from typing import Any

import pytest

from evals.web import tags
from tests.governance.web.world import verdict_line


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Exact match on all cases: at least 55 %"),
        ({"metric": "f1:ear", "slice": "vague"}, "F1 of ear on vague: at least 55 %"),
        ({"kind": "non_inferiority", "limit": "0.05"}, "Exact match on all cases: at most 5 points below the baseline"),
    ],
)
def test_demands(changes: dict[str, Any], words: str) -> None:
    assert tags.demand(verdict_line(**changes)) == words


def test_an_interval_keeps_inside_its_frame() -> None:
    for line in (
        verdict_line(low="0", high="1", value="1"),
        verdict_line(kind="non_inferiority", low="-1", high="0.2", value="-0.4", limit="0.1"),
        verdict_line(high=None),
        verdict_line(kind="non_inferiority", low="0", high="0", value="0", limit="0"),
    ):
        drawn = tags.interval(line)
        places = [float(part.split('"')[1]) for part in drawn.split(" ") if part.startswith(("x1=", "x2=", "cx="))]
        assert all(0 <= place <= tags.WIDTH for place in places), drawn


def test_nothing_measured_draws_nothing() -> None:
    assert tags.interval(verdict_line(value=None, low=None, high=None)) == ""


def test_tally() -> None:
    lines = [verdict_line(), verdict_line(verdict="FAIL"), verdict_line()]
    assert tags.tally(lines) == "2 passed, 1 failed"
