"""Quality reports: asked for; the service makes them."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evals import documents as kinds
from evals.services import quality
from governance.api import lookups
from governance.api.base import View
from governance.api.document_shapes import DocumentDetailOut
from governance.api.documents import detail
from governance.api.fields import Digest, Strict
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

    @extend_schema(operation_id="quality_assess", request=AssessIn, responses={201: DocumentDetailOut})
    def post(self, request: Request) -> Response:
        """Check datasets alone and against the evaluation set's cases, and freeze what was found."""
        given = self.given(AssessIn)
        datasets = lookups.several(self.person, given["datasets"], "datasets")
        for dataset in datasets:
            _of_kind("dataset", "datasets", dataset)
        project = datasets[0].project
        if project is None or len({d.project_id for d in datasets}) != 1:
            raise Invalid("datasets", "found datasets of several places, expected one project's")
        made = quality.assess(
            actor=self.person,
            project=project,
            datasets=datasets,
            evaluation_set=_of_kind("evaluation_set", "evaluation_set", docs.get(self.person, given["evaluation_set"])),
            rubric=_of_kind("rubric", "rubric", docs.get(self.person, given["rubric"])),
        )
        return Response(detail(self.person, made), status=201)


def _of_kind(role: str, field: str, found: Document) -> Document:
    """Return the document if a quality report may name it in that role. Invalid otherwise."""
    expected = KINDS[kinds.QUALITY].links[role].kinds
    if found.kind not in expected:
        raise Invalid(field, f"found a {found.kind}, expected {' or '.join(sorted(expected))}")
    return found
