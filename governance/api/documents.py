"""Documents: listed, read, compared, submitted, and their sign-off revoked."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import base, fields, lookups
from governance.api.base import Download, View, page_of
from governance.api.document_shapes import (
    DiffOut,
    DiffQuery,
    DocumentDetailOut,
    DocumentOut,
    DocumentQuery,
    RevokeIn,
    StandingOut,
    StandingQuery,
    SubmitIn,
)
from governance.api.proofs import proven
from governance.errors import Invalid
from governance.models import Document, User
from governance.proof.answers.inforce import InForce
from governance.proof.words import differences
from governance.registry import PURPOSES
from governance.selectors import documents as docs
from governance.selectors import jobs, ledger, signoff
from governance.selectors.search import matching
from governance.services import documents as services
from governance.services import signoff as signoff_services

SHELF = "shelf"
# A standing is computed, not stored: a list filtered by it looks at every candidate.
MOST_STANDINGS = 2000


class Documents(View):
    """Documents one may see."""

    @extend_schema(operation_id="documents_list", parameters=[DocumentQuery], responses=page_of(DocumentOut))
    def get(self, request: Request) -> Response:
        """List documents by project, kind, series, standing or words."""
        asked = self.asked(DocumentQuery)
        rows = _filtered(self.person, asked)
        if "standing" not in asked:
            return self.listed(rows, DocumentOut, lambda page: {"standing": signoff.in_force_many(page)})
        candidates = list(rows[: MOST_STANDINGS + 1])
        if len(candidates) > MOST_STANDINGS:
            raise Invalid(
                "standing", f"found more than {MOST_STANDINGS} documents to look at; narrow by project, kind or q"
            )
        standing = signoff.in_force_many(candidates)
        chosen = [d for d in candidates if standing[d.digest].standing.value == asked["standing"]]
        return self.listed(chosen, DocumentOut, lambda page: {"standing": standing})

    @extend_schema(operation_id="document_submit", request=SubmitIn, responses={201: DocumentDetailOut})
    def post(self, request: Request) -> Response:
        """Freeze a finished document; the submitter is its contributor."""
        given = self.given(SubmitIn)
        made = services.document_submit(
            actor=self.person,
            project=lookups.place(self.person, given["project"]),
            kind=given["kind"],
            body=given["body"],
            references=given["references"],
            base=lookups.base(self.person, given["base"]),
        )
        return Response(detail(self.person, made), status=201)


class DocumentDetail(View):
    """One document."""

    @extend_schema(operation_id="document", parameters=[base.DIGEST], responses=DocumentDetailOut)
    def get(self, request: Request, digest: str) -> Response:
        """Return a document with its envelope, standing, signatures and references both ways."""
        return Response(detail(self.person, docs.get(self.person, fields.digest(digest))))


class DocumentRaw(Download):
    """One document's bytes."""

    @extend_schema(
        operation_id="document_raw",
        parameters=[base.DIGEST],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, digest: str) -> HttpResponse:
        """Return the canonical bytes: their SHA-256 is the digest."""
        found = docs.get(self.person, fields.digest(digest))
        docs.envelope(found)  # hashed again before it leaves
        name = found.digest.removeprefix("sha256:")
        disposition = {"Content-Disposition": f'attachment; filename="{name}.json"'}
        return HttpResponse(bytes(found.content), content_type="application/octet-stream", headers=disposition)


class DocumentDiff(View):
    """Two documents, compared."""

    @extend_schema(operation_id="document_diff", parameters=[base.DIGEST, DiffQuery], responses=DiffOut)
    def get(self, request: Request, digest: str) -> Response:
        """What changed from `base` to this document, in body and references."""
        after = docs.get(self.person, fields.digest(digest))
        before = docs.get(self.person, self.asked(DiffQuery)["base"])
        old, new = docs.envelope(before), docs.envelope(after)
        changes = [
            *differences.between(docs.display_body(before), docs.display_body(after), "body"),
            *differences.references(old.references, new.references),
        ]
        shown = {"base": before.digest, "digest": after.digest, "changes": [c.as_dict() for c in changes]}
        return Response(DiffOut(shown).data)


class DocumentStanding(View):
    """A document's standing at a moment."""

    @extend_schema(operation_id="document_standing", parameters=[base.DIGEST, StandingQuery], responses=StandingOut)
    def get(self, request: Request, digest: str) -> Response:
        """Whether the document was in force at a ledger size and time (default: now)."""
        found = docs.get(self.person, fields.digest(digest))
        asked = self.asked(StandingQuery)
        size = asked.get("ledger_size")
        if size is not None and size > (now := ledger.size()):
            raise Invalid("ledger_size", f"found {size}, expected at most {now}: the ledger is no larger")
        standing = signoff.in_force(found, size, asked.get("time"))
        return Response(StandingOut(standing, context={"names": names([standing])}).data)


class WaivedOut(serializers.Serializer[Any]):
    """Which waiver lets a red check be."""

    waiver = serializers.CharField(help_text="its digest")
    by = serializers.CharField(help_text="who signed it")
    until = serializers.CharField()


class LineOut(serializers.Serializer[Any]):
    """One check of the gate: what it found, and what mends it."""

    check = serializers.CharField()
    group = serializers.CharField()
    title = serializers.CharField()
    weight = serializers.ChoiceField(choices=["hard", "soft", "advisory"])
    passed = serializers.BooleanField()
    blocks = serializers.BooleanField()
    waived = serializers.BooleanField()
    waiver = WaivedOut(allow_null=True)
    found = serializers.CharField()
    expected = serializers.CharField()
    remedy = serializers.CharField()
    who = serializers.CharField()


class VerdictOut(serializers.Serializer[Any]):
    """The gate's answer: open when no check blocks."""

    open = serializers.BooleanField()
    checks = LineOut(many=True)


class DocumentGate(View):
    """The gate, asked without launching anything."""

    @extend_schema(operation_id="document_gate", parameters=[base.DIGEST], responses=VerdictOut)
    def get(self, request: Request, digest: str) -> Response:
        """What the gate would say if one launched this spec now. Changes nothing."""
        spec = docs.get(self.person, fields.digest(digest))
        return Response(VerdictOut(jobs.gate(user=self.person, spec=spec).as_dict()).data)


class DocumentRevoke(View):
    """A sign-off taken back."""

    @extend_schema(
        operation_id="document_revoke", parameters=[base.DIGEST], request=RevokeIn, responses={201: StandingOut}
    )
    def post(self, request: Request, digest: str) -> Response:
        """Revoke a document's sign-off: nothing new may rest on it, and running jobs that do are stopped."""
        found = docs.get(self.person, fields.digest(digest))
        signoff_services.revoke(actor=self.person, document=found, **proven(self.given(RevokeIn)))
        standing = signoff.in_force(found)
        return Response(StandingOut(standing, context={"names": names([standing])}).data, status=201)


def detail(user: User, document: Document) -> Any:
    """Return everything the API tells about a document; the services of the apps above answer with it, too."""
    standing = signoff.in_force_many([document])
    related = "target__project"
    visible = docs.visible(user)
    incoming = docs.dependants(document).filter(source__in=visible)
    context = {
        "standing": standing,
        "names": names(standing.values()),
        "links_out": [
            {"role": link.role, "document": link.target}
            for link in document.links_out.select_related(related).order_by("role", "target")
        ],
        "links_in": [{"role": link.role, "document": link.source} for link in incoming],
        "versions": list(
            Document.objects.filter(series=document.series_id).select_related("project").order_by("-number")
        ),
    }
    return DocumentDetailOut(document, context=context).data


def names(found: Iterable[InForce]) -> dict[str, str]:
    """Return the printed names of everybody who signed, by ledger id, in one query."""
    people = {signed.signer for standing in found for signed in standing.signatures}
    return {user.actor: user.printed_name for user in User.objects.filter(ledger_id__in=people)} if people else {}


def _filtered(user: User, asked: dict[str, Any]) -> "QuerySet[Document]":
    rows = docs.visible(user).select_related("project", "created_by", "series").order_by(asked["order"], "-seq")
    if (where := asked.get("project")) is not None:
        rows = rows.filter(project=None) if where == SHELF else rows.filter(project=lookups.project(user, where))
    if (kind := asked.get("kind")) is not None:
        rows = rows.filter(kind=kind)
    if (series := asked.get("series")) is not None:
        rows = rows.filter(series=series)
    if (launchable := asked.get("launchable")) is not None:
        specs = {purpose.spec_kind for purpose in PURPOSES.values()}
        rows = rows.filter(kind__in=specs) if launchable else rows.exclude(kind__in=specs)
    if words := asked.get("q", ""):
        rows = matching(rows, words)
    if asked["newest"]:
        later = Document.objects.filter(series=OuterRef("series"), number__gt=OuterRef("number"))
        rows = rows.filter(~Exists(later))
    return rows
