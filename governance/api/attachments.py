"""Supporting files of documents."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import fields
from governance.api.base import DIGEST, ID, Download, View
from governance.api.fields import Strict
from governance.api.parsers import BoundedForm
from governance.api.proofs import ProofIn, proven
from governance.downloads import sandboxed
from governance.errors import NotFound
from governance.file_types import TYPES
from governance.models import Attachment
from governance.selectors import attachments as select
from governance.selectors import documents as docs
from governance.services import attachments as service
from governance.services import disposal


class AttachIn(Strict):
    """A supporting file: Word, Excel, PowerPoint, PDF, text, table or picture, recognised by its content."""

    file = serializers.FileField(max_length=255)


class AttachmentOut(serializers.Serializer[Any]):
    """A supporting file. `name` is null once it was erased; `disposed` once its bytes are gone."""

    id = serializers.UUIDField(source="row.id")
    document = serializers.CharField(source="row.document_id")
    name = serializers.CharField(allow_null=True)
    sha256 = serializers.CharField(source="row.sha256")
    size = serializers.IntegerField(source="row.size")
    type = serializers.ChoiceField(sorted(TYPES), source="row.file_type")
    by = serializers.CharField(source="row.by.printed_name")
    at = serializers.DateTimeField(source="row.at")
    seq = serializers.IntegerField(source="row.seq")
    disposed = serializers.BooleanField()


class CarriedOutOut(serializers.Serializer[Any]):
    """What carrying a disposal out did."""

    gone = serializers.IntegerField(help_text="how many private parts, files and accounts went now")


class Attachments(View):
    """The supporting files of one document."""

    parser_classes = [BoundedForm]

    @extend_schema(operation_id="attachments", parameters=[DIGEST], responses=AttachmentOut(many=True))
    def get(self, request: Request, digest: str) -> Response:
        """The files attached to a document, the first first."""
        found = docs.get(self.person, fields.digest(digest))
        return Response(AttachmentOut(select.of([found]).get(found.digest, []), many=True).data)

    @extend_schema(
        operation_id="attachment_add",
        parameters=[DIGEST],
        request={"multipart/form-data": AttachIn},
        responses={201: AttachmentOut},
    )
    def post(self, request: Request, digest: str) -> Response:
        """Attach a file to a document that nobody has signed yet."""
        found = docs.get(self.person, fields.digest(digest))
        upload = self.given(AttachIn)["file"]
        row = service.attach(actor=self.person, document=found, name=upload.name, chunks=upload.chunks())
        return Response(AttachmentOut(select.confirmed([row])[0]).data, status=201)


class AttachmentFile(Download):
    """One supporting file."""

    @extend_schema(
        operation_id="attachment_file",
        parameters=[ID],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, id: str) -> HttpResponse:  # noqa: A002  (the address calls it so)
        """The file as it was attached, as a download."""
        row = Attachment.objects.select_related("document", "by").filter(pk=fields.identifier(id)).first()
        if row is None or not docs.visible(self.person).filter(pk=row.document_id).exists():
            raise NotFound("there is no such file")
        return sandboxed(select.content(row))


class CarryOut(View):
    """Carrying a disposal out."""

    @extend_schema(operation_id="disposal_carry_out", parameters=[DIGEST], request=ProofIn, responses=CarriedOutOut)
    def post(self, request: Request, digest: str) -> Response:
        """Erase and remove what a disposal in force lists."""
        found = docs.get(self.person, fields.digest(digest))
        given = proven(self.given(ProofIn))
        return Response(CarriedOutOut({"gone": disposal.carry_out(actor=self.person, document=found, **given)}).data)
