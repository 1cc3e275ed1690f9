"""Asking for a waiver of soft checks, from the page of the gate that they keep closed."""

from datetime import UTC, date, datetime, time
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from governance.bodies import WAIVER
from governance.errors import CountersignError, Invalid, NotFound
from governance.models import Document
from governance.proof.formats.fields import rfc3339
from governance.registry import GATES
from governance.selectors import documents as docs
from governance.selectors import waivers
from governance.services.documents import document_submit
from governance.web.forms.signing import WaiverForm
from governance.web.middleware import findings_of
from governance.web.requests import Request, signed_in


@signed_in
def waive(request: Request, digest: str) -> HttpResponse:
    """The form of a waiver for one specification or result; POST freezes it, then it needs its signatures."""
    spec = docs.get(request.user, digest)
    if spec.kind not in GATES or spec.project is None:
        raise NotFound("there is no gate for such a document")
    choices = list(waivers.soft_checks(spec).items())
    if request.method != "POST":
        chosen = [name for name in request.GET.getlist("check") if name in dict(choices)]
        return _page(request, spec, WaiverForm(checks=choices, initial={"checks": chosen}))
    form = WaiverForm(request.POST, checks=choices)
    if not form.is_valid():
        return _page(request, spec, form, status=400)
    wanted = form.cleaned_data
    body = {name: wanted[name] for name in ("title", "checks", "reason", "risk", "measures")} | {
        "expires_at": _end_of(wanted["expires_on"]),
        "retrospective_due": _end_of(wanted["retrospective_on"]),
    }
    try:
        made = document_submit(
            actor=request.user,
            project=spec.project,
            kind=WAIVER,
            body=body,
            references=[{"role": "spec", "digest": spec.digest}],
        )
    except NotFound:
        raise
    except CountersignError as error:
        recorded = not isinstance(error, Invalid)
        return _page(request, spec, form, status=error.status, findings=findings_of(error), recorded=recorded)
    messages.success(request, "The waiver is frozen. It counts once it has its signatures; ask for them here.")
    return redirect("document", made.digest)


def _end_of(day: date) -> str:
    """Return the last second of a day in UTC, as documents spell times."""
    return rfc3339(datetime.combine(day, time(23, 59, 59), tzinfo=UTC))


def _page(request: Request, spec: Document, form: WaiverForm, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "project": spec.project,
        "tab": "documents",
        "spec": spec,
        "gate": GATES[spec.kind],
        "form": form,
        "known": waivers.of(spec),
    }
    return render(request, "governance/waive.html", context | more, status=status)
