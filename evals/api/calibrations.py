"""Calibrations of judges: asked for; the service reckons them."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from evals.services import calibrations
from governance.api.base import View
from governance.api.document_shapes import DocumentDetailOut
from governance.api.documents import detail
from governance.api.fields import Digest, Strict, Text
from governance.selectors import documents as docs


class CalibrationIn(Strict):
    """The human grades of a closed round, and the judge of their rubric that is held against them."""

    grades = Digest()
    judge = Text(max_length=64)


class JudgeCalibrations(View):
    """How far judges grade like people."""

    @extend_schema(operation_id="judge_calibrate", request=CalibrationIn, responses={201: DocumentDetailOut})
    def post(self, request: Request) -> Response:
        """Hold a judge against people's grades, and freeze what was found; it counts once it is signed."""
        given = self.given(CalibrationIn)
        made = calibrations.calibrate(
            actor=self.person, grades=docs.get(self.person, given["grades"]), judge=given["judge"]
        )
        return Response(detail(self.person, made), status=201)
