"""Who is told what when something happens: one function for each occasion, called where it happens."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from governance import access, notice_kinds
from governance.inforce import Standing
from governance.models import (
    Comment,
    Condition,
    Delegation,
    Document,
    Job,
    Project,
    Report,
    Review,
    Signature,
    SignoffRequest,
    User,
)
from governance.selectors import conditions, duties
from governance.selectors import signoff as select
from governance.services import notices
from governance.services.ledger import Mutation

SIGN = (notice_kinds.ASKED, notice_kinds.REMINDER, notice_kinds.ESCALATED)
"""What is settled once a request is signed or over."""


def about(request: SignoffRequest) -> str:
    """Return how notices name a request."""
    return f"request:{request.pk}"


def where(project: Project | None) -> str:
    """Return where something lies, as a text says it."""
    return f"in {project.name}" if project is not None else "on the organisation's shelf"


def day(moment: datetime | None) -> str:
    """Return a day as a text says it, in UTC."""
    if moment is None:
        return "no day"
    return f"{moment.day} {moment:%B %Y}"


def requested(m: Mutation, request: SignoffRequest, documents: Sequence[Document]) -> None:
    """Tell those who can sign that their signature is asked."""
    known = duties.rules(request, documents)
    days = [rule.request_days for rule in known.values() if rule.request_days is not None]
    limit = f" It can be signed for {min(days)} days." if days else ""
    notices.notify(
        m,
        duties.signers(request, documents, m.time),
        notice_kinds.ASKED,
        about=about(request),
        subject=f"Your signature is asked: {duties.words(documents)}",
        text=f"{request.requested_by} asks for your signature {where(request.project)} on "
        f"{duties.words(documents)}. Asked to sign: {duties.roles_in_words(known.values())}.{limit}",
        link=reverse("request", args=[request.pk]),
    )


def signed(m: Mutation, request: SignoffRequest, signer: User) -> None:
    """After a signature: the signer's own notices are settled; when none is missing any more, tell who cares."""
    notices.settle(about(request), SIGN, at=m.time, to=signer)
    documents = _subjects(request)
    standing = select.in_force_many(documents, m.size, m.time)
    mine = [found for found in standing.values() if found.request == str(request.pk)]
    if not mine or any(found.standing is Standing.PENDING for found in mine):
        return
    _over(
        m,
        request,
        documents,
        notice_kinds.COMPLETE,
        f"All signatures are there: {duties.words(documents)}",
        f"{duties.words(documents)} {where(request.project)}: the last signature was {signer}'s.",
    )


def reminded(
    request: SignoffRequest, documents: Sequence[Document], missing: Sequence[str], rounds: int, at: datetime
) -> bool:
    """Remind those whose signature is missing, once in each round; return whether anybody was new to it."""
    return bool(
        notices.keep(
            duties.signers(request, documents, at, missing),
            notice_kinds.REMINDER,
            about=about(request),
            occasion=str(rounds),
            subject=f"Your signature is still asked: {duties.words(documents)}",
            text=f"{request.requested_by} asked for it on {day(request.at)} {where(request.project)}. "
            f"Missing: {access.words(missing)}.",
            link=reverse("request", args=[request.pk]),
            at=at,
        )
    )


def escalated(m: Mutation, request: SignoffRequest, documents: Sequence[Document], people: Sequence[User]) -> None:
    """Tell those whom the policy names that signatures are overdue."""
    waiting = ", ".join(str(user) for user in duties.signers(request, documents, m.time)) or "nobody can sign it"
    notices.notify(
        m,
        people,
        notice_kinds.ESCALATED,
        about=about(request),
        subject=f"Signatures are overdue: {duties.words(documents)}",
        text=f"{request.requested_by} asked for them on {day(request.at)} {where(request.project)}, and the policy "
        f"says that you are told now. Who could sign: {waiting}.",
        link=reverse("request", args=[request.pk]),
    )


def ran_out(request: SignoffRequest, at: datetime) -> bool:
    """Tell that a request was not signed in time; return whether anybody was new to it."""
    documents = _subjects(request)
    asked = User.objects.filter(notices__about=about(request), notices__kind__in=SIGN).distinct()
    notices.settle(about(request), SIGN, at=at)
    return bool(
        notices.keep(
            [request.requested_by, *(d.created_by for d in documents), *asked],
            notice_kinds.RAN_OUT,
            about=about(request),
            subject=f"Not signed in time: {duties.words(documents)}",
            text=f"The request of {day(request.at)} {where(request.project)} ran out. Whoever still needs the "
            "signatures asks for them anew.",
            link=reverse("request", args=[request.pk]),
            at=at,
        )
    )


def ends_soon(document: Document, until: datetime, days: int, at: datetime) -> bool:
    """Tell author, requester and signers that a sign-off ends soon; return whether anybody was new to it."""
    requests = list(SignoffRequest.objects.filter(subjects__document=document).select_related("requested_by"))
    signatures = Signature.objects.filter(request__in=requests).select_related("signer")
    left = "tomorrow" if days == 1 else f"within {days} days"
    return bool(
        notices.keep(
            [document.created_by, *(r.requested_by for r in requests), *(s.signer for s in signatures)],
            notice_kinds.EXPIRES,
            about=f"document:{document.digest}",
            occasion=f"{until:%Y-%m-%d}/{days}",
            subject=f"Ends {left}: the sign-off of {duties.words([document])}",
            text=f"It is in force until {day(until)} {where(document.project)}. From then on nothing new can rest on "
            "it. If it is still right, have it signed anew.",
            link=reverse("document", args=[document.digest]),
            at=at,
        )
    )


def task_due(told: conditions.Told, stage: str, at: datetime) -> bool:
    """Tell a task's owner and who set it that it is due soon or overdue; return whether anybody was new to it."""
    request, due = told.row.signature.request, told.row.due
    over = stage == "overdue"
    people = [told.owner, *([told.row.signature.signer, request.requested_by] if over else [])]
    text = f"{told.stated.text}\n\nIt was to be done by {day(due)}; " if over else f"{told.stated.text}\n\n"
    text += (
        "the signature given under this condition has lapsed."
        if over
        else f"Unless it is confirmed as done by {day(due)}, the signature given under this condition lapses."
    )
    return bool(
        notices.keep(
            people,
            notice_kinds.TASK_DUE,
            about=f"condition:{told.row.pk}",
            occasion=stage,
            subject="A task is overdue" if over else f"A task is due on {day(due)}",
            text=text,
            link=reverse("request", args=[request.pk]),
            at=at,
        )
    )


def review_due(review: Review, stage: str, at: datetime) -> bool:
    """Tell who can close a review, and the author, that it is due soon or overdue; return whether anybody was new."""
    document = review.document
    standing = select.in_force(document, time=at)
    request = SignoffRequest.objects.filter(pk=standing.request).first() if standing.request else None
    over = stage == "overdue"
    return bool(
        notices.keep(
            [document.created_by, *(duties.reviewers(request, document) if request else [])],
            notice_kinds.REVIEW_DUE,
            about=f"review:{review.pk}",
            occasion=stage,
            subject=f"{'Lapsed for want of a review' if over else f'Review due on {day(review.due)}'}: "
            f"{duties.words([document])}",
            text=f"It was to be reviewed by {day(review.due)} {where(document.project)}, and nobody closed the review: "
            "its sign-off has lapsed. Have it signed anew."
            if over
            else f"Close the review {where(document.project)} by {day(review.due)}, or the sign-off lapses.",
            link=reverse("document", args=[document.digest]),
            at=at,
        )
    )


def rejected(m: Mutation, request: SignoffRequest, by: User, reason: str) -> None:
    """Tell that a request was rejected, and why."""
    documents = _subjects(request)
    subject = f"Rejected: {duties.words(documents)}"
    _over(m, request, documents, notice_kinds.REJECTED, subject, f"{by} rejected it.\n\nThe reason: {reason}")


def withdrawn(m: Mutation, request: SignoffRequest) -> None:
    """Tell those who were asked that nothing is asked any more."""
    documents = _subjects(request)
    subject = f"No signature is needed any more: {duties.words(documents)}"
    text = f"{request.requested_by} withdrew the request."
    _over(m, request, documents, notice_kinds.WITHDRAWN, subject, text)


def revoked(m: Mutation, document: Document, by: User, reason: str) -> None:
    """Tell authors, requesters and signers that a sign-off was revoked, and why."""
    requests = list(SignoffRequest.objects.filter(subjects__document=document).select_related("requested_by"))
    signatures = Signature.objects.filter(request__in=requests).select_related("signer")
    people = [document.created_by, *(r.requested_by for r in requests), *(s.signer for s in signatures)]
    notices.notify(
        m,
        people,
        notice_kinds.REVOKED,
        about=f"document:{document.digest}",
        occasion=str(m.size),
        subject=f"Revoked: the sign-off of {duties.words([document])}",
        text=f"{by} revoked it {where(document.project)}. Nothing new can rest on it; runs that do are stopped.\n\n"
        f"The reason: {reason}",
        link=reverse("document", args=[document.digest]),
    )


def task_given(m: Mutation, condition: Condition, to: User, text: str, by: User) -> None:
    """Tell somebody that a task on which a sign-off hangs is theirs."""
    request = condition.signature.request
    due = day(condition.due)
    notices.settle(f"condition:{condition.pk}", [notice_kinds.TASK, notice_kinds.TASK_DUE], at=m.time)
    notices.notify(
        m,
        [to],
        notice_kinds.TASK,
        about=f"condition:{condition.pk}",
        occasion=str(m.size),
        subject=f"A task is yours, due {due}",
        text=f"{by} made it yours {where(request.project)}: {text}. Unless it is confirmed as done by {due}, "
        "the signature that was given under this condition lapses.",
        link=reverse("request", args=[request.pk]),
    )


def condition_met(m: Mutation, condition: Condition, by: User) -> None:
    """Tell the requester, the task's owner and who signed under it that a condition is met."""
    request, owner = condition.signature.request, conditions.owner(condition)
    topic = f"condition:{condition.pk}"
    notices.settle(topic, [notice_kinds.TASK, notice_kinds.TASK_DUE], at=m.time)
    people = [request.requested_by, condition.signature.signer, *([owner] if owner else [])]
    documents = duties.words(_subjects(request))
    notices.notify(
        m,
        people,
        notice_kinds.CONDITION_MET,
        about=topic,
        subject=f"A condition is met: {documents}",
        text=f"{by} confirmed it {where(request.project)}, for {documents}.",
        link=reverse("request", args=[request.pk]),
    )


def delegation_given(m: Mutation, delegation: Delegation) -> None:
    """Tell somebody that they may sign for a colleague."""
    role = access.label(delegation.role)
    notices.notify(
        m,
        [delegation.to],
        notice_kinds.DELEGATION,
        about=f"delegation:{delegation.pk}",
        occasion="given",
        subject=f"You can sign for {delegation.by}, as {role}",
        text=f"{delegation.by} lets you sign as {role} {where(delegation.project)} from {day(delegation.starts_at)} to "
        f"{day(delegation.ends_at)}. Both names stand on what you sign so.",
        link=reverse("delegations"),
    )


def delegation_ended(m: Mutation, delegation: Delegation, by: User) -> None:
    """Tell both sides that a delegation ended before its time."""
    role = access.label(delegation.role)
    notices.notify(
        m,
        [delegation.to, delegation.by],
        notice_kinds.DELEGATION,
        about=f"delegation:{delegation.pk}",
        occasion="ended",
        subject=f"A delegation ended: {delegation.to} for {delegation.by}, as {role}",
        text=f"{by} ended it {where(delegation.project)}. What was signed under it stays signed.",
        link=reverse("delegations"),
    )


def commented(m: Mutation, comment: Comment) -> None:
    """Tell the author, those who can sign now, and (for an answer) who asked."""
    document = comment.document
    people: list[User | None] = [document.created_by]
    if comment.answers is not None:
        people.append(comment.answers.by)
    standing = select.in_force(document, m.size, m.time)
    if standing.standing is Standing.PENDING:
        request = SignoffRequest.objects.select_related("project", "policy", "requested_by").get(pk=standing.request)
        lacking = [role for role, _ in standing.missing]
        people += [request.requested_by, *duties.signers(request, [document], m.time, lacking)]
    notices.notify(
        m,
        people,
        notice_kinds.COMMENT,
        about=f"comment:{comment.pk}",
        subject=f"{comment.kind.capitalize()} on {duties.words([document])}",
        text=f"{comment.by} wrote a {comment.kind}".replace("a answer", "an answer")
        + f"{f' at {comment.place}' if comment.place else ''} {where(document.project)}. Read it on the page.",
        link=reverse("document", args=[document.digest]),
    )


def review_opened(m: Mutation, review: Review, why: str) -> None:
    """Tell the author and who can close it that a review was opened."""
    document = review.document
    standing = select.in_force(document, m.size, m.time)
    request = SignoffRequest.objects.filter(pk=standing.request).first() if standing.request else None
    people = [document.created_by, *(duties.reviewers(request, document) if request else [])]
    notices.notify(
        m,
        people,
        notice_kinds.REVIEW,
        about=f"review:{review.pk}",
        subject=f"Review until {day(review.due)}: {duties.words([document])}",
        text=f"A review was opened {where(document.project)}: {why}. Unless somebody who can sign it closes the review "
        f"by {day(review.due)}, its sign-off lapses.",
        link=reverse("document", args=[document.digest]),
    )


def review_closed(m: Mutation, review: Review, by: User) -> None:
    """Tell the author and who opened it that a review was closed: the document stands."""
    topic = f"review:{review.pk}"
    notices.settle(topic, [notice_kinds.REVIEW, notice_kinds.REVIEW_DUE], at=m.time)
    document = review.document
    notices.notify(
        m,
        [document.created_by, *([review.by] if review.by else [])],
        notice_kinds.REVIEW_CLOSED,
        about=topic,
        subject=f"It stands as it is: {duties.words([document])}",
        text=f"{by} closed the review {where(document.project)}: the document stands.",
        link=reverse("document", args=[document.digest]),
    )


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
        subject=f"Your receipt: you signed {duties.words([report.subject])}",
        text="It shows what you signed, and can be checked without this server. Keep it.",
        link=reverse("signatures"),
    )


def report_failed(report: Report, error: str, at: datetime) -> None:
    """Tell who asked for a report that it could not be made. Nothing governed changed, so there is no mutation."""
    _report(at, report, f"Could not be made: {report}", f"{error[:500]} Ask for it again, or tell who runs this.")


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


def _report(at: datetime, report: Report, subject: str, text: str) -> None:
    notices.keep(
        [report.requested_by],
        notice_kinds.REPORT,
        about=f"report:{report.pk}",
        subject=subject,
        text=text,
        link=reverse("project-reports", args=[report.project.slug]) if report.project else reverse("reports"),
        at=at,
    )


def _over(
    m: Mutation, request: SignoffRequest, documents: Sequence[Document], kind: str, subject: str, text: str
) -> None:
    """Tell everybody a request concerned that it is over."""
    asked = User.objects.filter(notices__about=about(request), notices__kind__in=SIGN).distinct()
    signatures = Signature.objects.filter(request=request).select_related("signer")
    people = [request.requested_by, *(d.created_by for d in documents), *(s.signer for s in signatures)]
    if kind != notice_kinds.COMPLETE:  # who need not sign any more learns nothing from who else did
        people += list(asked)
    notices.settle(about(request), SIGN, at=m.time)
    notices.notify(
        m, people, kind, about=about(request), subject=subject, text=text, link=reverse("request", args=[request.pk])
    )


def _subjects(request: SignoffRequest) -> list[Document]:
    return list(
        Document.objects.filter(requested_in__request=request)
        .select_related("project", "series", "created_by")
        .order_by("kind", "seq")
    )
