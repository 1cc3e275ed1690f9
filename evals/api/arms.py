"""Arms of a plan: planning the measurement of one more."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evals.services import arms as service
from governance.api.base import View
from governance.api.document_shapes import DocumentNameOut
from governance.api.fields import Body, Digest, Strict, Text
from governance.api.parsers import BoundedForm
from governance.errors import Invalid
from governance.selectors import documents as docs

ELSEWHERE = ["retrieval", "other"]


class ArmIn(Strict):
    """What answers: an endpoint (as a specification names one) or a model; one of the two."""

    arm = serializers.ChoiceField(choices=ELSEWHERE)
    endpoint = Body(required=False)
    subject = Digest(required=False)
    note = Text(required=False, default="", allow_blank=True, max_length=2000)


class Arms(View):
    """Arms of a plan."""

    @extend_schema(operation_id="arm_specify", request=ArmIn, responses={201: DocumentNameOut})
    def post(self, request: Request, digest: str) -> Response:
        """Freeze the specification that measures an endpoint or another model under the plan of these thresholds."""
        given = self.given(ArmIn)
        if "subject" in given:
            given["subject"] = docs.get(self.person, given["subject"])
        made = service.specify(actor=self.person, thresholds=docs.get(self.person, digest), **given)
        return Response(DocumentNameOut(made).data, status=201)


class RecordedIn(Strict):
    """Recorded answers, and where they come from: `recording` is a JSON object, as a specification holds it."""

    arm = serializers.ChoiceField(choices=ELSEWHERE)
    recording = Text(max_length=10_000)
    note = Text(required=False, default="", allow_blank=True, max_length=2000)
    file = serializers.FileField(max_length=255)


class RecordedArms(View):
    """Arms that another system answered."""

    parser_classes = [BoundedForm]

    @extend_schema(
        operation_id="arm_record", request={"multipart/form-data": RecordedIn}, responses={201: DocumentNameOut}
    )
    def post(self, request: Request, digest: str) -> Response:
        """Hold recorded answers against the cases, and freeze the specification that measures them under this plan."""
        given = self.given(RecordedIn)
        file = given.pop("file")
        answers = service.Answers(file.name, file.chunks(), _object("recording", given.pop("recording")))
        thresholds = docs.get(self.person, digest)
        made = service.specify(actor=self.person, thresholds=thresholds, answers=answers, **given)
        return Response(DocumentNameOut(made).data, status=201)


def _object(field: str, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as problem:
        raise Invalid(field, f"not JSON: {problem}") from None
    if not isinstance(found, dict):
        raise Invalid(field, "found something else, expected a JSON object")
    return found
