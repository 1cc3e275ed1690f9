"""Search: anything by name, digest or identifier."""

from django.http import HttpResponse
from django.shortcuts import render

from governance.selectors import search as select
from governance.selectors import signoff
from governance.web.forms.lists import SearchForm
from governance.web.requests import Request, signed_in


@signed_in
def search(request: Request) -> HttpResponse:
    """What goes by this name or digest, within what I may see."""
    text = request.GET.get("q", "").strip()[:200]
    found = select.search(request.user, text)
    context = {
        "form": SearchForm(initial={"q": text}),
        "text": text,
        "found": found,
        "standings": signoff.in_force_many(found.documents),
        "limit": select.LIMIT,
    }
    return render(request, "governance/search.html", context)
