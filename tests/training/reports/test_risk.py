"""What the report of an assessment draws of lengths that no calendar holds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from governance.models import User
from governance.proof.charts.days import TimelineChart
from governance.proof.files.report_file import verify_report
from governance.proof.sections.blocks import Heading
from governance.reports import for_programs, tasks
from governance.reports.build import build_pdf
from governance.reports.gathered import gather
from governance.reports.model import ReportData
from governance.services import reports
from tests.governance.reports.lies import Told
from tests.support.story import Story
from tests.training import at_risk, continuity
from training.bodies.risk import BaseRow, Counts, RiskAssessmentBody
from training.reports import risk
from training.reports.risk import timeline
from training.selectors import fallbacks
from training.services import risk as services

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


def blocks(data: ReportData, change: Callable[[Any], Any]) -> ReportData:
    """Return a report whose blocks were changed: to nothing, they are left out."""
    first = (
        replace(one, blocks=tuple(made for block in one.blocks if (made := change(block)) is not None))
        for one in data.first
    )
    return replace(data, first=tuple(first))


def drawn(change: Callable[[TimelineChart], TimelineChart]) -> Callable[[ReportData], ReportData]:
    return lambda data: blocks(data, lambda one: change(one) if isinstance(one, TimelineChart) else one)


def later(chart: TimelineChart) -> TimelineChart:
    """Every day of every base model a year later."""
    year = timedelta(days=365)
    rows = (replace(row, days=tuple(replace(one, on=one.on + year) for one in row.days)) for row in chart.rows)
    return replace(chart, rows=tuple(rows))


def softened(chart: TimelineChart) -> TimelineChart:
    rows = (replace(row, note=row.note.replace("red", "green")) for row in chart.rows)
    return replace(chart, rows=tuple(rows))


LIES: dict[str, Callable[[ReportData], ReportData]] = {
    "dates shifted": drawn(later),
    "a band softened": drawn(softened),
    "a model left out": drawn(lambda chart: replace(chart, rows=chart.rows[1:])),
    "today moved": drawn(lambda chart: replace(chart, today=chart.today - timedelta(days=200))),
    "requalifying made short": drawn(
        lambda chart: replace(
            chart,
            rows=tuple(
                replace(row, bars=tuple(replace(bar, end=bar.start + timedelta(days=1)) for bar in row.bars))
                for row in chart.rows
            ),
        )
    ),
    "no timeline at all": lambda data: blocks(data, lambda one: None if isinstance(one, TimelineChart) else one),
    "a heading says green where the band is red": lambda data: blocks(
        data,
        lambda one: replace(one, text=one.text.replace(": red", ": green")) if isinstance(one, Heading) else one,
    ),
    "no warning that the latest start is over": lambda data: replace(
        data, exceptions=tuple(one for one in data.exceptions if one.label != "Latest start is over")
    ),
    "a warning of fewer services": lambda data: replace(
        data,
        exceptions=tuple(
            replace(one, text="0 services should have begun to requalify already: none.")
            if one.label == "Latest start is over"
            else one
            for one in data.exceptions
        ),
    ),
}


@pytest.mark.attack(
    name="with the seal key, print a retirement and continuity report with later dates, a softer band or a model less",
    caught_by="whoever verifies: the timeline is drawn again from the assessment's own bytes, and its words compared",
    unless="the assessment itself was made so; the file it names has what it was made from",
)
def test_a_softened_timeline_is_refused_although_it_is_sealed(story: Story) -> None:
    at_risk.hosted(story)
    at_risk.says(story, 20)
    at_risk.serves(story)
    at_risk.estimated(story)
    made = services.assess(actor=story.people["owner"])
    told = Told(gather(reports.request(actor=story.people["owner"], subject=made)), story.fingerprint)
    assert told.wrong(told.pdf) == []
    assert any(one.label == "Latest start is over" for one in told.data.exceptions)
    assert [row for one in told.data.first for b in one.blocks if isinstance(b, TimelineChart) for row in b.rows]
    missed = []
    for what, lie in LIES.items():
        data = lie(told.data)
        assert data != told.data, what
        if not told.lied(data):
            missed.append(what)
    assert not missed
    # The same as a file that is sealed with the key of the seal, as its reader gets it.
    lied = build_pdf(LIES["dates shifted"](told.data), told.evidence, for_programs.made(told.found).files)
    sealed = {what: tasks.sealed_file(told.found, pdf) for what, pdf in (("honest", told.pdf), ("lied", lied))}
    assert verify_report(sealed["honest"], story.fingerprint).code == 0
    found = verify_report(sealed["lied"], story.fingerprint)
    assert (found.code, {line.name for line in found.checks if line.ok is False}) == (1, {"pages"})
