"""Reviews of agreed documents."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import base, fields
from governance.api.base import PageQuery, View, page_of
from governance.api.document_shapes import DocumentNameOut
from governance.api.fields import Digest, Strict, Text
from governance.api.proofs import ProofIn, proven
from governance.errors import NotFound
from governance.selectors import documents as docs
from governance.selectors import reviews as select
from governance.services import reviews as service


class ReviewQuery(PageQuery):
    """Filters of the list of reviews."""

    document = Digest(required=False)
    open = serializers.BooleanField(required=False, help_text="only those that can still be closed (or cannot)")


class ReviewIn(Strict):
    """Reopens an agreed document."""

    document = Digest()
    trigger = serializers.ChoiceField(choices=sorted(service.TRIGGERS))
    due = serializers.DateTimeField(help_text="unless the review is closed by then, the sign-off lapses")
    reason = Text(max_length=10_000)


class CloseIn(ProofIn):
    """What was looked at and found, and who one is, shown anew."""

    finding = Text(max_length=10_000)


class ReviewOut(serializers.Serializer[Any]):
    """A review."""

    id = serializers.UUIDField(source="row.id")
    document = DocumentNameOut(source="row.document")
    trigger = serializers.CharField(source="row.trigger")
    due = serializers.DateTimeField(source="row.due")
    reason = serializers.CharField(source="why", help_text="empty when it was erased")
    by = serializers.CharField(
        source="row.by.printed_name", default=None, allow_null=True, help_text="null: the system"
    )
    at = serializers.DateTimeField(source="row.at")
    seq = serializers.IntegerField(source="row.seq")
    closed_at = serializers.DateTimeField(source="row.closed.at", default=None, allow_null=True)
    closed_by = serializers.CharField(source="row.closed.by.printed_name", default=None, allow_null=True)
    roles = serializers.SerializerMethodField(help_text="who can close it")
    may_close = serializers.BooleanField()

    def get_roles(self, told: select.Told) -> list[str]:
        return sorted(told.roles)


class SuggestedOut(serializers.Serializer[Any]):
    """A document that was agreed under another rule than the one in force now."""

    document = DocumentNameOut()
    project = serializers.CharField(source="document.project.slug", default=None, allow_null=True)
    until = serializers.DateTimeField(source="standing.until")
    changes = serializers.ListField(child=serializers.CharField(), help_text="what the rule asks differently")


class Reviews(View):
    """Reviews one may see."""

    @extend_schema(operation_id="reviews_list", parameters=[ReviewQuery], responses=page_of(ReviewOut))
    def get(self, request: Request) -> Response:
        """List reviews, the next due first."""
        asked = self.asked(ReviewQuery)
        rows = select.visible(self.person)
        if (digest := asked.get("document")) is not None:
            rows = rows.filter(document=digest)
        if (wanted := asked.get("open")) is not None:
            running = select.running(rows, timezone.now())
            rows = running if wanted else rows.exclude(pk__in=running.order_by().values("pk"))
        return self.listed(rows, ReviewOut, told=lambda page: select.told(self.person, page))

    @extend_schema(operation_id="review_open", request=ReviewIn, responses={201: ReviewOut})
    def post(self, request: Request) -> Response:
        """Open a review: unless it is closed by its day, the sign-off lapses then."""
        given = self.given(ReviewIn)
        document = docs.get(self.person, given.pop("document"))
        made = service.open_review(actor=self.person, document=document, **given)
        return Response(ReviewOut(select.told(self.person, [made])[0]).data, status=201)


class ReviewsSuggested(View):
    """What a changed policy suggests to review."""

    @extend_schema(operation_id="reviews_suggested", parameters=[PageQuery], responses=page_of(SuggestedOut))
    def get(self, request: Request) -> Response:
        """Documents in force that were agreed under another rule than the policy in force now has for their kind."""
        self.asked(PageQuery)
        return self.listed(select.suggested(self.person), SuggestedOut)


class ReviewClose(View):
    """The end of a review."""

    @extend_schema(operation_id="review_close", parameters=[base.ID], request=CloseIn, responses={201: ReviewOut})
    def post(self, request: Request, id: str) -> Response:  # noqa: A002  (the address calls it so)
        """Close a review: the document stands as it is."""
        row = select.visible(self.person).filter(pk=fields.identifier(id)).first()
        if row is None:
            raise NotFound("there is no such review")
        service.close(actor=self.person, review=row, **proven(self.given(CloseIn)))
        fresh = select.visible(self.person).get(pk=row.pk)
        return Response(ReviewOut(select.told(self.person, [fresh])[0]).data, status=201)
