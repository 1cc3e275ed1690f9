"""Arms of a plan: side by side, case by case, and planning the measurement of one more."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evals.selectors import arms as select
from evals.services import arms as service
from governance.api.base import Query, View
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


class ArmOut(serializers.Serializer[Any]):
    """One accepted result: what answered and whose word that is, its figures, and the prompt it was asked with."""

    result = serializers.CharField()
    arm = serializers.CharField()
    answered = serializers.CharField()
    proof = serializers.CharField(help_text="what stands behind the claim that this answered")
    subject = serializers.CharField(allow_null=True)
    attempt = serializers.IntegerField()
    n = serializers.IntegerField()
    missing = serializers.IntegerField()
    verdict = serializers.CharField(allow_null=True)
    metrics = serializers.JSONField(help_text="slice → metric → figure with its bounds")
    tokens = serializers.IntegerField()
    seconds = serializers.CharField()
    cost = serializers.CharField(allow_null=True)
    prompt = serializers.JSONField(allow_null=True, help_text="digest, system, template; null for recorded answers")


class ArmsOut(serializers.Serializer[Any]):
    """The arms of a plan."""

    evaluation_set = serializers.CharField()
    rubric = serializers.CharField()
    arms = ArmOut(many=True)


class DifferencesIn(Query):
    """Which of the arms are compared, and with which: digests of results, separated by commas."""

    arms = Text(required=False, default="", allow_blank=True, max_length=2000)
    against = Digest(required=False)


class ComparisonOut(serializers.Serializer[Any]):
    """How arms differ from one of them, paired case by case."""

    reference = serializers.CharField()
    arms = serializers.JSONField(help_text="result → slice → metric → difference with its bounds")


class Differences(View):
    """Paired differences between arms."""

    @extend_schema(operation_id="arm_differences", parameters=[DifferencesIn], responses=ComparisonOut)
    def get(self, request: Request, digest: str) -> Response:
        """Compare arms case by case with the newest base model, or with another arm. Takes some seconds."""
        asked = self.asked(DifferencesIn)
        found = select.of_plan(docs.get(self.person, digest))
        against = asked.get("against", "")
        chosen = found.chosen(_named(asked["arms"]), against)
        reference = found.reference(chosen, against)
        if reference is None:
            raise Invalid("against", "the base model is not among these arms; name one of them")
        return Response(select.differences(found, chosen, reference).model_dump(mode="json"))


class AnswersIn(Query):
    """Which cases and arms: of `plan` (the digest of its thresholds), as the page's filters."""

    plan = Digest()
    arms = Text(required=False, default="", allow_blank=True, max_length=2000)
    slice = Text(required=False, default="", allow_blank=True, max_length=64)
    q = Text(required=False, default="", allow_blank=True, max_length=200)
    apart = serializers.BooleanField(required=False, default=False, help_text="only where the arms disagree")
    limit = serializers.IntegerField(required=False, default=20, min_value=1, max_value=100)
    offset = serializers.IntegerField(required=False, default=0, min_value=0, max_value=2**31)


class SaidOut(serializers.Serializer[Any]):
    """What one arm said."""

    result = serializers.CharField(source="arm.result.digest")
    arm = serializers.CharField(source="arm.body.arm")
    outcome = serializers.CharField()
    missed = serializers.ListField(child=serializers.CharField())
    output = serializers.CharField(source="line.output", default=None, allow_null=True)


class SideBySideOut(serializers.Serializer[Any]):
    """A case, and what every arm said to it the first time it was asked."""

    case = serializers.SerializerMethodField()
    said = SaidOut(many=True)

    def get_case(self, row: Any) -> dict[str, Any]:
        found: dict[str, Any] = row.case.model_dump(mode="json", exclude_defaults=True)
        return found


class AnswersOut(serializers.Serializer[Any]):
    """Cases with their answers."""

    count = serializers.IntegerField()
    results = SideBySideOut(many=True)


class SetAnswers(View):
    """Answers of arms, case by case."""

    @extend_schema(operation_id="arm_answers", parameters=[AnswersIn], responses=AnswersOut)
    def get(self, request: Request, digest: str) -> Response:
        """Show what the arms of a plan said to the cases of this set, to somebody who may see them."""
        asked = self.asked(AnswersIn)
        evaluation_set = docs.get(self.person, digest)
        found = select.of_plan(docs.get(self.person, asked["plan"]))
        if found.evaluation_set != evaluation_set:
            raise Invalid("plan", "found a plan with other cases")
        opened = service.opened(actor=self.person, arms=found, chosen=found.chosen(_named(asked["arms"])))
        cases = opened.cases(apart=asked["apart"], piece=asked["slice"], text=asked["q"])
        rows = opened.read(cases[asked["offset"] : asked["offset"] + asked["limit"]])
        return Response(AnswersOut({"count": len(cases), "results": rows}).data)


def _named(text: str) -> list[str]:
    return [part for part in text.split(",") if part]


class Arms(View):
    """Arms of a plan."""

    @extend_schema(operation_id="arms", responses=ArmsOut)
    def get(self, request: Request, digest: str) -> Response:
        """List every accepted result under the plan of these thresholds, with what answered and to which prompt."""
        found = select.of_plan(docs.get(self.person, digest))
        told = {
            "evaluation_set": found.evaluation_set.digest,
            "rubric": found.rubric.digest,
            "arms": [select.shown(arm) for arm in found.all],
        }
        return Response(ArmsOut(told).data)

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
