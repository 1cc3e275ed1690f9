"""The lineage of a document for other programs."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import fields
from governance.api.base import DIGEST, Download, Query, View
from governance.downloads import sandboxed
from governance.exports import formats
from governance.proof.files.lineage.formats import FORMATS
from governance.selectors import documents as docs

FORMAT = OpenApiParameter("name", str, OpenApiParameter.PATH, enum=list(FORMATS), description="what shall read it")


class ExportQuery(Query):
    """As of when."""

    ledger_size = serializers.IntegerField(min_value=1, required=False, help_text="a past ledger size; left out: now")


class ExportFormatOut(serializers.Serializer[Any]):
    """A format that a document's lineage can be had in."""

    name = serializers.CharField()
    title = serializers.CharField()
    about = serializers.CharField()
    filename = serializers.CharField()


class DocumentExports(View):
    """The formats."""

    @extend_schema(operation_id="document_exports", parameters=[DIGEST], responses=ExportFormatOut(many=True))
    def get(self, request: Request, digest: str) -> Response:
        """The formats that the document's lineage can be had in, and what the file would be called."""
        found = docs.get(self.person, fields.digest(digest))
        rows = [
            {"name": one.name, "title": one.label, "about": one.about, "filename": formats.file_name(found, one)}
            for one in formats.offered(found)
        ]
        return Response(ExportFormatOut(rows, many=True).data)


class DocumentExport(Download):
    """One document's lineage, as a file."""

    @extend_schema(
        operation_id="document_export",
        parameters=[DIGEST, FORMAT, ExportQuery],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, digest: str, name: str) -> HttpResponse:
        """The lineage in a format that other programs read: the same document and size give the same bytes."""
        size = self.asked(ExportQuery).get("ledger_size")
        return sandboxed(formats.export(self.person, docs.get(self.person, fields.digest(digest)), name, size))
