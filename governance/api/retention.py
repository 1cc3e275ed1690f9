"""What is past its retention, and the disposal of it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api.base import PageQuery, View, page_of
from governance.api.document_shapes import DocumentNameOut, DraftDetailOut
from governance.api.fields import Digest, Strict, Text
from governance.selectors import documents as docs
from governance.selectors import retention as select
from governance.services import disposal as service


class PastOut(serializers.Serializer[Any]):
    """A document past its retention, and what of it may be disposed of."""

    document = DocumentNameOut()
    project = serializers.CharField(source="document.project.slug", default=None, allow_null=True)
    since = serializers.DateTimeField(help_text="when it had been kept for as long as the policy in force asks")
    files = serializers.ListField(child=serializers.CharField(), help_text="digests")
    openings = serializers.ListField(child=serializers.IntegerField(), help_text="entries that have a private part")


class DisposeIn(Strict):
    """Which documents past their retention are disposed of, and why what is kept with them may go."""

    documents = serializers.ListField(
        child=Digest(),
        required=False,
        allow_null=True,
        default=None,
        help_text="digests; all that there are unless given",
    )
    legal_basis = Text(max_length=4000)


class PastRetention(View):
    """What is past its retention."""

    @extend_schema(operation_id="past_retention", parameters=[PageQuery], responses=page_of(PastOut))
    def get(self, request: Request) -> Response:
        """What one may see that was kept long enough, on which no act rests any more, the oldest first."""
        self.asked(PageQuery)
        return self.listed(select.past(docs.visible(self.person)), PastOut)

    @extend_schema(operation_id="past_retention_dispose", request=DisposeIn, responses={201: DraftDetailOut})
    def post(self, request: Request) -> Response:
        """Draft a disposal of it; it is frozen, signed and carried out as any other."""
        made = service.draft_past(actor=self.person, **self.given(DisposeIn))
        return Response(DraftDetailOut(made).data, status=201)
