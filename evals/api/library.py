"""The library of failure modes and starter sets by API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evals.engine.library import STARTERS, failure_modes
from evals.services import library
from governance.api import fields, lookups
from governance.api.base import View
from governance.api.document_shapes import DraftOut
from governance.api.fields import Digest, Slug, Strict, Text
from governance.errors import Invalid
from governance.selectors import documents as docs


class FailureModeOut(serializers.Serializer[Any]):
    """A failure mode of the library."""

    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    how_to_test = serializers.CharField()
    severity = serializers.CharField()
    criterion = fields.Body()
    threshold = fields.Body()
    cases = serializers.ListField(child=fields.Body())


class AdoptIn(Strict):
    """Failure modes, or a starter set, to be drafted into a project's plan."""

    project = Slug()
    modes = serializers.ListField(child=Text(max_length=64), required=False, default=list)
    starter = serializers.ChoiceField(choices=list(STARTERS), required=False, allow_null=True, default=None)
    evaluation_set = Digest(required=False, allow_null=True, default=None)
    rubric = Digest(required=False, allow_null=True, default=None)
    purpose = serializers.ChoiceField(choices=["development", "holdout"], required=False, default="development")


class FailureModes(View):
    """The library."""

    @extend_schema(operation_id="failure_modes", responses=FailureModeOut(many=True))
    def get(self, request: Request) -> Response:
        """List every failure mode of the library."""
        return Response([mode.model_dump(mode="json") for mode in failure_modes().values()])

    @extend_schema(operation_id="failure_modes_adopt", request=AdoptIn, responses={201: DraftOut(many=True)})
    def post(self, request: Request) -> Response:
        """Draft failure modes or a starter set: cases, rubric and thresholds, in this order."""
        given = self.given(AdoptIn)
        project = lookups.project(self.person, given["project"])
        if bool(given["modes"]) == bool(given["starter"]):
            raise Invalid("modes", "give failure modes or a starter set, not both")
        if given["starter"]:
            made = library.adopt_starter(
                actor=self.person, project=project, starter=given["starter"], purpose=given["purpose"]
            )
        else:
            known = {
                role: docs.get(self.person, given[role]) if given[role] else None
                for role in ("evaluation_set", "rubric")
            }
            made = library.adopt_modes(
                actor=self.person, project=project, modes=given["modes"], purpose=given["purpose"], **known
            )
        return Response(DraftOut(made.drafts, many=True).data, status=201)
