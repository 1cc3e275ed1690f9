"""Comments and questions on a document: a page of their own, and the part of other pages that unfolds."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from governance.errors import CountersignError
from governance.models import Comment, Document
from governance.proof.words.difference_words import label
from governance.selectors import comments as select
from governance.selectors import documents as docs
from governance.services.comments import comment_make
from governance.web.forms.signing import CommentForm
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in


@signed_in
def comments(request: Request, digest: str) -> HttpResponse:
    """What was said about a document or a section of it (`?place=`), and a place to say more."""
    document = docs.get(request.user, digest)
    if request.method != "POST":
        return _show(request, document, request.GET.get("place", ""))
    form = CommentForm(request.POST)
    place = request.POST.get("place", "")
    if not form.is_valid():
        return _show(request, document, place, status=400, wrong="Write something first, in at most 10,000 characters.")
    said = form.cleaned_data
    answers = said["answers"]
    try:
        comment_make(
            actor=request.user,
            document=document,
            kind=said["kind"],
            text=said["text"],
            place=said["place"],
            answers=Comment.objects.filter(pk=answers, document=document).first() if answers else None,
        )
    except CountersignError as error:
        more = refused(form, error)
        wrong = " ".join(str(finding) for finding in more.get("findings", ())) or form.errors.as_text()
        return _show(request, document, place, status=error.status, wrong=wrong)
    if request.htmx:
        return _show(request, document, place)
    return redirect(reverse("comments", args=[digest]) + ("?" + urlencode({"place": place}) if place else ""))


def _show(request: Request, document: Document, place: str, *, status: int = 200, wrong: str = "") -> HttpResponse:
    section = select.section(place)
    threads = select.threads([document])[document.digest]
    whole = not section and not request.htmx
    context = {
        "document": document,
        "project": document.project,
        "tab": "documents",
        "place": section,
        "threads": threads if whole else select.by_place(threads).get(section, []),
        "show_places": whole,
        "sections": [(name, label(name)) for name in docs.envelope(document).body] if whole else [],
        "wrong": wrong,
        "typed": request.POST.get("text", "") if wrong else "",
    }
    template = "governance/_threads.html" if request.htmx else "governance/comments.html"
    return render(request, template, context, status=status)
