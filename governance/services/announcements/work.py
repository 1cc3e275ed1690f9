"""Who is told what of accounts, reports and jobs."""

from datetime import datetime

from django.urls import reverse

from governance import notice_kinds
from governance.models import (
    Document,
    Job,
    Report,
    User,
)
from governance.selectors import duties
from governance.selectors import signoff as select
from governance.services import notices
from governance.services.announcements.words import day, where
from governance.services.ledger import Mutation


def new_device(m: Mutation, user: User, session: str, method: str, browser: str) -> None:
    """Tell somebody that they signed in from a browser not seen before, or that another did."""
    notices.notify(
        m,
        [user],
        notice_kinds.NEW_DEVICE,
        about=f"session:{session}",
        subject="A sign-in from a browser not seen before",
        text=f"Somebody signed in as you, by {method}, with {browser}, on {day(m.time)} at {m.time:%H:%M} UTC. This "
        "browser was not used for your account before. If it was you, nothing needs doing. If it was not: sign out "
        "everywhere on your account page, change your password, and tell the owner of your organisation.",
        link=reverse("account"),
    )


def credentials_changed(m: Mutation, user: User, what: str) -> None:
    """Tell somebody that what they sign in with was changed: by themselves, by an owner, or by another."""
    notices.notify(
        m,
        [user],
        notice_kinds.CREDENTIALS,
        about=f"user:{user.actor}",
        occasion=str(m.size),
        subject=f"{what[0].upper()}{what[1:]}",
        text=f"For your account: {what}, on {day(m.time)} at {m.time:%H:%M} UTC. If you did not do or ask for this, "
        "tell the owner of your organisation.",
        link=reverse("account"),
    )


def report_ready(m: Mutation, report: Report) -> None:
    """Tell who asked for a report, or signed, that the report or the receipt is there."""
    if report.signature_id is None:
        _report(m.time, report, f"Ready: {report}", "It is sealed, and can be fetched.")
        return
    notices.notify(
        m,
        [report.requested_by],
        notice_kinds.RECEIPT,
        about=f"report:{report.pk}",
        subject=f"Your receipt: you signed {duties.words([report.subject] if report.subject else [])}",
        text="It shows what you signed, and can be checked without this server. Keep it.",
        link=reverse("signatures"),
    )


def report_failed(report: Report, error: str, at: datetime) -> None:
    """Tell who asked for a report that it could not be made. Nothing governed changed, so there is no mutation."""
    mend = "Have it made again on that page once that is mended; whoever runs this installation can tell what it takes."
    occasion = at.isoformat()  # each time anew, and not in place of the notice that it is ready
    _report(at, report, f"Could not be made: {report}", f"{error[:500]}. {mend}", occasion)


def job_ended(m: Mutation, job: Job, state: str, reason: str) -> None:
    """Tell who launched a job how it ended."""
    notices.notify(
        m,
        [job.requested_by],
        notice_kinds.JOB_ENDED,
        about=f"job:{job.pk}",
        subject=f"{state.capitalize()}: {job}",
        text=f"The job {where(job.project)} ended: {state}. {reason}".strip(),
        link=reverse("run", args=[job.pk]),
    )


def used(m: Mutation, job: Job, document: Document) -> None:
    """Tell the signers of a standing approval that a job was admitted under it."""
    standing = select.in_force(document, m.size, m.time)
    people = {person for signed in standing.signatures for person in signed.people}
    notices.notify(
        m,
        User.objects.filter(ledger_id__in=people),
        notice_kinds.USED,
        about=f"use:{document.digest}",
        occasion=str(job.pk),
        subject=f"Admitted under your signature: {job.spec}",
        text=f"{job.requested_by} launched {job.spec} {where(job.project)} under {duties.words([document])}, which you "
        "signed. There you see every use and what is left, and can stop it.",
        link=reverse("document", args=[document.digest]),
    )


def _report(at: datetime, report: Report, subject: str, text: str, occasion: str = "") -> None:
    notices.keep(
        [report.requested_by],
        notice_kinds.REPORT,
        about=f"report:{report.pk}",
        subject=subject,
        text=text,
        link=_place(report),
        at=at,
        occasion=occasion,
    )


def _place(report: Report) -> str:
    if report.signature_id is not None:
        return reverse("signatures")
    return reverse("project-reports", args=[report.project.slug]) if report.project else reverse("reports")
