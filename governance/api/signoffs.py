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
from governance.api.base import PageQuery, View, page_of
from governance.api.document_shapes import STANDINGS, DocumentNameOut, DocumentOut, MissingOut
from governance.api.documents import SHELF
from governance.api.fields import Digest, Strict, Text
from governance.errors import Invalid
from governance.inforce import Standing
from governance.models import Document, RequestSubject, Signature, SignoffRequest
from governance.selectors import inbox
from governance.selectors import signoff as select
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


class SignIn(Strict):
    """A signature: role, what it means, why, what one opened, and one's own password entered anew.

    `code` is the one-time code of now, where the policy asks for one.
    """

    role = serializers.ChoiceField(choices=sorted(ROLES))
    meaning = Text(max_length=1000)
    reason = Text(max_length=4000)
    password = Text(max_length=4096, style={"input_type": "password"})
    code = Text(max_length=20, required=False, default="", allow_blank=True)
    opened = serializers.ListField(child=Digest(), required=False, default=list, max_length=1000)


class RejectIn(Strict):
    """Why one says no."""

    reason = Text(max_length=4000)


class WithdrawIn(Strict):
    """Nothing needs saying."""


class SignedOut(serializers.Serializer[Any]):
    """A signature on a request, with the signed statement itself (by passkey, or a DSSE envelope)."""

    id = serializers.UUIDField()
    signer = serializers.CharField(source="signer.printed_name")
    ledger_id = serializers.UUIDField(source="signer.ledger_id")
    role = serializers.CharField()
    at = serializers.DateTimeField()
    seq = serializers.IntegerField()
    statement_digest = serializers.CharField()
    statement = serializers.SerializerMethodField(help_text="the signed form: by passkey, or a DSSE envelope")

    def get_statement(self, signature: Signature) -> str:
        return bytes(signature.statement).decode()


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
    standings = serializers.SerializerMethodField(help_text="what became of it, document by document")
    missing = serializers.SerializerMethodField(help_text="signatures still needed, over all its documents")
    documents = serializers.SerializerMethodField()

    def get_open(self, request: SignoffRequest) -> bool:
        return any(standing is Standing.PENDING for standing in self._standings(request))

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


class RequestSign(View):
    """A signature."""

    @extend_schema(operation_id="request_sign", parameters=[base.ID], request=SignIn, responses={201: SignedOut})
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Sign, in one role, every document of the request that asks for it; the answer is the signer's receipt."""
        found = lookups.request(self.person, fields.identifier(id))
        made = signing.sign(actor=self.person, request=found, **self.given(SignIn))
        return Response(SignedOut(made).data, status=201)


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
        """Withdraw one's own request while it waits."""
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
    signatures = request.signatures.select_related("signer").order_by("seq")
    shared = context([request]) | {"signatures": list(signatures)}
    return Response(RequestDetailOut(request, context=shared).data, status=status)
