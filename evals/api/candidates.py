"""What becomes of failures: marked as candidates, withdrawn, drafted into a next version, handed out."""

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evals.selectors import candidates as select
from evals.services import candidates as service
from governance.api import base, fields, lookups
from governance.api.base import Download, PageQuery, Query, View
from governance.api.document_shapes import DraftOut
from governance.api.fields import Body, Digest, Slug, Strict, Text
from governance.downloads import streamed
from governance.selectors import documents as docs

USES = list(select.USES)


class CandidateIn(Strict):
    """A failed answer, and what is proposed of it (`content` null: the case itself, or a row with its right answer)."""

    case = Text(max_length=128)
    repeat = fields.Whole(min_value=1, default=1)
    use = serializers.ChoiceField(choices=USES)
    content = Body(required=False, allow_null=True, default=None)
    note = Text(required=False, default="", allow_blank=True, max_length=service.LONGEST)


class CandidateOut(serializers.Serializer[Any]):
    """A candidate; `content` is null where it cannot be shown, and `fault` says why.

    Where the cases are kept from who asks, so are `case`, `repeat` and `note`.
    """

    id = serializers.UUIDField(source="row.pk")
    result = serializers.CharField(source="row.result_id")
    use = serializers.ChoiceField(choices=USES, source="row.use")
    case = serializers.CharField(allow_null=True)
    repeat = serializers.IntegerField(allow_null=True)
    note = serializers.CharField(allow_null=True)
    content = serializers.SerializerMethodField()
    fault = serializers.CharField()
    by = serializers.CharField(source="row.by.printed_name")
    at = serializers.DateTimeField(source="row.at")
    withdrawn = serializers.SerializerMethodField()
    drafts = serializers.ListField(child=serializers.UUIDField())

    def get_content(self, one: select.Marked) -> dict[str, Any] | None:
        return one.content.model_dump(mode="json", exclude_defaults=True) if one.content else None

    def get_withdrawn(self, one: select.Marked) -> bool:
        return one.withdrawn is not None


class ResultCandidates(View):
    """Failures of a result, marked."""

    @extend_schema(
        operation_id="candidate_mark", parameters=[base.DIGEST], request=CandidateIn, responses={201: CandidateOut}
    )
    def post(self, request: Request, digest: str) -> Response:
        """Mark a failure as a candidate. Refused for cases of a holdout."""
        result = docs.get(self.person, fields.digest(digest))
        row = service.mark(actor=self.person, result=result, **self.given(CandidateIn))
        return Response(CandidateOut(select.get(self.person, row.pk)).data, status=201)


class CandidatesQuery(PageQuery):
    """Whose candidates."""

    project = Slug()


class Candidates(View):
    """Candidates of a project."""

    @extend_schema(operation_id="candidates", parameters=[CandidatesQuery], responses=base.page_of(CandidateOut))
    def get(self, request: Request) -> Response:
        """List what was marked in a project, the newest first."""
        project = lookups.project(self.person, self.asked(CandidatesQuery)["project"])
        return self.listed(select.of_project(self.person, project), CandidateOut)


class CandidatesFileQuery(Query):
    """Whose candidates, for which use."""

    project = Slug()
    use = serializers.ChoiceField(choices=USES)


class CandidatesFile(Download):
    """Candidates of a project, as a file."""

    @extend_schema(
        operation_id="candidates_file",
        parameters=[CandidatesFileQuery],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Return those that were neither withdrawn nor disposed of as JSON Lines: cases, or rows of a dataset."""
        asked = self.asked(CandidatesFileQuery)
        project, use = lookups.project(self.person, asked["project"]), asked["use"]
        return streamed(f"candidate-{use}s.jsonl", service.exported(actor=self.person, project=project, use=use))


class CandidateWithdraw(View):
    """A candidate, withdrawn."""

    @extend_schema(operation_id="candidate_withdraw", parameters=[base.ID], request=None, responses=CandidateOut)
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Withdraw a candidate. It stays on record."""
        found = select.get(self.person, fields.identifier(id))
        service.withdraw(actor=self.person, candidate=found)
        return Response(CandidateOut(select.get(self.person, found.row.pk)).data)


class CandidatesDraftIn(Strict):
    """Candidate cases, the development set whose next version they go into, and the slice for them."""

    evaluation_set = Digest()
    candidates = serializers.ListField(child=fields.Identifier(), min_length=1, max_length=service.MOST)
    slice = Text(required=False, default=service.SLICE, max_length=64)


class CandidatesDraft(View):
    """Candidate cases, drafted."""

    @extend_schema(operation_id="candidates_draft", request=CandidatesDraftIn, responses={201: DraftOut})
    def post(self, request: Request) -> Response:
        """Draft candidate cases into the next version of a development set. The signed version stays as it is."""
        given = self.given(CandidatesDraftIn)
        draft = service.draft_cases(
            actor=self.person,
            candidates=select.get_many(self.person, given["candidates"]),
            evaluation_set=docs.get(self.person, given["evaluation_set"]),
            slice_name=given["slice"],
        )
        return Response(DraftOut(lookups.draft(self.person, draft.pk)).data, status=201)
