"""Who is told what when something happens: one function for each occasion, called where it happens."""

from governance.services.announcements.audits import finding_answered, finding_closed, finding_due, finding_given
from governance.services.announcements.commitments import (
    commented,
    condition_met,
    delegation_ended,
    delegation_given,
    review_closed,
    review_due,
    review_opened,
    task_due,
    task_given,
)
from governance.services.announcements.requests import (
    ends_soon,
    escalated,
    ran_out,
    rejected,
    reminded,
    requested,
    revoked,
    signed,
    withdrawn,
)
from governance.services.announcements.work import (
    credentials_changed,
    job_ended,
    new_device,
    report_failed,
    report_ready,
    used,
)

__all__ = [
    "commented",
    "condition_met",
    "credentials_changed",
    "delegation_ended",
    "delegation_given",
    "ends_soon",
    "escalated",
    "finding_answered",
    "finding_closed",
    "finding_due",
    "finding_given",
    "job_ended",
    "new_device",
    "ran_out",
    "rejected",
    "reminded",
    "report_failed",
    "report_ready",
    "requested",
    "review_closed",
    "review_due",
    "review_opened",
    "revoked",
    "signed",
    "task_due",
    "task_given",
    "used",
    "withdrawn",
]
