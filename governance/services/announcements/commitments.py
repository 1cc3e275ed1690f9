"""Who is told what of what people owe one another: tasks, reviews, delegations, answers."""

from datetime import datetime

from django.urls import reverse

from governance import access, notice_kinds
from governance.models import (
    Comment,
    Condition,
    Delegation,
    Review,
    SignoffRequest,
    User,
)
from governance.proof.answers.inforce import Standing
from governance.selectors import conditions, duties
from governance.selectors import signoff as select
from governance.selectors.due_terms import TOLD, Due
from governance.services import notices
from governance.services.announcements.requests import subjects
from governance.services.announcements.words import day, where
from governance.services.ledger import Mutation


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


def falls_due(one: Due, stage: str, at: datetime) -> bool:
    """Tell whoever can act on something of an app above that it is due soon or overdue; return whether it was new."""
    held = duties.holders(TOLD[one.what], one.project)
    over = stage == "overdue"
    return bool(
        notices.keep(
            {user.pk: user for users in held.values() for user in users}.values(),
            notice_kinds.FALLS_DUE,
            about=falls_due_about(one.what, one.key),
            occasion=f"{one.at:%Y-%m-%d} {stage}",
            subject=f"{one.words[0].upper()}{one.words[1:]}{', overdue' if over else f' on {day(one.at)}'}",
            text=f"“{one.title}” {where(one.project)}: {one.words}"
            f"{f', its day was {day(one.at)}' if over else f' by {day(one.at)}'}. So far: {one.note}.",
            link=reverse(one.page, args=[one.key]),
            at=at,
        )
    )


def falls_due_about(what: str, key: str) -> str:
    """Return what notices of something that falls due are about, so that they are settled when it is done."""
    return f"{what}:{key.removeprefix('sha256:')[:32]}"


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
    documents = duties.words(subjects(request))
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
