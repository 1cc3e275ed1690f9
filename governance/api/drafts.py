"""Drafts: the only thing that can be edited."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import base, fields, lookups
from governance.api.base import Download, View, page_of
from governance.api.document_shapes import (
    DocumentDetailOut,
    DraftDetailOut,
    DraftEditIn,
    DraftOut,
    DraftQuery,
    FreezeIn,
    SubmitIn,
)
from governance.api.documents import SHELF, detail
from governance.errors import Conflict
from governance.services import documents as services


class Drafts(View):
    """Drafts one may see."""

    @extend_schema(operation_id="drafts_list", parameters=[DraftQuery], responses=page_of(DraftOut))
    def get(self, request: Request) -> Response:
        """List drafts by project and kind, the last edited first."""
        asked = self.asked(DraftQuery)
        rows = lookups.drafts(self.person)
        if (where := asked.get("project")) is not None:
            rows = rows.filter(project=None if where == SHELF else lookups.project(self.person, where))
        if (kind := asked.get("kind")) is not None:
            rows = rows.filter(kind=kind)
        if (frozen := asked.get("frozen")) is not None:
            rows = rows.filter(frozen__isnull=not frozen)
        return self.listed(rows, DraftOut)

    @extend_schema(operation_id="draft_create", request=SubmitIn, responses={201: DraftDetailOut})
    def post(self, request: Request) -> Response:
        """Begin a draft; it may be incomplete and is checked in full when frozen."""
        given = self.given(SubmitIn)
        made = services.draft_create(
            actor=self.person,
            project=lookups.place(self.person, given["project"]),
            kind=given["kind"],
            body=given["body"],
            references=given["references"],
            base=lookups.base(self.person, given["base"]),
        )
        return Response(DraftDetailOut(made).data, status=201)


class DraftDetail(View):
    """One draft."""

    @extend_schema(operation_id="draft", parameters=[base.ID], responses=DraftDetailOut)
    def get(self, request: Request, id: str) -> Response:  # noqa: A002  (the address calls it so)
        """Return a draft with its content."""
        return Response(DraftDetailOut(lookups.draft(self.person, fields.identifier(id))).data)

    @extend_schema(operation_id="draft_edit", parameters=[base.ID], request=DraftEditIn, responses=DraftDetailOut)
    def put(self, request: Request, id: str) -> Response:  # noqa: A002
        """Replace a draft's content; 409 when somebody saved since `revision`. The editor becomes a contributor."""
        found = lookups.draft(self.person, fields.identifier(id))
        services.draft_edit(actor=self.person, draft=found, **self.given(DraftEditIn))
        return Response(DraftDetailOut(lookups.draft(self.person, found.pk)).data)


class DraftPreview(Download):
    """A draft as a PDF for discussion."""

    @extend_schema(
        operation_id="draft_preview", parameters=[base.ID], responses={(200, "application/pdf"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, id: str) -> HttpResponse:  # noqa: A002
        """Return the draft as it would read in a report: no record, and marked so; 409 once it is frozen."""
        found = lookups.draft(self.person, fields.identifier(id))
        if found.frozen_id:
            raise Conflict(
                found="the draft is frozen", expected="a draft", remedy="Ask for a report on the document it became."
            )
        from governance.reports.preview import preview_pdf  # what sets pages is loaded when somebody asks for some

        pdf = preview_pdf(found)
        services.draft_printed(actor=self.person, draft=found)
        name = f'attachment; filename="draft-{found.pk}-{found.revision}.pdf"'
        return HttpResponse(pdf, content_type="application/pdf", headers={"Content-Disposition": name})


class DraftFreeze(View):
    """A draft frozen into a document."""

    @extend_schema(
        operation_id="draft_freeze", parameters=[base.ID], request=FreezeIn, responses={201: DocumentDetailOut}
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Freeze the revision the caller saw into the next version of its series."""
        found = lookups.draft(self.person, fields.identifier(id))
        made = services.draft_freeze(actor=self.person, draft=found, **self.given(FreezeIn))
        return Response(detail(self.person, made), status=201)
