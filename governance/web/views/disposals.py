"""Disposals of what was kept long enough: chosen and drafted on a page, then signed as any other."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from governance.errors import CountersignError
from governance.selectors import disposals, retention
from governance.selectors import documents as docs
from governance.services import disposal as service
from governance.web.forms.disposals import PastRetentionForm
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in

AT_ONCE = 100
"""documents that one disposal is offered for: who signs it reads of each"""


@signed_in
def past_retention(request: Request) -> HttpResponse:
    """What is past its retention; draft a disposal of it. `document` in the address chooses one of them."""
    found = retention.past(docs.visible(request.user))
    wanted = request.GET.get("document", "")
    # The one that was asked for is offered, however many are older.
    offered = sorted(found, key=lambda one: one.document.digest != wanted)[:AT_ONCE]
    chosen = [one.document.digest for one in offered if not wanted or one.document.digest == wanted]
    form = PastRetentionForm(request.POST or None, past=offered, initial={"documents": chosen})
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            made = service.draft_past(actor=request.user, **form.cleaned_data)
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            messages.success(request, "The disposal is drafted. Freeze it, and ask for its signatures.")
            return redirect("draft", made.pk)
    context = {
        "form": form,
        "count": len(found),
        "left_out": len(found) - len(offered),
        "may_draft": disposals.may_draft(request.user),
    }
    return render(request, "governance/past_retention.html", context | more, status=status)
