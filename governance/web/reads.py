"""The access log's one place: which addresses show what, for pages and API alike, noted once they have answered.

An answer that could not be noted is not given. A test walks all addresses and asks that each that names something
stands here or in `UNREAD`.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from governance.models import ApiToken, SignIn, User
from governance.services import reading

API = "api/v1/"
# Address → what its subject is called ("" for a digest, which names itself) and the part of the address that names it.
READS: dict[str, tuple[str, str]] = {
    "documents/<digest:digest>/": ("", "digest"),
    "documents/<digest:digest>/bytes/": ("", "digest"),
    "documents/<digest:digest>/exports/<slug:name>/": ("", "digest"),
    "documents/<digest:digest>/launch/": ("", "digest"),
    "documents/<result_digest:digest>/release/": ("", "digest"),
    "documents/<digest:digest>/comments/": ("", "digest"),
    "documents/<digest:digest>/revoke/": ("", "digest"),
    "documents/<result_digest:digest>/use/": ("", "digest"),
    "documents/<model_digest:digest>/dates/": ("", "digest"),
    "documents/<result_digest:digest>/custody/": ("", "digest"),
    "documents/<result_digest:digest>/dependants/": ("", "digest"),
    "documents/<result_digest:digest>/incident/": ("", "digest"),
    "documents/<result_digest:digest>/happened/": ("", "digest"),
    "documents/<result_digest:digest>/unsafe/": ("", "digest"),
    "documents/<result_digest:digest>/changes/": ("", "digest"),
    "documents/<result_digest:digest>/fallback/": ("", "digest"),
    "retirement/<base_digest:digest>/": ("", "digest"),
    "inventories/<result_digest:digest>/": ("", "digest"),
    "inventories/<result_digest:digest>/table.csv": ("", "digest"),
    "documents/<digest:digest>/waive/": ("", "digest"),
    "documents/<set_digest:digest>/findings/": ("", "digest"),
    "documents/<set_digest:digest>/cases/": ("", "digest"),
    "documents/<set_digest:digest>/cases/download/": ("", "digest"),
    "documents/<set_digest:digest>/cases/changes/": ("", "digest"),
    "documents/<set_digest:digest>/cases/retire/": ("", "digest"),
    "documents/<set_digest:digest>/cases/answers/": ("", "digest"),
    "documents/<set_digest:digest>/arms/": ("", "digest"),
    "documents/<looked_digest:digest>/failures/": ("", "digest"),
    "documents/<looked_digest:digest>/failures/download/": ("", "digest"),
    "documents/<looked_digest:digest>/failures/mark/": ("", "digest"),
    "documents/<looked_digest:digest>/what-if/": ("", "digest"),
    "documents/<looked_digest:digest>/inspect-log/": ("", "digest"),
    "attachments/<uuid:identifier>/": ("file", "identifier"),
    "documents/<digest:digest>/review/": ("", "digest"),
    "reviews/<uuid:identifier>/": ("review", "identifier"),
    "findings/<uuid:identifier>/": ("finding", "identifier"),
    "drafts/<uuid:identifier>/": ("draft", "identifier"),
    "drafts/<uuid:identifier>/form/": ("draft", "identifier"),
    "drafts/<uuid:identifier>/preview/": ("draft", "identifier"),
    "drafts/<uuid:identifier>/thresholds/": ("draft", "identifier"),
    "sessions/<uuid:identifier>/": ("job", "identifier"),
    "sessions/<uuid:identifier>/<int:number>/": ("job", "identifier"),
    "grading/<uuid:identifier>/": ("round", "identifier"),
    "grading/<uuid:identifier>/items/<str:name>/": ("round", "identifier"),
    "requests/<uuid:identifier>/": ("request", "identifier"),
    "runs/<uuid:identifier>/": ("job", "identifier"),
    "reports/<uuid:identifier>/file/": ("report", "identifier"),
    "people/<uuid:ledger_id>/": ("user", "ledger_id"),
    "people/<uuid:ledger_id>/leave/": ("user", "ledger_id"),
    "ledger/": ("ledger", ""),
    "projects/<slug:slug>/ledger/": ("ledger", "slug"),
    "ledger/<int:seq>/": ("entry", "seq"),
    "ledger/<int:seq>/proof": ("entry", "seq"),
    f"{API}documents/<str:digest>": ("", "digest"),
    f"{API}documents/<str:digest>/raw": ("", "digest"),
    f"{API}documents/<str:digest>/exports/<str:name>": ("", "digest"),
    f"{API}documents/<str:digest>/diff": ("", "digest"),
    f"{API}documents/<str:digest>/standing": ("", "digest"),
    f"{API}documents/<str:digest>/gate": ("", "digest"),
    f"{API}documents/<str:digest>/comments": ("", "digest"),
    f"{API}attachments/<str:id>/file": ("file", "id"),
    f"{API}documents/<str:digest>/consequences": ("", "digest"),
    f"{API}standing-approvals/<str:digest>/use": ("", "digest"),
    f"{API}base-models/<str:digest>/dates": ("", "digest"),
    f"{API}base-models/<str:digest>/dependants": ("", "digest"),
    f"{API}base-models/<str:digest>/custody": ("", "digest"),
    f"{API}releases/<str:digest>/changes": ("", "digest"),
    f"{API}incident": ("incident", ""),
    f"{API}incident/file": ("incident", ""),
    f"{API}fallback-plans/<str:digest>": ("", "digest"),
    f"{API}retirement/<str:digest>": ("", "digest"),
    f"{API}people/<str:id>": ("user", "id"),
    f"{API}people/<str:id>/leave": ("user", "id"),
    f"{API}quality-reports/<str:digest>/findings": ("", "digest"),
    f"{API}evaluation-sets/<str:digest>/cases": ("", "digest"),
    f"{API}evaluation-sets/<str:digest>/changes": ("", "digest"),
    f"{API}evaluation-sets/<str:digest>/answers": ("", "digest"),
    f"{API}plans/<str:digest>/arms": ("", "digest"),
    f"{API}results/<str:digest>/failures": ("", "digest"),
    f"{API}results/<str:digest>/failures/file": ("", "digest"),
    f"{API}results/<str:digest>/inspect-log": ("", "digest"),
    f"{API}inventories/<str:digest>/reconciliation": ("", "digest"),
    f"{API}findings/<str:id>": ("finding", "id"),
    f"{API}drafts/<str:id>": ("draft", "id"),
    f"{API}drafts/<str:id>/preview": ("draft", "id"),
    f"{API}sessions/<str:id>": ("job", "id"),
    f"{API}grading-rounds/<str:id>": ("round", "id"),
    f"{API}grading-rounds/<str:id>/items/<str:item>": ("round", "id"),
    f"{API}requests/<str:id>": ("request", "id"),
    f"{API}requests/<str:id>/presentation": ("request", "id"),
    f"{API}jobs/<str:id>": ("job", "id"),
    f"{API}jobs/<str:id>/log": ("job", "id"),
    f"{API}reports/<str:id>": ("report", "id"),
    f"{API}reports/<str:id>/file": ("report", "id"),
    f"{API}ledger/entries": ("ledger", ""),
    f"{API}ledger/leaves": ("ledger", ""),
    f"{API}ledger/entries/<str:seq>": ("entry", "seq"),
    f"{API}ledger/entries/<str:seq>/proof": ("entry", "seq"),
}
# Addresses that name something and show nothing of it that the log should tell, each with why.
UNREAD: dict[str, str] = {
    "projects/<slug:slug>/": "names and counts of what has its own address",
    "projects/<slug:slug>/documents/": "a list",
    "projects/<slug:slug>/requests/": "a list",
    "projects/<slug:slug>/runs/": "a list",
    "projects/<slug:slug>/reports/": "a list",
    "projects/<slug:slug>/reports/new/<slug:report>/": "a form",
    "reports/new/<slug:report>/": "a form",
    "projects/<slug:slug>/reports/rows/": "a list that refreshes itself",
    "projects/<slug:slug>/sessions/": "a list",
    "projects/<slug:slug>/candidates/": "what people proposed of development sets, which everybody here may see",
    "projects/<slug:slug>/candidates/download/": "what people proposed of development sets, as a file",
    "projects/<slug:slug>/failure-modes/": "the library, which is the same for everybody",
    "documents/<graded_digest:digest>/calibrate/": "a form",
    "documents/<graded_digest:digest>/judge/": "a form",
    f"{API}results/<str:digest>/judgements": "which verdict counts, and where it stands",
    "projects/<slug:slug>/grading/": "a list",
    "projects/<slug:slug>/grading/new/": "a form",
    "projects/<slug:slug>/drafts/new/": "a choice of forms",
    "projects/<slug:slug>/drafts/new/<str:kind>/": "an empty form",
    "projects/<slug:slug>/quality/new/": "a form",
    "projects/<slug:slug>/production-samples/new/": "a form",
    "projects/<slug:slug>/measures/new/": "a form; the document it begins from has its own address",
    "projects/<slug:slug>/measures/table/": "a table that the reader brought along",
    "projects/<slug:slug>/cases/new/": "a form",
    "projects/<slug:slug>/cases/understood/": "what the reader brought along",
    "projects/<slug:slug>/graders/new/": "a form",
    "documents/<set_digest:digest>/arms/new/": "a form",
    "documents/<set_digest:digest>/arms/differences/": "figures, part of a page that was noted",
    f"{API}plans/<str:digest>/arms/differences": "figures of results, which have their own address",
    "projects/<slug:slug>/datasets/new/": "a form",
    "projects/<slug:slug>/deployments/": "a list",
    "projects/<slug:slug>/deployments/new/": "a form",
    "projects/<slug:slug>/deployments/table/": "a form",
    "projects/<slug:slug>/fallback-plans/new/": "a form",
    "projects/<slug:slug>/changes/": "a list; what changed has addresses of its own",
    "incident/": "a form; what it finds has addresses of its own",
    "shelf/drafts/new/<str:kind>/": "an empty form",
    "due/calendar/<str:token>.ics": "days that fall due, for a calendar at a secret address; nobody has signed in",
    "documents/<digest:digest>/next/": "begins a draft, which is noted",
    "documents/<digest:digest>/readers/": "the access log itself",
    f"{API}documents/<str:digest>/exports": "a list of formats",
    f"{API}documents/<str:digest>/attachments": "a list of what has its own address",
    "passkeys/<uuid:identifier>/revoke/": "a form",
    "passkeys/<uuid:identifier>/vouch/": "a form",
    "ledger/checkpoints/<int:size>": "a checkpoint, meant to leave",
    "ledger/checkpoints/<int:size>/timestamp": "a checkpoint's time stamp, meant to leave",
    f"{API}ledger/checkpoint/<str:size>": "a checkpoint, meant to leave",
    f"{API}ledger/checkpoint/<str:size>/timestamp": "a checkpoint's time stamp, meant to leave",
    "reports/<uuid:identifier>/renewal/": "proofs about a sealed file, meant to leave",
    "runs/<uuid:identifier>/progress/": "refreshes a page that was noted",
    "sessions/<uuid:identifier>/live/": "refreshes a page that was noted",
    "grading/<uuid:identifier>/agreement/": "figures of a round, part of a page that was noted",
    f"{API}grading-rounds/<str:id>/agreement": "figures of a round, no output and no grade",
    f"{API}results/<str:digest>/failures/counts": "counts by slice and criterion, of a result that has its own address",
    f"{API}projects/<str:slug>/changes": "a list; what changed has addresses of its own",
    f"{API}projects/<str:slug>": "a project's name and people",
    f"{API}kinds/<str:name>": "the form of a kind of document",
    f"{API}kinds/<str:name>/templates": "ready-made texts to begin with",
}
LONGEST = 100


class AccessLog:
    """Notes what somebody read, after the answer is made and before it leaves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if match is None or request.method != "GET" or response.status_code != 200:
            return response
        known = READS.get(match.route)
        reader = _reader(request)
        if known is not None and reader is not None:
            noun, part = known
            name = str(match.kwargs[part]) if part else "all"
            subject = f"{noun}:{name}" if noun else name
            reading.note(user=reader[0], via=reader[1], subject=subject[:LONGEST], now=timezone.now())
        return response


def _reader(request: HttpRequest) -> tuple[User, str] | None:
    """Return who read, and in which session or with which token."""
    token = getattr(request, "auth", None)
    if isinstance(token, ApiToken):
        return token.user, f"token:{token.id}"
    row = getattr(request, "sign_in", None)
    return (row.user, f"session:{row.pk}") if isinstance(row, SignIn) else None
