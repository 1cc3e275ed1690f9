"""The ledger's pages, for those who may read it whole."""

from django.http import HttpResponse
from django.shortcuts import render

from governance import access, events, second_key
from governance.anchors.timestamp import REPLY
from governance.errors import Invalid, NotFound
from governance.models import Checkpoint, Project
from governance.selectors import history, proofs
from governance.selectors import ledger as select
from governance.selectors.anchors import states, time_stamp
from governance.selectors.keys import log_vkey, root_fingerprint
from governance.selectors.witnesses import contradictions, standing
from governance.web.document_page import findings_on
from governance.web.forms.lists import ConsistencyForm, LedgerFilter
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.tags import event_label
from governance.web.views.projects import project_of


@signed_in
def ledger(request: Request, slug: str = "") -> HttpResponse:
    """Entries newest first, of one project or of the whole organisation, each with its proof of inclusion."""
    project = project_of(request.user, slug) if slug else None
    access.require(request.user, "ledger.read", project)
    return _list(request, project)


@signed_in
def consistency(request: Request) -> HttpResponse:
    """The proof that a state of the ledger goes on from an older one, as a file for `countersign verify`."""
    access.require(request.user, "ledger.read", None)
    form = ConsistencyForm(request.GET)
    if form.is_valid():
        try:
            found = proofs.consistency(form.cleaned_data["old"], form.cleaned_data["new"])
        except Invalid as error:
            refused(form, error)
        else:
            name = f"{found.old}-{found.new}.consistency.json"
            headers = {"Content-Disposition": f'attachment; filename="{name}"'}
            return HttpResponse(found.model_dump_json(), content_type="application/json", headers=headers)
    return _list(request, None, asked=form)


def _list(request: Request, project: Project | None, asked: ConsistencyForm | None = None) -> HttpResponse:
    named = sorted(((name, event_label(name)) for name in events.ALL), key=lambda pair: pair[1])
    form = LedgerFilter(request.GET, events=[("refusal:", "Every refusal"), *named])
    wanted = form.cleaned_data if form.is_valid() else {}
    page = history.page(
        project=project.pk if project else None,
        event=wanted.get("event") or "",
        subject=(wanted.get("subject") or "").strip(),
        before=wanted.get("before"),
    )
    query = request.GET.copy()
    query.pop("before", None)
    context = {
        "project": project,
        "tab": "ledger",
        "form": form,
        "page": page,
        "query": query.urlencode(),
        "filtered": bool(wanted.get("event") or wanted.get("subject")),
        "checkpoint": Checkpoint.objects.order_by("-size").first(),
        "fingerprint": root_fingerprint() if page.size else "",
        "log_key": log_vkey() if page.size else "",
        "second_key": second_key.vkey(),
        "witnessed": standing(),
        "anchors": states(),
        "contradictions": contradictions(),
        "consistency": None if project else asked or ConsistencyForm(),
    }
    return render(request, "governance/ledger.html", context, status=400 if asked else 200)


@signed_in
def entry(request: Request, seq: int) -> HttpResponse:
    """One entry: its leaf, what it committed to, and the proof that it is in the tree."""
    if not history.exists(seq):
        raise NotFound(f"the ledger has no entry {seq}")
    access.require(request.user, "ledger.read", None)
    found = history.entries([seq], select.size())[0]
    context = {
        "entry": found,
        "previous": seq - 1 if seq else None,
        "next": seq + 1 if history.exists(seq + 1) else None,
        "provable": Checkpoint.objects.filter(size__gt=seq).exists(),
    } | findings_on(request.user, f"entry:{seq}", None)
    return render(request, "governance/ledger_entry.html", context)


@signed_in
def proof(request: Request, seq: int) -> HttpResponse:
    """One entry's proof as a file to check off line (C2SP tlog-proof)."""
    access.require(request.user, "ledger.read", None)
    headers = {"Content-Disposition": f'attachment; filename="entry-{seq}.tlog-proof"'}
    return HttpResponse(proofs.tlog_proof(seq), content_type="text/plain; charset=utf-8", headers=headers)


@signed_in
def checkpoint(request: Request, size: int) -> HttpResponse:
    """A checkpoint as the log signed it: the bytes that a time stamp is over."""
    access.require(request.user, "ledger.read", None)
    found = Checkpoint.objects.filter(size=size).first()
    if found is None:
        raise NotFound("there is no checkpoint of that size")
    headers = {"Content-Disposition": f'attachment; filename="{size:012d}.checkpoint"'}
    return HttpResponse(found.note, content_type="text/plain; charset=utf-8", headers=headers)


@signed_in
def stamp(request: Request, size: int) -> HttpResponse:
    """The time stamp on a checkpoint (RFC 3161 reply)."""
    access.require(request.user, "ledger.read", None)
    token = time_stamp(size)
    if token is None:
        raise NotFound("there is no time stamp on a checkpoint of that size")
    headers = {"Content-Disposition": f'attachment; filename="{size:012d}.tsr"'}
    return HttpResponse(token, content_type=REPLY, headers=headers)
