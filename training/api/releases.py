"""Releases: asked about and proposed. A release is signed like any document."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from evals.documents import RESULT
from governance.api import lookups
from governance.api.base import Query, View
from governance.api.document_shapes import DocumentDetailOut
from governance.api.documents import VerdictOut, detail
from governance.api.fields import Digest, Strict, Text
from governance.errors import Invalid
from governance.selectors import documents as docs
from training.services import releases


class ReleaseIn(Strict):
    """The result a release rests on, and the release it follows."""

    result = Digest()
    title = Text(max_length=300)
    note = Text(max_length=20_000, allow_blank=True, required=False, default="")
    previous = Digest(required=False, allow_null=True, default=None)


class ReleaseGateQuery(Query):
    """Which result."""

    result = Digest()


class Releases(View):
    """Releases."""

    @extend_schema(operation_id="release_propose", request=ReleaseIn, responses={201: DocumentDetailOut})
    def post(self, request: Request) -> Response:
        """Freeze a release if its gate opens; 409 lists every blocking check. Then it needs its signatures."""
        given = self.given(ReleaseIn)
        made = releases.propose(
            actor=self.person,
            result=docs.get(self.person, given["result"]),
            title=given["title"],
            note=given["note"],
            previous=lookups.base(self.person, given["previous"]),
        )
        return Response(detail(self.person, made), status=201)


class ReleaseGate(View):
    """The release gate."""

    @extend_schema(operation_id="release_gate", parameters=[ReleaseGateQuery], responses=VerdictOut)
    def get(self, request: Request) -> Response:
        """What the release gate would say of a result now. Changes nothing."""
        result = docs.get(self.person, self.asked(ReleaseGateQuery)["result"])
        if result.kind != RESULT:
            raise Invalid("result", f"found a {result.kind}, expected an {RESULT}")
        return Response(VerdictOut(releases.gate(result=result, user=self.person).as_dict()).data)
