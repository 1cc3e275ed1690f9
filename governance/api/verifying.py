"""Verifying a file as the offline verifier does, and the verifier itself to take away."""

from typing import Any

from django.http import FileResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.access import LAUNCH, READ, WRITE
from governance.api.base import Download, Query, View
from governance.api.fields import Strict, Text
from governance.api.parsers import BoundedForm
from governance.errors import NotFound
from governance.selectors import verifying as select


class VerifyIn(Strict):
    """A file, and what its reader got by another way than the file."""

    file = serializers.FileField(
        max_length=255, help_text="a sealed report, an auditor's package (ZIP), or an entry's .tlog-proof"
    )
    fingerprint = Text(max_length=200, required=False, default="", help_text="root fingerprint, sha256:…")
    log_key = Text(max_length=500, required=False, default="", help_text="vkey, for a .tlog-proof")
    second_key = Text(max_length=4000, required=False, default="", help_text="the log's ML-DSA-44 key")
    witnesses = serializers.ListField(
        child=Text(max_length=4000), max_length=20, required=False, default=list, help_text="vkeys"
    )
    quorum = serializers.IntegerField(min_value=1, required=False, default=None)
    keyrings = serializers.FileField(max_length=255, required=False, default=None, help_text="those of today")
    checkpoints = serializers.ListField(
        child=serializers.FileField(max_length=255), max_length=10, required=False, default=list,
        help_text="checkpoints, or older reports, that were kept",
    )  # fmt: skip
    consistency = serializers.ListField(
        child=serializers.FileField(max_length=255), max_length=10, required=False, default=list,
        help_text="proofs between those and the file",
    )  # fmt: skip
    renewals = serializers.ListField(
        child=serializers.FileField(max_length=255), max_length=10, required=False, default=list,
        help_text="renewed evidence of the report",
    )  # fmt: skip
    least = serializers.IntegerField(
        min_value=1, required=False, default=None, help_text="ledger size that it must tell of at least"
    )
    authorities = serializers.ListField(
        child=serializers.FileField(max_length=255), max_length=10, required=False, default=list,
        help_text="root certificates (PEM) of time-stamp authorities",
    )  # fmt: skip


class CheckLineOut(serializers.Serializer[Any]):
    """One thing checked; `ok` is null for what the file cannot show."""

    name = serializers.CharField()
    ok = serializers.BooleanField(allow_null=True)
    detail = serializers.CharField()


class VerificationOut(serializers.Serializer[Any]):
    """0: it holds. 1: something does not. 2: it could not be checked. 3: the log signed two histories."""

    code = serializers.IntegerField(min_value=0, max_value=3)
    verdict = serializers.CharField()
    meaning = serializers.CharField()
    checks = CheckLineOut(many=True)
    left_out = serializers.IntegerField(help_text="lines that are too many to tell here")
    does_not_prove = serializers.ListField(child=serializers.CharField())


class VerifierOut(serializers.Serializer[Any]):
    """The verifier as one file; `system` is empty of the one made with this server's packages, others were not run."""

    system = serializers.CharField(allow_blank=True)
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    runs_on = serializers.CharField()


class VerifierQuery(Query):
    """For which system."""

    system = serializers.CharField(
        required=False, max_length=40, help_text="such as linux-aarch64; left out, the one made for this server's own"
    )


class Verify(View):
    """Verification of files."""

    parser_classes = [BoundedForm]
    scopes_for_changes = frozenset({READ, WRITE, LAUNCH})  # it changes nothing

    @extend_schema(
        operation_id="file_verify", request={"multipart/form-data": VerifyIn}, responses={200: VerificationOut}
    )
    def post(self, request: Request) -> Response:
        """Say what of a file holds, as this server finds it; nothing of it is kept. No role is needed."""
        given = self.given(VerifyIn)
        root = given.pop("fingerprint")
        found = select.outcome({**given, "root": root})
        return Response(VerificationOut(found).data)


class Verifier(View):
    """The verifier to take away."""

    @extend_schema(operation_id="verifier", responses=VerifierOut)
    def get(self, request: Request) -> Response:
        """What it runs on, and its digest."""
        return Response(VerifierOut(_verifier()).data)


class Verifiers(View):
    """The verifiers for other systems."""

    @extend_schema(operation_id="verifiers", responses=VerifierOut(many=True))
    def get(self, request: Request) -> Response:
        """Those that were made here for named systems, none of which this server runs."""
        return Response(VerifierOut(select.others(), many=True).data)


class VerifierFile(Download):
    """Its bytes."""

    @extend_schema(
        operation_id="verifier_file",
        parameters=[VerifierQuery],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The file: `python3 countersign-verify.pyz report.pdf --root FINGERPRINT`."""
        found = _verifier(self.asked(VerifierQuery).get("system", ""))
        return FileResponse(found.path.open("rb"), as_attachment=True, filename=found.path.name)


def _verifier(system: str = "") -> select.Verifier:
    found = select.verifier(system)
    if found is None:
        raise NotFound("the verifier was not made here: the operator does it with make verifier")
    return found
