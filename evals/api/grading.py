"""Grading by people: rounds, whose turn it is, grades. Nothing here tells a grader which model an output is from."""

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evals.selectors import grading as select
from evals.services import grading
from governance.api import fields, lookups
from governance.api.base import ID, View
from governance.api.document_shapes import DocumentDetailOut
from governance.api.documents import detail
from governance.api.fields import Digest, Strict, Text, Whole

ITEM = OpenApiParameter(
    "item", {"type": "string", "pattern": fields.DIGEST}, OpenApiParameter.PATH, description="an output"
)


class RoundIn(Strict):
    """Results of one plan whose recorded outputs people grade; without `cases` those to every case."""

    project = fields.Slug()
    title = Text(max_length=300)
    results = serializers.ListField(child=Digest(), min_length=1, max_length=8)
    cases = Whole(min_value=1, required=False, allow_null=True)
    criteria = serializers.ListField(child=Text(max_length=64), max_length=50, required=False)


class RoundQuery(Strict):
    """Whose rounds."""

    project = fields.Slug()


class StepOut(serializers.Serializer[Any]):
    """One score of a scale in words."""

    score = serializers.IntegerField()
    description = serializers.CharField()


class AskedOut(serializers.Serializer[Any]):
    """A criterion and its scale."""

    name = serializers.CharField()
    description = serializers.CharField()
    low = serializers.IntegerField()
    high = serializers.IntegerField()
    met_from = serializers.IntegerField()
    steps = StepOut(many=True)


class AgreementOut(serializers.Serializer[Any]):
    """Agreement on one criterion so far, over outputs the reader has no hand in; bounds are one-sided at 95 %."""

    criterion = serializers.CharField()
    alpha = serializers.CharField(allow_null=True)
    low = serializers.CharField(allow_null=True)
    high = serializers.CharField(allow_null=True)
    same = serializers.CharField(allow_null=True)
    together = serializers.CharField(allow_null=True)
    items = serializers.IntegerField()
    method = serializers.CharField()


class RoundOut(serializers.Serializer[Any]):
    """A round: how far it is, and how far the reader is. `next` is the output whose turn it is, null if none is."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    open = serializers.BooleanField()
    abandoned = serializers.CharField(allow_null=True, help_text="why it was abandoned; null where it was not")
    document = serializers.CharField(allow_null=True)
    items = serializers.IntegerField()
    left = serializers.IntegerField()
    graders = serializers.IntegerField()
    criteria = AskedOut(many=True)
    may_grade = serializers.BooleanField()
    graded = serializers.IntegerField()
    waiting = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)


class PartOut(serializers.Serializer[Any]):
    """A named part of a case."""

    name = serializers.CharField()
    text = serializers.CharField()


class TaskOut(serializers.Serializer[Any]):
    """An output to be graded. `others` are the scores of those who disagree, for whoever adjudicates."""

    item = serializers.CharField()
    case = PartOut(many=True)
    output = serializers.CharField()
    turn = serializers.CharField(help_text="grade, adjudicate, or empty when it is graded")
    others = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
    before = serializers.ListField(child=serializers.IntegerField())
    number = serializers.IntegerField(help_text="how many grades of it the reader gave: to be sent with the next one")


class GradeIn(Strict):
    """Scores by criterion; `number` as the output was read with. The comment stays private."""

    scores = serializers.DictField(child=Whole(max_value=100))
    number = Whole()
    comment = Text(max_length=grading.LONGEST, required=False, allow_blank=True)


class GradeOut(serializers.Serializer[Any]):
    """A grade as it stands on the ledger."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    adjudicates = serializers.BooleanField()
    seq = serializers.IntegerField()


class Rounds(View):
    """Rounds of a project."""

    @extend_schema(operation_id="grading_rounds", parameters=[RoundQuery], responses=RoundOut(many=True))
    def get(self, request: Request) -> Response:
        """Every round of a project, the newest first."""
        reader = RoundQuery(data=request.query_params.dict())
        reader.is_valid(raise_exception=True)
        project = lookups.project(self.person, reader.validated_data["project"])
        return Response([_told(self, found) for found in select.of_project(project)])

    @extend_schema(operation_id="grading_round_open", request=RoundIn, responses={201: RoundOut})
    def post(self, request: Request) -> Response:
        """Open a round; the server draws which outputs are graded."""
        given = self.given(RoundIn)
        made = grading.round_open(
            actor=self.person,
            project=lookups.project(self.person, given["project"]),
            title=given["title"],
            results=lookups.several(self.person, given["results"], "results"),
            cases=given.get("cases"),
            criteria=given.get("criteria", []),
        )
        return Response(_told(self, select.get(self.person, made.pk)), status=201)


class OneRound(View):
    """One round."""

    @extend_schema(operation_id="grading_round", parameters=[ID], responses=RoundOut)
    def get(self, request: Request, id: str) -> Response:  # noqa: A002  (the address calls it so)
        """How far the round and the reader are."""
        return Response(_told(self, _round(self, id)))


class Agreed(View):
    """How far the graders of a round agree."""

    @extend_schema(operation_id="grading_agreement", parameters=[ID], responses=AgreementOut(many=True))
    def get(self, request: Request, id: str) -> Response:  # noqa: A002  (the address calls it so)
        """By criterion; while the round is open only over outputs that the reader has no hand in."""
        found = _round(self, id)
        agreed = select.agreements(found, None if found.over else self.person)
        told = [{"criterion": name} | one.model_dump(mode="json") for name, one in agreed.items()]
        return Response(AgreementOut(told, many=True).data)


class Close(View):
    """The end of a round."""

    @extend_schema(
        operation_id="grading_round_close", parameters=[ID], request=None, responses={201: DocumentDetailOut}
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002  (the address calls it so)
        """Freeze the grades and how far people agreed."""
        made = grading.round_close(actor=self.person, grading_round=_round(self, id))
        return Response(detail(self.person, made), status=201)


class AbandonIn(Strict):
    """Why nobody will close the round."""

    reason = Text(max_length=grading.LONGEST)


class Abandon(View):
    """The end of a round without grades."""

    @extend_schema(operation_id="grading_round_abandon", parameters=[ID], request=AbandonIn, responses=RoundOut)
    def post(self, request: Request, id: str) -> Response:  # noqa: A002  (the address calls it so)
        """Abandon a round: what was graded stays on record and counts for nothing."""
        found = _round(self, id)
        grading.round_abandon(actor=self.person, grading_round=found, reason=self.given(AbandonIn)["reason"])
        return Response(_told(self, select.again(found)))


class OneItem(View):
    """One output of a round, as its grader sees it."""

    @extend_schema(operation_id="grading_item", parameters=[ID, ITEM], responses=TaskOut)
    def get(self, request: Request, id: str, item: str) -> Response:  # noqa: A002
        """The case and the output; nothing says which model it is from."""
        task = select.task(self.person, _round(self, id), fields.digest(item, "item"))
        told = {
            "item": task.name,
            "case": [{"name": name, "text": words} for name, words in task.parts],
            "output": task.output,
            "turn": task.turn,
            "others": task.others,
            "before": task.before,
            "number": task.number,
        }
        return Response(TaskOut(told).data)

    @extend_schema(operation_id="grading_grade", parameters=[ID, ITEM], request=GradeIn, responses={201: GradeOut})
    def post(self, request: Request, id: str, item: str) -> Response:  # noqa: A002
        """Grade it, grade it anew, or decide where two disagree."""
        given = self.given(GradeIn)
        made = grading.grade_give(
            actor=self.person, grading_round=_round(self, id), item=fields.digest(item, "item"), **given
        )
        return Response(GradeOut(made).data, status=201)


def _round(view: View, identifier: str) -> select.Round:
    key: uuid.UUID = fields.identifier(identifier)
    return select.get(view.person, key)


def _told(view: View, found: select.Round) -> Any:
    able = not found.over and select.may_grade(view.person, found)
    mine = select.progress(view.person, found)
    told = {
        "id": found.row.pk,
        "title": found.body.title,
        "open": not found.over,
        "abandoned": found.abandoned.reason if found.abandoned else None,
        "document": found.closed.document_id if found.closed else None,
        "items": len(found.items),
        "left": found.left,
        "graders": found.body.graders,
        "criteria": found.body.criteria,
        "may_grade": able,
        "graded": mine.graded,
        "waiting": mine.waiting if able else 0,
        "next": mine.next if able else None,
    }
    return RoundOut(told).data
