"""The pages of a report on failures: page one and both sections as they follow from the failures in the evidence."""

from governance.proof.checks.failures import KIND, Failures, read
from governance.proof.pages import rebuilt
from governance.proof.pages.report import Report
from governance.proof.reading.text import Element
from governance.proof.sections import failures

__all__ = ["KIND", "TITLES", "lead", "section"]

TITLES = failures.TITLES


def lead(report: Report) -> dict[str, str]:
    """Return what page one must say first, by its labels; nothing of other reports."""
    if report.facts.evidence.report.kind != KIND:
        return {}
    subject = report.facts.subject
    title = str(report.facts.versioned(subject))
    return failures.lead(_found(report), report.facts.documents[subject].body, title)


def section(report: Report, title: str, part: Element) -> None:
    """Compare a section, part by part in order."""
    body = report.facts.documents[report.facts.subject].body
    rebuilt.blocks(report, title, part, failures.sections(_found(report), body)[title])


def _found(report: Report) -> Failures:
    return read(report.facts.evidence.findings or "")
