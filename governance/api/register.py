"""The register of runs, attempts, releases and refused acts."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import lookups
from governance.api.base import Query, View
from governance.api.fields import Text
from governance.proof.history import register
from governance.selectors import register as select


class RegisterQuery(Query):
    """Which register."""

    project = Text(required=False, default="", max_length=60, help_text="short name of a project; without: of all")
    since = serializers.DateTimeField(required=False, help_text="without: from the ledger's first entry on")
    until = serializers.DateTimeField(required=False, help_text="without: to its last")


class RegisterRow(serializers.ListField):
    """One row, in the order of the columns."""

    child = serializers.JSONField()


class RegisterTableOut(serializers.Serializer[Any]):
    """A table of the register."""

    columns = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=RegisterRow())


class RegisterOut(serializers.Serializer[Any]):
    """A register; `digest` is the SHA-256 of its canonical JSON, the same for everybody who makes it."""

    project = serializers.CharField(allow_null=True, help_text="the project's identifier; null: the whole organisation")
    first = serializers.IntegerField(help_text="the first ledger entry it covers")
    stop = serializers.IntegerField(help_text="the entry after the last")
    kinds = serializers.ListField(child=serializers.CharField(), help_text="kinds of documents that count as releases")
    counts = serializers.DictField(child=serializers.IntegerField())
    digest = serializers.CharField()
    runs = RegisterTableOut()
    releases = RegisterTableOut()
    refused = RegisterTableOut()


class RegisterView(View):
    """The register."""

    @extend_schema(operation_id="register", parameters=[RegisterQuery], responses=RegisterOut)
    def get(self, request: Request) -> Response:
        """Every run, attempt, release and refused act of a period, numbered in the ledger's order."""
        asked = self.asked(RegisterQuery)
        project = lookups.project(self.person, asked["project"]) if asked["project"] else None
        select.require(self.person, project)
        first, stop = select.span(asked.get("since"), asked.get("until"))
        found = select.of(project, first, stop)
        said = {
            "project": found.project,
            "first": found.first,
            "stop": found.stop,
            "kinds": list(found.kinds),
            "counts": found.counts,
            "digest": found.digest,
            "runs": {"columns": register.RUN_COLUMNS, "rows": found.runs},
            "releases": {"columns": register.RELEASE_COLUMNS, "rows": found.releases},
            "refused": {"columns": register.REFUSAL_COLUMNS, "rows": found.refused},
        }
        return Response(RegisterOut(said).data)
