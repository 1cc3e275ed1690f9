"""Quality reports: asked for, made by the worker, and every place behind what was found."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evals import documents as kinds
from evals.selectors import quality as select
from evals.services import quality
from governance.api import base, lookups
from governance.api.base import PageQuery, View, page_of
from governance.api.fields import Digest, Strict, Text
from governance.api.jobs import JobDetailOut
from governance.errors import Invalid
from governance.models import Document
from governance.registry import KINDS
from governance.selectors import documents as docs


class AssessIn(Strict):
    """Datasets of one project, and the evaluation set and rubric they are held against."""

    datasets = serializers.ListField(child=Digest(), min_length=1, max_length=20)
    evaluation_set = Digest()
    rubric = Digest()


class QualityReports(View):
    """Quality of datasets."""

    @extend_schema(operation_id="quality_assess", request=AssessIn, responses={202: JobDetailOut})
    def post(self, request: Request) -> Response:
        """Have datasets checked alone and against the evaluation set's cases.

        The answer is the job that does it, and `Location` where to look; its `output` will be the quality report.
        """
        given = self.given(AssessIn)
        datasets = lookups.several(self.person, given["datasets"], "datasets")
        for dataset in datasets:
            _of_kind("dataset", "datasets", dataset)
        project = datasets[0].project
        if project is None or len({d.project_id for d in datasets}) != 1:
            raise Invalid("datasets", "found datasets of several places, expected one project's")
        job = quality.request(
            actor=self.person,
            project=project,
            datasets=datasets,
            evaluation_set=_of_kind("evaluation_set", "evaluation_set", docs.get(self.person, given["evaluation_set"])),
            rubric=_of_kind("rubric", "rubric", docs.get(self.person, given["rubric"])),
        )
        return Response(JobDetailOut(job).data, status=202, headers={"Location": f"/api/v1/jobs/{job.pk}"})


class FindingsQuery(PageQuery):
    """Places of which check."""

    check = Text(required=False, max_length=64)


class PlaceOut(serializers.Serializer[Any]):
    """Where a check found something; `row` and `case` are ids, or empty."""

    check = serializers.CharField()
    at = serializers.CharField()
    row = serializers.CharField()
    case = serializers.CharField()


class Findings(View):
    """Every place behind the findings of a quality report."""

    @extend_schema(
        operation_id="quality_findings", parameters=[base.DIGEST, FindingsQuery], responses=page_of(PlaceOut)
    )
    def get(self, request: Request, digest: str) -> Response:
        """List all places, not only those that the report shows; texts of rows and cases are never among them."""
        document = docs.get(self.person, digest)
        check = self.asked(FindingsQuery).get("check", "")
        return self.listed(list(select.places(document, check)), PlaceOut)


def _of_kind(role: str, field: str, found: Document) -> Document:
    """Return the document if a quality check may name it in that role. Invalid otherwise."""
    expected = KINDS[kinds.QUALITY_SPEC].links[role].kinds
    if found.kind not in expected:
        raise Invalid(field, f"found a {found.kind}, expected {' or '.join(sorted(expected))}")
    return found
