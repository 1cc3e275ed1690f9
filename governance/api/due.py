"""What falls due."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api.base import PageQuery, View, page_of
from governance.api.fields import Text
from governance.selectors import due as select


class DueQuery(PageQuery):
    """Filters of what falls due."""

    project = Text(required=False, default="", help_text='short name of a project, or "shelf"')
    what = serializers.ChoiceField(choices=sorted(select.WORDS), required=False, default="")
    days = serializers.IntegerField(min_value=1, max_value=3650, required=False, default=90)
    mine = serializers.BooleanField(required=False, default=False, help_text="only what concerns oneself")
    sort = serializers.ChoiceField(choices=["at", "project", "what"], required=False, default="at")


class DueOut(serializers.Serializer[Any]):
    """Something that falls due."""

    what = serializers.ChoiceField(choices=sorted(select.WORDS))
    at = serializers.DateTimeField()
    overdue = serializers.BooleanField()
    mine = serializers.BooleanField()
    title = serializers.CharField()
    project = serializers.CharField(source="project.slug", default=None, allow_null=True)
    note = serializers.CharField()
    who = serializers.CharField()
    about = serializers.ChoiceField(source="page", choices=["delegations", "document", "finding", "keys", "request"])
    key = serializers.CharField(
        help_text="the document's digest, or the identifier of the request, delegation or finding"
    )


class Due(View):
    """What falls due."""

    @extend_schema(operation_id="due", parameters=[DueQuery], responses=page_of(DueOut))
    def get(self, request: Request) -> Response:
        """What falls due in the next days in one's projects, and what is overdue, earliest first."""
        asked = self.asked(DueQuery)
        chosen = {name: asked[name] for name in ("project", "what", "days", "mine", "sort")}
        return self.listed(select.for_person(self.person, now=timezone.now(), **chosen), DueOut)
