"""Reports: asked for, waited for, downloaded."""

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance import store
from governance.api import base, fields, lookups
from governance.api.base import Download, PageQuery, View, page_of
from governance.api.document_shapes import DocumentNameOut
from governance.api.fields import Digest, Strict, Text
from governance.errors import Conflict
from governance.models import Report
from governance.registry import REPORTS
from governance.selectors import documents as docs
from governance.selectors import reports as select
from governance.services import reports


class ReportQuery(PageQuery):
    """Filters of the list of reports."""

    project = fields.Slug(required=False)
    subject = Digest(required=False)
    state = serializers.ChoiceField(choices=sorted(Report.State.values), required=False)
    kind = Text(required=False, max_length=60)


class ReportIn(Strict):
    """What the report is to tell of: a document, a project or, with neither, the organisation.

    `parameters` is what its kind asks besides, see the list of kinds; `ledger_size` asks for it as of a past size.
    """

    subject = Digest(required=False)
    project = fields.Slug(required=False)
    kind = Text(required=False, default="lineage", max_length=60)
    parameters = serializers.DictField(required=False)
    ledger_size = fields.Whole(required=False, min_value=1)


class ReportOut(serializers.Serializer[Any]):
    """A report; `file_sha256` is on the ledger at `seq` once it is ready."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    called = serializers.SerializerMethodField(help_text="its name, as its first page says it")
    project = serializers.CharField(source="project.slug", default=None, allow_null=True)
    subject = DocumentNameOut(allow_null=True)
    parameters = serializers.DictField(source="asked")
    progress = serializers.CharField()
    filename = serializers.CharField()
    requested_by = serializers.CharField(source="requested_by.printed_name")
    requested_at = serializers.DateTimeField()
    ledger_size = serializers.IntegerField()
    state = serializers.ChoiceField(choices=sorted(Report.State.values))
    error = serializers.CharField()
    file_sha256 = serializers.CharField()
    file_size = serializers.IntegerField(allow_null=True)
    seq = serializers.IntegerField(allow_null=True)

    def get_called(self, report: Report) -> str:
        """Return the report's name: that of its kind, or what the kind of its document says."""
        from governance.reports.lineage import called

        return called(report)


class Reports(View):
    """Reports one may see."""

    @extend_schema(operation_id="reports_list", parameters=[ReportQuery], responses=page_of(ReportOut))
    def get(self, request: Request) -> Response:
        """List reports, newest first."""
        asked = self.asked(ReportQuery)
        project = lookups.project(self.person, asked["project"]) if "project" in asked else None
        wanted = {name: asked[name] for name in ("subject", "state", "kind") if name in asked}
        return self.listed(select.listed(self.person, project=project, **wanted), ReportOut)

    @extend_schema(operation_id="report_request", request=ReportIn, responses={201: ReportOut})
    def post(self, request: Request) -> Response:
        """Ask for a report; the worker typesets and seals it."""
        given = self.given(ReportIn)
        made = reports.request(
            actor=self.person,
            kind=given["kind"],
            subject=docs.get(self.person, given["subject"]) if "subject" in given else None,
            project=lookups.project(self.person, given["project"]) if "project" in given else None,
            parameters=given.get("parameters"),
            ledger_size=given.get("ledger_size"),
        )
        return Response(ReportOut(made).data, status=201)


class ReportKindOut(serializers.Serializer[Any]):
    """A kind of report: what it tells, what it can be about, and the JSON schema of its parameters."""

    name = serializers.CharField()
    title = serializers.CharField()
    about = serializers.CharField()
    of = serializers.ListField(child=serializers.CharField())
    kinds = serializers.ListField(child=serializers.CharField())
    parameters = serializers.DictField()


class ReportKinds(View):
    """The kinds of report there are."""

    @extend_schema(operation_id="report_kinds", responses=ReportKindOut(many=True))
    def get(self, request: Request) -> Response:
        """List the kinds of report that can be asked for."""
        told = [
            {
                "name": kind.name,
                "title": kind.label,
                "about": kind.about,
                "of": sorted(kind.of),
                "kinds": sorted(kind.kinds),
                "parameters": kind.asks.model_json_schema(),
            }
            for kind in REPORTS.values()
            if kind.offered
        ]
        return Response(ReportKindOut(told, many=True).data)


class ReportDetail(View):
    """One report."""

    @extend_schema(operation_id="report", parameters=[base.ID], responses=ReportOut)
    def get(self, request: Request, id: str) -> Response:  # noqa: A002  (the address calls it so)
        """Return a report's state."""
        return Response(ReportOut(select.get(self.person, str(fields.identifier(id)))).data)


class ReportAgain(View):
    """One report of one's own that could not be made."""

    @extend_schema(operation_id="report_again", parameters=[base.ID], request=None, responses=ReportOut)
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Have it made after all, of the same question and ledger; 409 unless it failed."""
        key = str(fields.identifier(id))
        reports.again(actor=self.person, report=select.get(self.person, key))
        return Response(ReportOut(select.get(self.person, key)).data)


class ReportFile(Download):
    """One report's file."""

    @extend_schema(
        operation_id="report_file",
        parameters=[base.ID],
        responses={(200, "application/pdf"): OpenApiTypes.BINARY, (200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, id: str) -> StreamingHttpResponse:  # noqa: A002
        """Return the sealed PDF, or the ZIP of a sample; 409 until it is ready."""
        found = select.get(self.person, str(fields.identifier(id)))
        if found.state != Report.State.READY:
            raise Conflict(
                found=f"the report is {Report.State(found.state).label}",
                expected="a report that is ready",
                remedy=found.error or "Wait until the worker has made it.",
            )
        store.check(found.file_sha256)  # before the first byte leaves, since a stream cannot take back its status
        reports.downloaded(actor=self.person, report=found)
        headers = {
            "Content-Disposition": f'attachment; filename="{found.filename}"',
            "Content-Length": str(found.file_size),
            "X-Content-SHA256": found.file_sha256,
        }
        return StreamingHttpResponse(store.stream(found.file_sha256), content_type=found.media_type, headers=headers)
