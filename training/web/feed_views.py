"""Pages of base models and their dates: the catalogue, what each source said of a model, and recording more."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render

from governance import access
from governance.errors import CountersignError, NotFound
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import signoff
from governance.selectors.people import is_member
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from training.kinds import tuning as kinds
from training.kinds.observations import OBSERVATIONS
from training.selectors import catalogue, feeds, observations, usual
from training.services import observations as service
from training.services.observations import Brought
from training.web.feed_forms import FeedForm, ObservationForm

PER_PAGE = 25
MOST_WORDS = 200
"""words of one source on one thing that a page shows"""


@signed_in
def base_models(request: Request) -> HttpResponse:
    """Every base model, when it ends as far as anybody says, and how the sources stand that say so."""
    _members_only(request)
    days = observations.stale_days()
    page = Paginator(catalogue.entries(stale_days=days), PER_PAGE).get_page(request.GET.get("page"))
    standing = signoff.in_force_many(entry.document for entry in page.object_list)
    context = {
        "tab": "base-models",
        "page": page,
        "earlier": "Ending before",
        "later": "Ending after",
        "rows": [(entry, standing[entry.document.digest]) for entry in page.object_list],
        "sources": feeds.states(stale_days=days),
        "stale_days": days,
        "may_record": _may_record(request),
    }
    return render(request, "training/base_models.html", context)


@signed_in
def dates(request: Request, digest: str) -> HttpResponse:
    """What each source ever said of one base model: what holds, what moved, where they disagree."""
    document = docs.get(request.user, digest)
    if document.kind != kinds.BASE_MODEL:
        raise NotFound("there is no such base model")
    history = observations.history(document)
    context = {
        "tab": "base-models",
        "document": document,
        "body": docs.body(document),
        "history": history,
        "tracks": [(track, list(_pairs(track))) for track in history.tracks],
        "current": [(word, catalogue.last_read(word)) for word in history.current],
        "usual": usual.notice_of(document),
        "may_record": _may_record(request),
    }
    return render(request, "training/base_model_dates.html", context)


@signed_in
def bring(request: Request) -> HttpResponse:
    """Record a feed: all of it or, where a record is not understood, nothing."""
    _members_only(request)
    form = FeedForm(request.POST or None, request.FILES or None)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        wanted = form.cleaned_data
        try:
            brought = service.bring(
                actor=request.user,
                form=wanted["form"],
                chunks=wanted["file"].chunks(),
                name=wanted["file"].name,
                source=wanted["source"],
                url=wanted["url"],
                retrieved_at=service.moment_of(wanted["retrieved_on"]),
                complete=wanted["complete"],
            )
        except NotFound:
            raise
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            messages.success(request, _told(brought))
            return redirect("document", brought.document.digest)
    context = {"tab": "base-models", "form": form, "may_record": _may_record(request)}
    return render(request, "training/feed_bring.html", context | more, status=status)


@signed_in
def observe(request: Request) -> HttpResponse:
    """Record one thing that somebody read at a source."""
    _members_only(request)
    initial = {name: request.GET.get(name, "") for name in ("model", "channel")}
    form = ObservationForm(request.POST or None, initial=initial)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        wanted = dict(form.cleaned_data)
        try:
            brought = service.observe(
                actor=request.user, retrieved_at=service.moment_of(wanted.pop("retrieved_on")), **wanted
            )
        except NotFound:
            raise
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            messages.success(request, _told(brought))
            return redirect("document", brought.document.digest)
    context = {"tab": "base-models", "form": form, "may_record": _may_record(request)}
    return render(request, "training/observation_new.html", context | more, status=status)


def _told(brought: Brought) -> str:
    counts = f"{brought.new} new, {brought.moved} moved, {brought.gone} gone, {brought.same} as before"
    return " ".join((f"Recorded: {counts}.", *brought.notes))


def _pairs(track: observations.Track) -> list[tuple[Any, Any]]:
    """Return each word, the newest first, with the one before it (None: the first)."""
    words = track.words[-MOST_WORDS:]
    return [*reversed(list(zip(words, (None, *words), strict=False)))]


def _members_only(request: Request) -> None:
    if not is_member(request.user):
        raise NotFound("there is no such page")


def _may_record(request: Request) -> bool:
    held = access.roles_of(request.user, None)
    return bool(KINDS[OBSERVATIONS].authors & held) and access.can(request.user, service.ACTION, None)
