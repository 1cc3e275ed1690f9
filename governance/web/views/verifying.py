"""Verifying a file that somebody brought, and the verifier to take away; both for everybody who has signed in."""

from typing import Any

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.errors import CountersignError, NotFound
from governance.selectors import verifying as select
from governance.web.forms.verifying import VerifyForm
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in

GROUPS = ((False, "Does not hold"), (True, "Holds"), (None, "Not shown by the file"))


@signed_in
def verify(request: Request) -> HttpResponse:
    """A form for a file; POST says what of it holds. Nothing of the file is kept."""
    form = VerifyForm(request.POST or None, request.FILES or None)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            found = select.outcome(form.given())
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            groups = [(title, [line for line in found["checks"] if line["ok"] is ok]) for ok, title in GROUPS]
            more = {"found": found, "groups": groups, "name": form.cleaned_data["file"].name}
            status = 200
    context = {"form": form, "verifier": select.verifier(), "others": select.others()}
    return render(request, "governance/verify.html", context | more, status=status)


@require_safe
@signed_in
def verifier(request: Request) -> HttpResponseBase:
    """The offline verifier as one file, for this server's system or for the one that is asked for."""
    found = select.verifier(request.GET.get("system", ""))
    if found is None:
        raise NotFound("the verifier was not made here: the operator does it with make verifier")
    return FileResponse(
        found.path.open("rb"), as_attachment=True, filename=found.path.name, content_type="application/octet-stream"
    )
