"""Quality reports: asked for, made by the worker, and every place behind what was found."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evals import documents as kinds
from evals.api.cases import json_field
from evals.formats.registry import FORMATS
from evals.selectors import quality as select
from evals.services import production, quality
from governance.api import base, lookups
from governance.api.base import PageQuery, View, page_of
from governance.api.document_shapes import DocumentDetailOut
from governance.api.documents import detail
from governance.api.fields import Digest, Slug, Strict, Text
from governance.api.jobs import JobDetailOut
from governance.api.parsers import BoundedForm
from governance.errors import Invalid
from governance.models import Document
from governance.registry import KINDS
from governance.selectors import documents as docs


class AssessIn(Strict):
    """Datasets of one project, and the evaluation set and rubric they are held against."""

    datasets = serializers.ListField(child=Digest(), min_length=1, max_length=20)
    evaluation_set = Digest()
    rubric = Digest()
    production_sample = Digest(required=False)


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
            production_sample=_of_kind("production_sample", "production_sample", docs.get(self.person, sample))
            if (sample := given.get("production_sample"))
            else None,
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
        """List all places, not only those that the report shows; texts of rows and cases are never among them.

        Whoever the cases are kept from is told of rows alone, and of no row that is a part of a case.
        """
        document = docs.get(self.person, digest)
        check = self.asked(FindingsQuery).get("check", "")
        return self.listed(list(select.places(self.person, document, check)), PlaceOut)


class ProductionSampleIn(Strict):
    """Files of prompts in a format, and where, when and how they were recorded; `base` is the version they follow."""

    project = Slug()
    format = serializers.ChoiceField(choices=sorted(FORMATS))
    title = Text(max_length=300)
    source = Text(max_length=300)  # type: ignore[assignment]
    drawn = Text(max_length=300)
    first_day = Text(max_length=10)
    last_day = Text(max_length=10)
    description = Text(required=False, default="", allow_blank=True, max_length=20_000)
    columns = Text(required=False, default="{}", help_text="our field to the file's column, as a JSON object")
    base = Digest(required=False)
    files = serializers.ListField(child=serializers.FileField(max_length=255, allow_empty_file=True), max_length=100)


class ProductionSamples(View):
    """Samples of what comes in."""

    parser_classes = [BoundedForm]

    @extend_schema(
        operation_id="production_sample",
        request={"multipart/form-data": ProductionSampleIn},
        responses={201: DocumentDetailOut},
    )
    def post(self, request: Request) -> Response:
        """Freeze prompts as they came in; what is not understood is refused by file and place, and nothing is kept."""
        given = self.given(ProductionSampleIn)
        named = ("title", "source", "drawn", "first_day", "last_day", "description")
        made = production.bring(
            actor=self.person,
            project=lookups.project(self.person, given["project"]),
            form=given["format"],
            files=[(upload.name, upload.chunks()) for upload in given["files"]],
            columns=json_field("columns", given["columns"], dict),
            base=lookups.base(self.person, given.get("base")),
            **{name: given[name] for name in named},
        )
        return Response(detail(self.person, made), status=201)


def _of_kind(role: str, field: str, found: Document) -> Document:
    """Return the document if a quality check may name it in that role. Invalid otherwise."""
    expected = KINDS[kinds.QUALITY_SPEC].links[role].kinds
    if found.kind not in expected:
        raise Invalid(field, f"found a {found.kind}, expected {' or '.join(sorted(expected))}")
    return found
