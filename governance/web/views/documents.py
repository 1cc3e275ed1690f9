"""Documents: the list, one document, its bytes, and the acts that begin on its page."""

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from governance import access
from governance.downloads import sandboxed
from governance.errors import CountersignError
from governance.exports import formats
from governance.models import Document, Project
from governance.proof.answers.inforce import REQUESTABLE
from governance.registry import KINDS
from governance.selectors import consequences
from governance.selectors import documents as docs
from governance.selectors import signoff as select
from governance.selectors.search import matching
from governance.services import signoff
from governance.web import document_page, extensions, opened
from governance.web.forms.lists import DocumentFilter
from governance.web.forms.signing import RevokeForm
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.views.projects import project_of

PER_PAGE = 50
MOST_JUDGED = 500  # a filter by standing judges at most so many documents, the newest


@signed_in
def documents(request: Request, slug: str) -> HttpResponse:
    """The documents of a project."""
    return _list(request, project_of(request.user, slug))


@signed_in
def shelf(request: Request) -> HttpResponse:
    """The organisation's shelf: policies, base models and what else all projects share."""
    return _list(request, None)


def _list(request: Request, project: Project | None) -> HttpResponse:
    rows = docs.visible(request.user).filter(project=project).select_related("project", "series", "created_by")
    present = set(rows.order_by().values_list("kind", flat=True).distinct())
    kinds = [(name, kind.label.capitalize()) for name, kind in KINDS.items() if name in present]
    form = DocumentFilter(request.GET, kinds=kinds)
    wanted = form.cleaned_data if form.is_valid() else {}
    if wanted.get("q"):
        rows = matching(rows, wanted["q"])
    if wanted.get("kind"):
        rows = rows.filter(kind=wanted["kind"])
    routine = {name for name in present if name in KINDS and KINDS[name].routine}
    if not any(wanted.values()):
        rows = rows.exclude(kind__in=routine)
    judged: list[Document] | QuerySet[Document] = rows
    cut = False
    if wanted.get("standing"):
        newest = list(rows[: MOST_JUDGED + 1])
        cut = len(newest) > MOST_JUDGED
        found = select.in_force_many(newest[:MOST_JUDGED])
        judged = [d for d in newest[:MOST_JUDGED] if found[d.digest].standing.value == wanted["standing"]]
    page = Paginator(judged, PER_PAGE).get_page(request.GET.get("page"))
    standings = select.in_force_many(page.object_list)
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "project": project,
        "tab": "documents",
        "form": form,
        "page": page,
        "rows": [(d, standings[d.digest], standings[d.digest].standing in REQUESTABLE) for d in page.object_list],
        "some_requestable": any(standings[d.digest].standing in REQUESTABLE for d in page.object_list),
        "may_request": access.can(request.user, "signoff.request", project),
        "query": query.urlencode(),
        "filtered": any(wanted.values()),
        "cut": MOST_JUDGED if cut else 0,
        "left_out": [] if any(wanted.values()) else sorted(KINDS[name].label for name in routine),
        "act_templates": extensions.act_templates("shelf") if project is None else [],
    }
    fragment = request.htmx and not request.htmx.boosted
    return render(request, "governance/_documents.html" if fragment else "governance/documents.html", context)


@signed_in
def document(request: Request, digest: str) -> HttpResponse:
    """One document: what it is, what changed, who signed, what it rests on and what rests on it."""
    found = docs.get(request.user, digest)
    opened.note(request.session, found.digest)
    return _page(request, found)


def _page(request: Request, found: Document, *, status: int = 200, **more: Any) -> HttpResponse:
    context = document_page.context(request.user, found)
    context |= {"project": found.project, "tab": "documents"} | more
    return render(request, "governance/document.html", context, status=status)


@signed_in
def canonical_bytes(request: Request, digest: str) -> HttpResponse:
    """The document itself: the canonical bytes whose SHA-256 is its name."""
    found = docs.get(request.user, digest)
    content = docs.envelope(found).to_bytes()  # hashed again on the way
    name = quote(f"{found.kind}-v{found.number}-{digest.removeprefix('sha256:')[:12]}.json")
    return HttpResponse(
        content, content_type="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@signed_in
def exported(request: Request, digest: str, name: str) -> HttpResponse:
    """The lineage of a document for programs, as of now."""
    return sandboxed(formats.export(request.user, docs.get(request.user, digest), name))


@require_POST
@signed_in
def request_signatures(request: Request) -> HttpResponse:
    """Put one or several documents before their signers."""
    chosen = [docs.get(request.user, digest) for digest in request.POST.getlist("document")]
    made = signoff.request_open(actor=request.user, documents=chosen)
    messages.success(request, "Signatures requested.")
    return redirect("request", made.pk)


@signed_in
def revoke(request: Request, digest: str) -> HttpResponse:
    """Take the sign-off of a document back, having seen what that would bring about."""
    found = docs.get(request.user, digest)
    form = RevokeForm(request.POST or None)
    context: dict[str, Any] = {"document": found, "project": found.project, "tab": "documents", "form": form}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            signoff.revoke(actor=request.user, document=found, **form.said)
        except CountersignError as error:
            context |= refused(form, error)
            status = error.status
        else:
            messages.success(request, "The sign-off is revoked.")
            return redirect("document", found.digest)
    context |= {
        "standing": select.in_force(found),
        "consequences": consequences.of(request.user, found),
        "may_revoke": access.can(request.user, "signoff.revoke", found.project),
    }
    return render(request, "governance/revoke.html", context, status=status)
