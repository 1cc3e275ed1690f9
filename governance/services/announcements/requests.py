"""Who is told what of requests for signature and of sign-offs: asked, signed, late, over, revoked."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from governance import access, notice_kinds
from governance.models import (
    Document,
    Signature,
    SignoffRequest,
    User,
)
from governance.proof.answers.inforce import Standing
from governance.selectors import duties
from governance.selectors import signoff as select
from governance.services import notices
from governance.services.announcements.words import about, day, where
from governance.services.ledger import Mutation

SIGN = (notice_kinds.ASKED, notice_kinds.REMINDER, notice_kinds.ESCALATED)
"""What is settled once a request is signed or over."""


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
    documents = subjects(request)
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
    documents = subjects(request)
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


def rejected(m: Mutation, request: SignoffRequest, by: User, reason: str) -> None:
    """Tell that a request was rejected, and why."""
    documents = subjects(request)
    subject = f"Rejected: {duties.words(documents)}"
    _over(m, request, documents, notice_kinds.REJECTED, subject, f"{by} rejected it.\n\nThe reason: {reason}")


def withdrawn(m: Mutation, request: SignoffRequest, by: User) -> None:
    """Tell those who were asked that nothing is asked any more."""
    documents = subjects(request)
    subject = f"No signature is needed any more: {duties.words(documents)}"
    whose = "" if request.requested_by_id == by.pk else f" of {request.requested_by}, who left"
    text = f"{by} withdrew the request{whose}."
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


def subjects(request: SignoffRequest) -> list[Document]:
    """Return the documents a request asks signatures for."""
    return list(
        Document.objects.filter(requested_in__request=request)
        .select_related("project", "series", "created_by")
        .order_by("kind", "seq")
    )
