"""Results of evaluations: what other thresholds would have said of them."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evals.services import judging
from governance.api.base import View
from governance.api.fields import Strict
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
