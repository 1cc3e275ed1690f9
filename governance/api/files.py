"""Files that documents will name in their manifests."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import lookups
from governance.api.base import View
from governance.api.fields import Slug, Strict
from governance.api.parsers import BoundedForm
from governance.services import files


class UploadIn(Strict):
    """A file for a document of a project, or (no project) of the organisation's shelf."""

    project = Slug(required=False, allow_null=True, default=None)
    file = serializers.FileField(max_length=255, allow_empty_file=True)


class FileEntryOut(serializers.Serializer[Any]):
    """An entry for a document's manifest."""

    path = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    md5 = serializers.CharField(allow_null=True)


class Files(View):
    """Uploads."""

    parser_classes = [BoundedForm]

    @extend_schema(operation_id="file_upload", request={"multipart/form-data": UploadIn}, responses={201: FileEntryOut})
    def post(self, request: Request) -> Response:
        """Store a file and return the entry that a document's manifest names it by."""
        given = self.given(UploadIn)
        project = lookups.place(self.person, given["project"])
        upload = given["file"]
        entry = files.upload(actor=self.person, project=project, chunks=upload.chunks(), name=upload.name)
        return Response(FileEntryOut(entry).data, status=201)
