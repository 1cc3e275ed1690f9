"""The register of one's own signatures."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api.base import PageQuery, View, page_of
from governance.api.document_shapes import STANDINGS, DocumentNameOut
from governance.selectors import signatures as select
from governance.selectors.signatures import Registered


class SignedPaperOut(serializers.Serializer[Any]):
    """A document that was signed, and its standing now."""

    document = DocumentNameOut()
    standing = serializers.ChoiceField(choices=STANDINGS)


class RegisteredOut(serializers.Serializer[Any]):
    """One of one's own signatures; `receipt` is the report to download, null where there is none."""

    id = serializers.UUIDField(source="signature.id")
    request = serializers.UUIDField(source="signature.request_id")
    at = serializers.DateTimeField(source="signature.at")
    seq = serializers.IntegerField(source="signature.seq")
    role = serializers.CharField(source="signature.role")
    meaning = serializers.CharField(source="said.meaning", default="")
    reason = serializers.CharField(source="said.reason", default="")
    method = serializers.CharField(source="said.method.label", default="")
    on_behalf_of = serializers.CharField(source="said.on_behalf_of.printed_name", default="")
    statement_digest = serializers.CharField(source="signature.statement_digest")
    verifies = serializers.SerializerMethodField()
    counts = serializers.BooleanField(help_text="whether it counts towards the present standing of one of them")
    fault = serializers.CharField(help_text="why it does not count, whatever it is about; empty when it holds")
    papers = serializers.SerializerMethodField()
    receipt = serializers.UUIDField(source="receipt.id", default=None, allow_null=True)
    receipt_state = serializers.CharField(source="receipt.state", default="")

    def get_verifies(self, one: Registered) -> bool:
        return one.said is not None

    @extend_schema_field(SignedPaperOut(many=True))
    def get_papers(self, one: Registered) -> Any:
        shaped = [{"document": document, "standing": found.standing.value} for document, found in one.papers]
        return SignedPaperOut(shaped, many=True).data


class Signatures(View):
    """What one signed."""

    @extend_schema(operation_id="signatures_list", parameters=[PageQuery], responses=page_of(RegisteredOut))
    def get(self, request: Request) -> Response:
        """List one's own signatures, newest first, each with what became of it and its receipt."""
        self.asked(PageQuery)
        return self.listed(select.of(self.person), RegisteredOut, told=select.register)
