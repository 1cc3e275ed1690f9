"""What the report of an assessment draws of lengths that no calendar holds."""

from datetime import date
from typing import Any

from training.bodies.risk import BaseRow, Counts, RiskAssessmentBody
from training.reports.risk import timeline

ROW: dict[str, Any] = {
    "title": "m", "band": "red", "loss": "2027-03-01", "latest_start": "0001-01-01", "freeze_begins": None,
    "p50": "3000000", "p95": "9000000", "services": Counts(red=1, amber=0, unknown=0, green=0),
}  # fmt: skip


def test_requalifying_that_outlasts_the_calendar_is_drawn() -> None:
    given: dict[str, Any] = {"as_of": "2026-11-26T12:00:00.000000Z", "bases": [BaseRow.model_construct(**ROW)]}
    chart = timeline(RiskAssessmentBody.model_construct(**given))
    assert chart.rows[0].bars[0].end == date.max
    assert chart.span()[0] < date(2027, 3, 1) < chart.span()[1]
