"""Measures from outside, brought in as a table."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evals import documents as kinds
from evals.api.cases import json_field
from evals.services import measures as service
from governance.api import lookups
from governance.api.base import View
from governance.api.document_shapes import DocumentDetailOut
from governance.api.documents import detail
from governance.api.fields import Digest, Slug, Strict, Text
from governance.api.parsers import BoundedForm
from governance.errors import Invalid


class MeasuresIn(Strict):
    """A table of measures, and which column holds what where its heading does not say; `base` is the version before."""

    project = Slug()
    title = Text(max_length=300)
    columns = Text(required=False, default="{}", help_text="our field to the table's column, as a JSON object")
    base = Digest(required=False)
    file = serializers.FileField(max_length=255, allow_empty_file=True)


class Measures(View):
    """Measures from outside."""

    parser_classes = [BoundedForm]

    @extend_schema(
        operation_id="measures_bring", request={"multipart/form-data": MeasuresIn}, responses={201: DocumentDetailOut}
    )
    def post(self, request: Request) -> Response:
        """Freeze the rows of a CSV file or a workbook's first sheet, at most 500, as measures.

        Files that show them come by page.
        """
        given = self.given(MeasuresIn)
        project = lookups.project(self.person, given["project"])
        base = lookups.base(self.person, given.get("base"))
        if base is not None and base.kind != kinds.MEASURES:
            raise Invalid("base", f"found a {base.kind}, expected {kinds.MEASURES}")
        upload = given["file"]
        found = service.read_table(actor=self.person, project=project, file=(upload.name, upload.chunks()))
        columns = service.guess(found["columns"]) | json_field("columns", given["columns"], dict)
        made = service.bring(
            actor=self.person,
            project=project,
            title=given["title"],
            rows=service.picked(found, columns),
            base=base,
        )
        return Response(detail(self.person, made), status=201)
