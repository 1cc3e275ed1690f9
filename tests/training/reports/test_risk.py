"""What the report of an assessment draws of lengths that no calendar holds."""

from datetime import date
from typing import Any

from governance.models import User
from tests.support.story import Story
from tests.training import continuity
from training.bodies.risk import BaseRow, Counts, RiskAssessmentBody
from training.reports import risk
from training.reports.risk import timeline
from training.selectors import fallbacks

ROW: dict[str, Any] = {
    "title": "m", "band": "red", "loss": "2027-03-01", "latest_start": "0001-01-01", "freeze_begins": None,
    "p50": "3000000", "p95": "9000000", "services": Counts(red=1, amber=0, unknown=0, green=0),
}  # fmt: skip


def test_requalifying_that_outlasts_the_calendar_is_drawn() -> None:
    given: dict[str, Any] = {"as_of": "2026-11-26T12:00:00.000000Z", "bases": [BaseRow.model_construct(**ROW)]}
    chart = timeline(RiskAssessmentBody.model_construct(**given))
    assert chart.rows[0].bars[0].end == date.max
    assert chart.span()[0] < date(2027, 3, 1) < chart.span()[1]


def test_who_signed_a_plan_is_told_by_what_they_signed(story: Story) -> None:
    plan = continuity.fallback(story)
    told = risk._fallback(fallbacks.plan(plan))
    assert "signed by" in told
    User.objects.update(printed_name="Somebody Else")
    assert risk._fallback(fallbacks.plan(plan)) == told
