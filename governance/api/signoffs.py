"""Requests for signature: opened, signed, rejected, withdrawn."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.access import ROLES
from governance.api import base, fields, lookups
from governance.api.base import PageQuery, Query, View, page_of
from governance.api.document_shapes import STANDINGS, DocumentNameOut, DocumentOut, MissingOut
from governance.api.documents import SHELF
from governance.api.fields import Body, Digest, Strict, Text
from governance.api.signing_shapes import SignedOut, SignIn, intent, signed_out
from governance.errors import Invalid
from governance.models import Document, RequestSubject, SignoffRequest
from governance.proof.answers.inforce import Standing
from governance.selectors import inbox, presentation, reasons, samples
from governance.selectors import signoff as select
from governance.selectors.statements import said
from governance.services import signing, signoff

MOST_REQUESTS = 1000


class RequestQuery(PageQuery):
    """Filters of the list of requests."""

    project = Text(required=False, help_text='short name of a project, or "shelf"')
    document = Digest(required=False)
    open = serializers.BooleanField(
        required=False,
        help_text=f"only those that wait for signatures (or do not); looks at {MOST_REQUESTS} requests at most",
    )


class RequestIn(Strict):
    """Documents of one project to be signed in one ceremony."""

    documents = serializers.ListField(child=Digest(), min_length=1, max_length=50)


class RejectIn(Strict):
    """Why one says no."""

    reason = Text(max_length=4000)


class WithdrawIn(Strict):
    """Nothing needs saying."""


class EndOut(serializers.Serializer[Any]):
    """How a request ended without agreement."""

    by = serializers.CharField(source="by.printed_name")
    reason = serializers.CharField(default="")
    at = serializers.DateTimeField()
    seq = serializers.IntegerField()


class RequestOut(serializers.Serializer[Any]):
    """A request for signature."""

    id = serializers.UUIDField()
    project = serializers.CharField(source="project.slug", default=None, allow_null=True)
    policy = serializers.CharField(source="policy_id", allow_null=True, help_text="null: the rule of the first policy")
    requested_by = serializers.CharField(source="requested_by.printed_name")
    at = serializers.DateTimeField()
    seq = serializers.IntegerField()
    open = serializers.SerializerMethodField()
    closes = serializers.SerializerMethodField(help_text="when it runs out unless it is complete")
    standings = serializers.SerializerMethodField(help_text="what became of it, document by document")
    missing = serializers.SerializerMethodField(help_text="signatures still needed, over all its documents")
    documents = serializers.SerializerMethodField()

    def get_open(self, request: SignoffRequest) -> bool:
        return any(standing is Standing.PENDING for standing in self._standings(request))

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_closes(self, request: SignoffRequest) -> Any:
        return min((found.closes for found in self._mine(request) if found.closes), default=None)

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=STANDINGS)))
    def get_standings(self, request: SignoffRequest) -> list[str]:
        return [standing.value for standing in self._standings(request)]

    @extend_schema_field(MissingOut(many=True))
    def get_missing(self, request: SignoffRequest) -> list[dict[str, Any]]:
        most: dict[str, int] = {}
        for found in self._mine(request):
            for role, count in found.missing if found.standing is Standing.PENDING else ():
                most[role] = max(count, most.get(role, 0))
        return [{"role": role, "count": count} for role, count in sorted(most.items())]

    @extend_schema_field(DocumentOut(many=True))
    def get_documents(self, request: SignoffRequest) -> Any:
        return DocumentOut(self.context["subjects"][request.pk], many=True, context=self.context).data

    def _mine(self, request: SignoffRequest) -> list[Any]:
        found = [self.context["standing"][d.digest] for d in self.context["subjects"][request.pk]]
        return [standing for standing in found if standing.request == str(request.pk)]

    def _standings(self, request: SignoffRequest) -> list[Standing]:
        if getattr(request, "rejection", None):
            return [Standing.REJECTED]
        if getattr(request, "withdrawal", None):
            return [Standing.WITHDRAWN]
        return [standing.standing for standing in self._mine(request)]


class RequestDetailOut(RequestOut):
    """A request with its signatures."""

    signatures = serializers.SerializerMethodField()
    rejection = EndOut(allow_null=True, default=None)
    withdrawal = EndOut(allow_null=True, default=None)

    @extend_schema_field(SignedOut(many=True))
    def get_signatures(self, request: SignoffRequest) -> Any:
        return SignedOut(self.context["signatures"], many=True).data


class TurnOut(serializers.Serializer[Any]):
    """A request that waits for oneself."""

    request = serializers.UUIDField()
    project = serializers.CharField(source="project.slug", default=None, allow_null=True)
    requested_by = serializers.CharField(source="requested_by.printed_name")
    at = serializers.DateTimeField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=sorted(ROLES)))
    documents = DocumentNameOut(many=True)


class Requests(View):
    """Requests one may see."""

    @extend_schema(operation_id="requests_list", parameters=[RequestQuery], responses=page_of(RequestOut))
    def get(self, request: Request) -> Response:
        """List requests for signature, newest first."""
        asked = self.asked(RequestQuery)
        rows = lookups.requests(self.person)
        if (where := asked.get("project")) is not None:
            rows = rows.filter(project=None if where == SHELF else lookups.project(self.person, where))
        if (digest := asked.get("document")) is not None:
            rows = rows.filter(subjects__document=digest)
        if (wanted := asked.get("open")) is None:
            return self.listed(rows, RequestOut, context)
        # Requests that ended by rejection or withdrawal cannot wait; what is left is computed.
        if wanted:
            rows = rows.filter(rejection=None, withdrawal=None)
        found = list(rows[: MOST_REQUESTS + 1])
        if len(found) > MOST_REQUESTS:
            raise Invalid("open", f"found more than {MOST_REQUESTS} requests to look at; narrow by project or document")
        shared = context(found)
        shaped = RequestOut(context=shared)
        chosen = [row for row in found if shaped.get_open(row) == wanted]
        return self.listed(chosen, RequestOut, lambda page: shared)

    @extend_schema(operation_id="request_open", request=RequestIn, responses={201: RequestDetailOut})
    def post(self, request: Request) -> Response:
        """Ask for signatures under the policy in force now."""
        documents = lookups.several(self.person, self.given(RequestIn)["documents"])
        made = signoff.request_open(actor=self.person, documents=documents)
        return _detail(made, status=201)


class RequestDetail(View):
    """One request."""

    @extend_schema(operation_id="request", parameters=[base.ID], responses=RequestDetailOut)
    def get(self, request: Request, id: str) -> Response:  # noqa: A002  (the address calls it so)
        """Return a request with its documents and signatures."""
        return _detail(lookups.request(self.person, fields.identifier(id)))


class Inbox(View):
    """What waits for oneself."""

    @extend_schema(operation_id="inbox", parameters=[PageQuery], responses=page_of(TurnOut))
    def get(self, request: Request) -> Response:
        """Requests one can sign now, oldest first, and the roles one could sign in."""
        self.asked(PageQuery)
        found = [
            {"request": turn.request.pk, "project": turn.request.project, "requested_by": turn.request.requested_by}
            | {"at": turn.request.at, "roles": turn.roles, "documents": turn.documents}
            for turn in inbox.turns(self.person)
        ]
        return self.listed(found, TurnOut)


class PresentationQuery(Query):
    """As what one would sign."""

    role = serializers.ChoiceField(choices=sorted(ROLES), required=False, help_text="default: what one can sign as")


class CaseOut(serializers.Serializer[Any]):
    """A case to review, its parts in words."""

    id = serializers.CharField()
    parts = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))


class CasesOut(serializers.Serializer[Any]):
    """The cases of one document that were drawn for oneself."""

    document = serializers.CharField()
    seed = serializers.CharField()
    cases = CaseOut(many=True)


class PresentationOut(serializers.Serializer[Any]):
    """Exactly what is shown before signing. `presented` and `shown_at` can be given when one signs."""

    presented = serializers.CharField(help_text="digest of the canonical JSON of `presentation`")
    shown_at = serializers.IntegerField(help_text="size of the ledger")
    presentation = Body(help_text="documented in governance/selectors/presentation.py")
    cases = CasesOut(many=True, help_text="for whoever can sign, the cases they are to review")


class RequestPresentation(View):
    """What a signer is shown."""

    @extend_schema(
        operation_id="request_presentation", parameters=[base.ID, PresentationQuery], responses=PresentationOut
    )
    def get(self, request: Request, id: str) -> Response:  # noqa: A002
        """Return what one is shown of a request before signing: documents, what changed, what others said."""
        found = lookups.request(self.person, fields.identifier(id))
        able, _ = inbox.capacities(self.person, found, presentation.subjects(found))
        role = self.asked(PresentationQuery).get("role") or (able[0].role if able else "")
        shown = presentation.present(self.person, found, role)
        told = {one["digest"]: one["sample"] for one in shown.content["documents"]}
        cases = [
            {"document": d.digest, "seed": told[d.digest]["seed"], "cases": drawn}
            for d in shown.documents
            if any(one.role == role for one in able) and (drawn := samples.cases(d, told[d.digest]))
        ]
        body = {"presented": shown.digest, "shown_at": shown.ledger_size, "presentation": shown.content, "cases": cases}
        return Response(PresentationOut(body).data)


class RequestSign(View):
    """A signature."""

    @extend_schema(operation_id="request_sign", parameters=[base.ID], request=SignIn, responses={201: SignedOut})
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Sign, in one role, every document of the request that asks for it; the answer is the signer's receipt."""
        found = lookups.request(self.person, fields.identifier(id))
        made = signing.sign(actor=self.person, request=found, **intent(self.given(SignIn)))
        return Response(signed_out(made), status=201)


class RequestReject(View):
    """A no."""

    @extend_schema(operation_id="request_reject", parameters=[base.ID], request=RejectIn, responses={201: EndOut})
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Reject a request: it is over."""
        found = lookups.request(self.person, fields.identifier(id))
        made = signoff.reject(actor=self.person, request=found, **self.given(RejectIn))
        return Response(EndOut(made).data, status=201)


class RequestWithdraw(View):
    """A request taken back."""

    @extend_schema(operation_id="request_withdraw", parameters=[base.ID], request=WithdrawIn, responses={201: EndOut})
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Withdraw one's own request while it waits or, as owner, one of somebody who left."""
        found = lookups.request(self.person, fields.identifier(id))
        self.given(WithdrawIn)
        return Response(EndOut(signoff.withdraw(actor=self.person, request=found)).data, status=201)


def context(requests: Iterable[SignoffRequest]) -> dict[str, Any]:
    """Return the subjects of the requests and their standing, in a constant number of queries."""
    subjects: dict[Any, list[Document]] = defaultdict(list)
    related = ("document__project", "document__created_by", "document__series")
    rows: Sequence[RequestSubject] = list(
        RequestSubject.objects.filter(request__in=list(requests)).select_related(*related).order_by("document__seq")
    )
    for row in rows:
        subjects[row.request_id].append(row.document)
    documents = {row.document_id: row.document for row in rows}.values()
    return {"subjects": subjects, "standing": select.in_force_many(documents)}


def _detail(request: SignoffRequest, status: int = 200) -> Response:
    reasons.tell([request.rejection] if hasattr(request, "rejection") else [])
    signatures = request.signatures.select_related("signer").order_by("seq")
    shared = context([request]) | {"signatures": said(signatures)}
    return Response(RequestDetailOut(request, context=shared).data, status=status)
