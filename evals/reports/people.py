"""What reports say of what people do: sessions, grades, and judges held against grades."""

from typing import Any

from evals.selectors import calibrations
from governance.models import Document
from governance.proof.sections import people
from governance.proof.sections.besides import since_notice
from governance.proof.sections.blocks import Block, Notice
from governance.proof.words.printed import figure
from governance.reports.printed import notices, section
from governance.selectors import documents as docs
from governance.selectors.held import Row

session_spec = section("session spec")
session_record = section("session")
human_grades = section("grades")
calibration_notices = notices("calibration")


def judge_calibration(document: Document, body: dict[str, Any], ledger_size: int | None = None) -> list[Block]:
    """How the judge grades the answers that people graded, and what its shares come to once corrected.

    With a ledger size also what people graded after it, by then.
    """
    since = missed_since(document, body, ledger_size) if ledger_size else None
    return list(people.judge_calibration(Row(document, body), since))


def missed_since(document: Document, body: dict[str, Any], ledger_size: int) -> str:
    """Return what people graded, or are grading, that a calibration does not rest on, at a ledger size."""
    rubric = docs.linked_one(document, "rubric")
    if rubric is None:
        return ""
    return calibrations.missed(document, calibrations.rounds(rubric, document.project, body["judge"], ledger_size))


def calibration_since(document: Document, body: dict[str, Any], ledger_size: int) -> list[Notice]:
    """Warn of grades that a calibration does not rest on: what people graded, or are grading, by a ledger size."""
    if since := missed_since(document, body, ledger_size):
        return [since_notice(since)]
    return []


def calibration_tells(_document: Document, body: dict[str, Any]) -> list[Notice]:
    """Say in words how the judge errs, before it is signed for deciding."""
    return [
        Notice(
            name,
            f"Of answers that people call good the judge finds {figure(c['sensitivity']['value'])}, of bad ones "
            f"{figure(c['specificity']['value'])}, on {c['good'] + c['bad']} answers. What it measures is corrected by "
            "these two figures, and their uncertainty widens every bound.",
        )
        for name, c in sorted(body["criteria"].items())
    ]
