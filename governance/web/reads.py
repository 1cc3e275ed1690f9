"""The access log's one place: which addresses show what, for pages and API alike, noted once they have answered.

An answer that could not be noted is not given. A test walks all addresses and asks that each stands in `READS`, in
`ASKED` or, with the reason, in `UNREAD`.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch
from django.utils import timezone

from governance.models import ApiToken, Project, SignIn, User
from governance.proof.formats.envelope import SHELF
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
# Address → what its subject is called, and the parameters of which the first that is given names it (a digest names
# itself). Without any the subject is all that the reader may see.
ASKED: dict[str, tuple[str, tuple[str, ...]]] = {
    "as-of/": ("as-of", ("document", "project")),
    "register/": ("register", ("project",)),
    "register/table.csv": ("register", ("project",)),
    "retirement/": ("retirement", ()),
    f"{API}as-of": ("as-of", ("document", "project")),
    f"{API}register": ("register", ("project",)),
    f"{API}retirement": ("retirement", ()),
    f"{API}releases/gate": ("gate", ("result",)),
}
# Addresses that show nothing that the log should tell, each with why.
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
    "": "what waits for the reader; each has its own address",
    "search/": "a list",
    "notices/": "what the reader was told",
    "due/": "a list",
    "due/table.csv": "a list, as a file",
    "due/past-retention/": "a list",
    "reviews/": "a list",
    "findings/": "a list",
    "findings/new/": "a form",
    "signatures/": "the reader's own signatures",
    "signatures/register.csv": "the reader's own signatures, as a file",
    "projects/": "a list",
    "new-project/": "a form",
    "people/": "a list",
    "delegations/": "the reader's own, and those of the places they own",
    "shelf/": "a list",
    "shelf/drafts/new/": "a choice of forms",
    "reports/": "a list",
    "reports/rows/": "a list that refreshes itself",
    "base-models/": "a list",
    "base-models/feeds/new/": "a form",
    "base-models/observations/new/": "a form",
    "inventories/": "a list",
    "inventories/new/": "a form",
    "requalification/": "a list",
    "requalification/estimates/new/": "a form",
    "account/": "the reader's own account",
    "account/password/": "a form",
    "account/passkeys/new/": "a form",
    "account/codes/": "a form",
    "account/tokens/": "the reader's own tokens",
    "account/declaration/": "a form",
    "sign-in/": "a form; nobody has signed in",
    "sign-in/code/": "a form; nobody has signed in",
    "sign-in/passkey/": "a question to a device; nobody has signed in",
    "sign-in/sso/": "leads to the identity provider; nobody has signed in",
    "sign-in/sso/callback/": "comes back from the identity provider; nobody has signed in",
    "verify/": "a form",
    "verify/countersign-verify.pyz": "a program, the same for everybody",
    "keys/": "public keys, meant to leave",
    "keys/keyrings/": "public keys, meant to leave",
    "access-log/": "the access log itself",
    "ledger/consistency/": "a proof between two checkpoints, meant to leave",
    "api/schema/": "the description of the API",
    f"{API}me": "the reader's own account",
    f"{API}tokens": "the reader's own tokens",
    f"{API}inbox": "what waits for the reader; each has its own address",
    f"{API}notices": "what the reader was told",
    f"{API}notices/mode": "how the reader is told",
    f"{API}due": "a list",
    f"{API}past-retention": "a list",
    f"{API}reviews": "a list",
    f"{API}reviews/suggested": "a list",
    f"{API}findings": "a list",
    f"{API}people": "a list",
    f"{API}passkeys": "the reader's own passkeys",
    f"{API}passkeys/waiting": "a list",
    f"{API}projects": "a list",
    f"{API}kinds": "a list of forms",
    f"{API}documents": "a list",
    f"{API}conditions": "a list",
    f"{API}delegations": "the reader's own, and those of the places they own",
    f"{API}drafts": "a list",
    f"{API}requests": "a list",
    f"{API}signatures": "the reader's own signatures",
    f"{API}jobs": "a list",
    f"{API}sessions": "a list",
    f"{API}grading-rounds": "a list",
    f"{API}candidates": "what people proposed of development sets, which everybody here may see",
    f"{API}candidates/file": "what people proposed of development sets, as a file",
    f"{API}failure-modes": "the library, which is the same for everybody",
    f"{API}case-formats": "a list of formats",
    f"{API}reads": "the access log itself",
    f"{API}reports": "a list",
    f"{API}reports/kinds": "a list of forms",
    f"{API}verifier": "of a program that is the same for everybody",
    f"{API}verifier/others": "of programs that are the same for everybody",
    f"{API}verifier/file": "a program, the same for everybody",
    f"{API}keys": "public keys, meant to leave",
    f"{API}ledger": "size and root, meant to leave",
    f"{API}ledger/checkpoint": "a checkpoint, meant to leave",
    f"{API}ledger/consistency": "a proof between two checkpoints, meant to leave",
    f"{API}ledger/renewal": "proofs about a sealed file, meant to leave",
    f"{API}ledger/anchors": "where checkpoints went, and when",
    f"{API}ledger/witnesses": "who cosigned checkpoints, and when",
    f"{API}base-models": "a list",
    f"{API}lifecycle/sources": "a list",
    f"{API}lifecycle/formats": "a list of formats",
    f"{API}inventories": "a list",
    f"{API}deployments": "a list",
    f"{API}requalification": "a list",
}
LONGEST = 100
ALL = "all"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class AccessLog:
    """Notes what somebody read, after the answer is made and before it leaves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if match is None or request.method != "GET" or response.status_code != 200:
            return response
        subject, reader = _subject(match, request), _reader(request)
        if subject and reader is not None:
            reading.note(user=reader[0], via=reader[1], subject=subject[:LONGEST], now=timezone.now())
        return response


def _subject(match: ResolverMatch, request: HttpRequest) -> str:
    """Return what was read ("sha256:…" or "noun:name"), or "" for what the log does not tell."""
    if (known := READS.get(match.route)) is not None:
        noun, part = known
        name = str(match.kwargs[part]) if part else ALL
        if part == "slug":
            name = _project(name)
        return f"{noun}:{name}" if noun else name
    if (asked := ASKED.get(match.route)) is not None:
        noun, parameters = asked
        given = (request.GET.get(parameter, "").strip() for parameter in parameters)
        name = next(filter(None, given), ALL)
        return name if DIGEST.fullmatch(name) else f"{noun}:{_project(name)}"
    return ""


def _project(slug: str) -> str:
    """Return what names a project in a leaf, which readers of other projects see: its identifier, and no word of it."""
    if slug in (ALL, SHELF):
        return slug
    return str(Project.objects.filter(slug=slug).values_list("pk", flat=True).first() or ALL)


def _reader(request: HttpRequest) -> tuple[User, str] | None:
    """Return who read, and in which session or with which token."""
    token = getattr(request, "auth", None)
    if isinstance(token, ApiToken):
        return token.user, f"token:{token.id}"
    row = getattr(request, "sign_in", None)
    return (row.user, f"session:{row.pk}") if isinstance(row, SignIn) else None
