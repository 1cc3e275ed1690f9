"""The kinds of notices people are sent, in words. Pure.

A kind is `mandatory` when whoever it concerns must learn of it at once, whatever they chose: then it is mailed
immediately. Every other kind comes as the person chose: immediately, in a daily digest, or only on the page.
"""

from dataclasses import dataclass

IMMEDIATE, DIGEST, NONE = "immediate", "digest", "none"
MODES = {
    IMMEDIATE: "at once, one e-mail each",
    DIGEST: "once a day, all in one e-mail",
    NONE: "no e-mail, only on the page of notices",
}


@dataclass(frozen=True)
class NoticeKind:
    """A kind of notice, and how people read it."""

    name: str
    label: str
    mandatory: bool = False


KINDS: dict[str, NoticeKind] = {}


def _kind(name: str, label: str, *, mandatory: bool = False) -> str:
    KINDS[name] = NoticeKind(name, label, mandatory)
    return name


ASKED = _kind("asked", "your signature is asked")
REMINDER = _kind("reminder", "your signature is still asked")
ESCALATED = _kind("escalated", "signatures are overdue", mandatory=True)
COMPLETE = _kind("complete", "a request is complete")
REJECTED = _kind("rejected", "a request was rejected")
WITHDRAWN = _kind("withdrawn", "a request was withdrawn")
RAN_OUT = _kind("ran_out", "a request was not signed in time")
REVOKED = _kind("revoked", "a sign-off was revoked")
EXPIRES = _kind("expires", "a sign-off ends soon")
TASK = _kind("task", "a task is yours")
TASK_DUE = _kind("task_due", "a task is due")
CONDITION_MET = _kind("condition_met", "a condition is met")
REVIEW = _kind("review", "a review was opened")
REVIEW_DUE = _kind("review_due", "a review is due")
FALLS_DUE = _kind("falls_due", "something that has to be done again falls due")
REVIEW_CLOSED = _kind("review_closed", "a review was closed")
DELEGATION = _kind("delegation", "a delegation began or ended")
COMMENT = _kind("comment", "a comment, question or answer")
FINDING = _kind("finding", "a finding is yours to answer")
FINDING_DUE = _kind("finding_due", "a finding is due")
FINDING_ANSWERED = _kind("finding_answered", "a finding was answered or closed")
GRADING = _kind("grading", "outputs wait for your grade")
GRADED = _kind("graded", "a grading round is complete or over")
CONTINUITY = _kind("continuity", "something changed that services rest on")
REPORT = _kind("report", "a report is ready")
JOB_ENDED = _kind("job_ended", "a job ended")
CUSTODY = _kind("custody", "a restore drill failed, a hosted model changed, or a probe cannot be started")
USED = _kind("used", "something was admitted under a standing approval you signed")
USE_DIGEST = _kind("use_digest", "the week's uses of a standing approval you signed")
RECEIPT = _kind("receipt", "your receipt is ready")
NEW_DEVICE = _kind("new_device", "a sign-in from a new device", mandatory=True)
CREDENTIALS = _kind("credentials", "your password or second factor changed", mandatory=True)
