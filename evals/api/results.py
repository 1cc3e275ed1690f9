"""Results of evaluations: which answers failed, and what other thresholds would have said of them."""

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from pydantic import ValidationError
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evals.documents import RESULT
from evals.engine.failures import MOST_TEXT, OUTCOMES, Wanted
from evals.engine.searching import MOST_PATTERN
from evals.selectors import failures as select
from evals.selectors import judgements, spent
from evals.services import failures, judging, logs
from evals.services import judgements as judging_again
from governance.api import base, fields
from governance.api.base import Download, Query, View
from governance.api.document_shapes import DocumentDetailOut
from governance.api.documents import detail
from governance.api.fields import Body, Strict
from governance.downloads import streamed
from governance.errors import Invalid
from governance.models import Document
from governance.selectors import documents as docs


class WhatIfIn(Strict):
    """The body of a thresholds document, as it would be frozen."""

    thresholds = serializers.JSONField()


class WhatIfOut(serializers.Serializer[object]):
    """A judgement that binds nobody, under words that say so."""

    what_if = serializers.CharField()
    judgement = serializers.JSONField()


class WhatIf(View):
    """Other thresholds on recorded outputs."""

    @extend_schema(operation_id="result_what_if", request=WhatIfIn, responses={200: WhatIfOut})
    def post(self, request: Request, digest: str) -> Response:
        """Judge recorded outputs by other thresholds. Nothing is kept, and nothing is decided by it.

        Whoever must not see the cases of the evaluation set is refused.
        """
        given = self.given(WhatIfIn)
        result = docs.get(self.person, digest)
        found = judging.what_if(actor=self.person, result=result, thresholds=given["thresholds"])
        return Response(found.model_dump(mode="json"))


class JudgementStandingOut(serializers.Serializer[Any]):
    """The verdict that counts for a result. `judgement` is the document it stands in, null where it is the result's."""

    verdict = serializers.CharField(help_text="empty where it was measured and not judged")
    words = serializers.CharField()
    judgement = serializers.CharField(allow_null=True)
    waits = serializers.ListField(child=serializers.CharField(), help_text="thresholds that wait for people's grades")
    newer = serializers.ListField(child=serializers.CharField(), help_text="grades that no judgement has seen")
    open = serializers.ListField(child=serializers.CharField(), help_text="rounds that hold a judgement back")
    made = serializers.ListField(child=serializers.CharField(), help_text="its judgements, the first first")
    spends = serializers.CharField(help_text="what one more judgement spends of the holdout")
    affordable = serializers.BooleanField(help_text="whether the holdout can bear one more")


class Judgements(View):
    """The verdict on a result once people have graded."""

    @extend_schema(operation_id="result_standing", responses=JudgementStandingOut)
    def get(self, request: Request, digest: str) -> Response:
        """Which verdict counts for a result now, and what waits for people."""
        result = _evaluation_result(docs.get(self.person, digest))
        found, left = judgements.standing(result), spent.again(result)
        told = {
            "verdict": found.verdict,
            "words": found.words,
            "judgement": found.judgement.digest if found.judgement else None,
            "waits": found.waits,
            "newer": [one.digest for one in found.newer],
            "open": [str(one.row.pk) for one in found.open],
            "made": [one.digest for one in judgements.all_of(result)],
            "spends": left.found,
            "affordable": left.passed,
        }
        return Response(JudgementStandingOut(told).data)

    @extend_schema(operation_id="result_judge", request=None, responses={201: DocumentDetailOut})
    def post(self, request: Request, digest: str) -> Response:
        """Judge a result again with the grades of every closed round about it."""
        made = judging_again.judge_again(actor=self.person, result=docs.get(self.person, digest))
        return Response(detail(self.person, made), status=201)


def _evaluation_result(found: Document) -> Document:
    if found.kind != RESULT:
        raise Invalid("result", f"found a {found.kind}, expected an evaluation result")
    return found


class FailuresQuery(Query):
    """Which answers are wanted; without `outcome` every failure."""

    slice = fields.Text(required=False, max_length=64)
    criterion = fields.Text(required=False, max_length=64, help_text="a criterion that the answer missed")
    outcome = serializers.ChoiceField(choices=["failing", "any", *OUTCOMES], default="failing")
    text = fields.Text(required=False, default="", max_length=MOST_TEXT, help_text="words in question or answer")
    pattern = fields.Text(required=False, max_length=MOST_PATTERN, help_text="a pattern of RE2 in question or answer")


class FailuresPageQuery(FailuresQuery, base.PageQuery):
    """The same, page by page."""


class SentOut(serializers.Serializer[Any]):
    """A message as the model got it."""

    role = serializers.CharField()
    content = serializers.CharField()


class AnswerGradeOut(serializers.Serializer[Any]):
    """What one criterion says of an answer, and why."""

    criterion = serializers.CharField()
    met = serializers.BooleanField()
    score = serializers.CharField()
    reason = serializers.CharField()


class AnswerOut(serializers.Serializer[Any]):
    """An answer with its case and its grades; `output` is null where none came, `sent` empty where only its digest is
    known.
    """

    id = serializers.CharField(help_text="of the case")
    repeat = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=list(OUTCOMES))
    missed = serializers.ListField(child=serializers.CharField())
    case = Body()
    sent = SentOut(many=True)
    output = serializers.CharField(allow_null=True)
    grades = AnswerGradeOut(many=True)
    tokens_in = serializers.IntegerField(allow_null=True)
    tokens = serializers.IntegerField(allow_null=True)
    seconds = serializers.CharField(allow_null=True)
    cost = serializers.CharField(allow_null=True)
    finished = serializers.BooleanField(allow_null=True)


class Failures(View):
    """Answers of an evaluation that failed."""

    @extend_schema(
        operation_id="result_failures",
        parameters=[base.DIGEST, FailuresPageQuery],
        responses=base.page_of(AnswerOut),
    )
    def get(self, request: Request, digest: str) -> Response:
        """List answers case by case. Refused to whoever must not see the cases; counts are for everybody."""
        found = failures.opened(actor=self.person, result=_result(self.person, digest))
        wanted = _wanted(self.asked(FailuresPageQuery))
        return self.listed(
            found.chosen(wanted), AnswerOut, told=lambda page: [answer.told() for answer in found.read(page)]
        )


class FailuresFile(Download):
    """Answers of an evaluation that failed, as a file."""

    @extend_schema(
        operation_id="result_failures_file",
        parameters=[base.DIGEST, FailuresQuery],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, digest: str) -> StreamingHttpResponse:
        """Return answers as JSON Lines, as the list has them. Refused to whoever must not see the cases."""
        result, wanted = _result(self.person, digest), _wanted(self.asked(FailuresQuery))
        return streamed("failures.jsonl", failures.exported(actor=self.person, result=result, wanted=wanted))


class CountOut(serializers.Serializer[Any]):
    """How many of `n` answers a criterion failed."""

    n = serializers.IntegerField()
    failed = serializers.IntegerField()


class FailureCountsOut(serializers.Serializer[Any]):
    """What became of the answers on one slice ("all": on all cases)."""

    slice = serializers.CharField()
    n = serializers.IntegerField(help_text="answers asked for")
    failing = serializers.IntegerField()
    outcomes = serializers.DictField(child=serializers.IntegerField())
    criteria = serializers.DictField(child=CountOut())


class FailureCounts(View):
    """Failures of an evaluation, counted."""

    @extend_schema(
        operation_id="result_failure_counts", parameters=[base.DIGEST], responses=FailureCountsOut(many=True)
    )
    def get(self, request: Request, digest: str) -> Response:
        """Count failures by slice and criterion, for everybody who may read the result."""
        found = select.looking(_result(self.person, digest))
        return Response(FailureCountsOut(select.counts(found), many=True).data)


class InspectLog(Download):
    """A result as a log of Inspect."""

    @extend_schema(
        operation_id="result_inspect_log",
        parameters=[base.DIGEST],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, digest: str) -> StreamingHttpResponse:
        """Return cases, answers and grades as a log that Inspect opens. Refused to whoever must not see the cases."""
        name, chunks = logs.inspect_log(actor=self.person, result=_result(self.person, digest))
        return streamed(name, chunks)


def _result(person: Any, digest: str) -> Document:
    return docs.get(person, fields.digest(digest))


def _wanted(asked: dict[str, Any]) -> Wanted:
    said = {name: asked[name] for name in Wanted.model_fields if asked.get(name) is not None}
    try:
        return Wanted(**said)
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        raise Invalid(str(first["loc"][0]), first["msg"].removeprefix("Value error, ")) from None
