"""The access log."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance import access
from governance.api.base import PageQuery, View, page_of
from governance.api.fields import Text
from governance.proof.formats.canonical import is_digest
from governance.selectors import documents as docs
from governance.selectors import reads as select


class ReadsQuery(PageQuery):
    """Filters of the access log."""

    subject = Text(required=False, max_length=100)
    username = Text(required=False, max_length=150)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class ReadOut(serializers.Serializer[Any]):
    """Somebody read something, in a session or with a token."""

    at = serializers.DateTimeField()
    username = serializers.CharField(source="user.username")
    printed_name = serializers.CharField(source="user.printed_name")
    subject = serializers.CharField()
    via = serializers.CharField()


class Reads(View):
    """Who read what."""

    @extend_schema(operation_id="reads_list", parameters=[ReadsQuery], responses=page_of(ReadOut))
    def get(self, request: Request) -> Response:
        """What was read, the newest first; of one document of a project also for its own owners and auditors."""
        asked = self.asked(ReadsQuery)
        wanted = {name: asked[name] for name in ("subject", "username", "since", "until") if asked.get(name)}
        subject = wanted.get("subject", "")
        project = docs.get(self.person, subject).project if is_digest(subject) else None
        access.require(self.person, "record.list", project)
        return self.listed(select.records(**wanted), ReadOut)
