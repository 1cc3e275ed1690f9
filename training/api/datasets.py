"""Dataset versions: uploaded and registered."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import lookups
from governance.api.base import View
from governance.api.document_shapes import DocumentDetailOut
from governance.api.documents import detail
from governance.api.fields import Digest, Slug, Strict, Text
from governance.api.parsers import BoundedForm
from governance.errors import Invalid
from governance.selectors import documents as docs
from training.kinds import tuning as kinds
from training.services import datasets


class DatasetIn(Strict):
    """JSONL files of rows, and what they are; `base` is the version they follow."""

    project = Slug()
    title = Text(max_length=300)
    description = Text(max_length=20_000)
    source = Text(max_length=2000)  # type: ignore[assignment]
    contract = Digest()
    base = Digest(required=False)
    files = serializers.ListField(child=serializers.FileField(max_length=255, allow_empty_file=True), max_length=100)


class Datasets(View):
    """Datasets."""

    parser_classes = [BoundedForm]

    @extend_schema(
        operation_id="dataset_register", request={"multipart/form-data": DatasetIn}, responses={201: DocumentDetailOut}
    )
    def post(self, request: Request) -> Response:
        """Register a dataset version; a wrong row is refused by file and line, and then nothing is kept."""
        given: dict[str, Any] = self.given(DatasetIn)
        contract, base = docs.get(self.person, given["contract"]), lookups.base(self.person, given.get("base"))
        for field, found, kind in (("contract", contract, kinds.CONTRACT), ("base", base, kinds.DATASET)):
            if found is not None and found.kind != kind:
                raise Invalid(field, f"found a {found.kind}, expected a {kind}")
        made = datasets.register(
            actor=self.person,
            project=lookups.project(self.person, given["project"]),
            title=given["title"],
            description=given["description"],
            source=given["source"],
            contract=contract,
            files=[(upload.name, upload.chunks()) for upload in given["files"]],
            base=base,
            limit=settings.COUNTERSIGN_UPLOAD_LIMIT,
        )
        return Response(detail(self.person, made), status=201)
