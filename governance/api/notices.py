"""Notices: what was told to oneself, and how one wants to be told."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance import notice_kinds
from governance.api import base, fields
from governance.api.base import PageQuery, View, page_of
from governance.api.fields import Strict
from governance.models import Notice
from governance.selectors import notices as select
from governance.services import notices as service


class NoticeQuery(PageQuery):
    """Filters of the list of notices."""

    unread = serializers.BooleanField(required=False, default=False)


class NoticeOut(serializers.Serializer[Any]):
    """Something told to oneself."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=sorted(notice_kinds.KINDS))
    subject = serializers.CharField()
    text = serializers.CharField()
    link = serializers.CharField(help_text="path of the page to act on")
    at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)
    mailed_at = serializers.DateTimeField(source="sent_at", allow_null=True)


class NothingIn(Strict):
    """Nothing needs saying."""


class ModeIn(Strict):
    """How one wants to be told; what is mandatory comes at once in any case."""

    mode = serializers.ChoiceField(choices=sorted(notice_kinds.MODES))


class ModeOut(serializers.Serializer[Any]):
    """How one is told."""

    mode = serializers.ChoiceField(choices=sorted(notice_kinds.MODES))
    unread = serializers.IntegerField()


class Notices(View):
    """One's own notices."""

    @extend_schema(operation_id="notices", parameters=[NoticeQuery], responses=page_of(NoticeOut))
    def get(self, request: Request) -> Response:
        """What was told to oneself, newest first."""
        asked = self.asked(NoticeQuery)
        return self.listed(select.mine(self.person, unread=asked["unread"]), NoticeOut)


class NoticesRead(View):
    """All of them."""

    @extend_schema(operation_id="notices_read", request=NothingIn, responses=ModeOut)
    def post(self, request: Request) -> Response:
        """Count all of one's notices as read."""
        self.given(NothingIn)
        service.read(actor=self.person, notice=None, at=timezone.now())
        return _mode(self)


class NoticeRead(View):
    """One of them."""

    @extend_schema(operation_id="notice_read", parameters=[base.ID], request=NothingIn, responses=NoticeOut)
    def post(self, request: Request, id: str) -> Response:  # noqa: A002  (the address calls it so)
        """Count a notice as read."""
        self.given(NothingIn)
        key = fields.identifier(id)
        service.read(actor=self.person, notice=key, at=timezone.now())
        return Response(NoticeOut(Notice.objects.get(pk=key)).data)


class NoticeMode(View):
    """How one is told."""

    @extend_schema(operation_id="notice_mode", responses=ModeOut)
    def get(self, request: Request) -> Response:
        """How one is told, and how many notices are unread."""
        return _mode(self)

    @extend_schema(operation_id="notice_mode_set", request=ModeIn, responses=ModeOut)
    def put(self, request: Request) -> Response:
        """Choose how one is told from now on."""
        service.choose(actor=self.person, **self.given(ModeIn))
        return _mode(self)


def _mode(view: View) -> Response:
    shown = {"mode": select.mode(view.person), "unread": select.mine(view.person, unread=True).count()}
    return Response(ModeOut(shown).data)
