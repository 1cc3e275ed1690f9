"""Who is told what of findings of auditors."""

from datetime import datetime

from django.urls import reverse

from governance import notice_kinds
from governance.models import AuditFinding, User
from governance.proof.history import audit_findings as rules
from governance.selectors.audit_findings import Finding
from governance.services import notices
from governance.services.announcements.words import day, where
from governance.services.ledger import Mutation

WAITING = [notice_kinds.FINDING, notice_kinds.FINDING_DUE]


def finding_given(m: Mutation, row: AuditFinding, owner: User, due: datetime, by: User) -> None:
    """Tell somebody that they answer for a finding."""
    notices.settle(_about(row), WAITING, at=m.time)
    notices.notify(
        m,
        [owner],
        notice_kinds.FINDING,
        about=_about(row),
        occasion=str(m.size),
        subject=f"A finding is yours to answer by {day(due)}",
        text=f"{by} made you answer for a finding of an auditor {where(row.project)}. Read it, and say by {day(due)} "
        "what is done about it. An auditor closes it.",
        link=_link(row),
    )


def finding_answered(m: Mutation, finding: Finding) -> None:
    """Tell who raised a finding that it was answered."""
    notices.settle(_about(finding.row), WAITING, at=m.time)
    notices.notify(
        m,
        [finding.row.by],
        notice_kinds.FINDING_ANSWERED,
        about=_about(finding.row),
        occasion=str(m.size),
        subject=f"A finding was answered: {finding.record.label}",
        text=f"{finding.owner} answered what you found {where(finding.row.project)}. Close it, or ask on.",
        link=_link(finding.row),
    )


def finding_closed(m: Mutation, finding: Finding, outcome: str) -> None:
    """Tell who answers for a finding, and who raised it, that it was closed."""
    notices.settle(_about(finding.row), [*WAITING, notice_kinds.FINDING_ANSWERED], at=m.time)
    notices.notify(
        m,
        [finding.owner, finding.row.by],
        notice_kinds.FINDING_ANSWERED,
        about=_about(finding.row),
        occasion=str(m.size),
        subject=f"A finding is closed: {finding.record.label}",
        text=f"{m.actor} closed it {where(finding.row.project)}. {rules.OUTCOMES[outcome].capitalize()}.",
        link=_link(finding.row),
    )


def finding_due(finding: Finding, stage: str, at: datetime) -> bool:
    """Tell a finding's owner that it is due soon, and who raised it, too, that it is overdue; return whether anybody
    was new to it.
    """
    over, due = stage == "overdue", finding.told.due
    return bool(
        notices.keep(
            [finding.owner, *([finding.row.by] if over else [])],
            notice_kinds.FINDING_DUE,
            about=_about(finding.row),
            occasion=stage,
            subject=f"{'A finding is overdue' if over else f'A finding is due on {day(due)}'}: {finding.record.label}",
            text=f"It was to be put right by {day(due)} {where(finding.row.project)}, and nobody closed it."
            if over
            else f"Say {where(finding.row.project)} by {day(due)} what is done about it.",
            link=_link(finding.row),
            at=at,
        )
    )


def _about(row: AuditFinding) -> str:
    return f"finding:{row.pk}"


def _link(row: AuditFinding) -> str:
    return reverse("finding", args=[row.pk])
