"""Findings of auditors."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import base, fields
from governance.api.base import PageQuery, View, page_of
from governance.api.fields import Strict, Text
from governance.errors import Invalid
from governance.models import User
from governance.proof.history import audit_findings as rules
from governance.selectors import audit_findings as select
from governance.services import audit_findings as service


class AuditFindingQuery(PageQuery):
    """Filters of the list of findings."""

    project = Text(required=False, default="", help_text='short name of a project, or "shelf"')
    state = serializers.ChoiceField(choices=["open", "closed"], required=False, default="")
    mine = serializers.BooleanField(required=False, default=False, help_text="only what one answers for or raised")
    record = Text(required=False, default="", max_length=100, help_text='a digest, "job:…" or "entry:…"')


class AuditFindingIn(Strict):
    """Pins a finding to a record."""

    record = Text(max_length=100, help_text='a document\'s digest, "job:" and its identifier, or "entry:" and a number')
    place = Text(required=False, default="", allow_blank=True, max_length=service.PLACE, help_text="where in it")
    severity = serializers.ChoiceField(choices=list(rules.SEVERITIES))
    owner = Text(max_length=150, help_text="username of who answers for it")
    due = serializers.DateTimeField()
    text = Text(max_length=service.LONGEST)


class AuditFindingAnswerIn(Strict):
    """An answer."""

    text = Text(max_length=service.LONGEST)


class AuditFindingHandOverIn(Strict):
    """Who answers for a finding from now on, by username."""

    to = Text(max_length=150)


class AuditFindingCloseIn(Strict):
    """How a finding ends, and what was looked at."""

    outcome = serializers.ChoiceField(choices=list(rules.OUTCOMES))
    text = Text(max_length=service.LONGEST)


class AuditFindingActOut(serializers.Serializer[Any]):
    """What was said of a finding."""

    what = serializers.CharField(source="act.event")
    seq = serializers.IntegerField(source="act.seq")
    at = serializers.DateTimeField(source="act.at")
    by = serializers.CharField()
    to = serializers.CharField(help_text="to whom it was handed over, or empty")
    outcome = serializers.CharField(source="act.outcome", help_text="how it was closed, or empty")
    text = serializers.CharField(source="words", allow_null=True, help_text="null: none, or erased")


class AuditFindingOut(serializers.Serializer[Any]):
    """A finding as the ledger tells it."""

    id = serializers.UUIDField(source="row.pk")
    record = serializers.CharField(source="told.record")
    record_label = serializers.CharField(source="record.label")
    project = serializers.CharField(source="row.project.slug", default=None, allow_null=True)
    place = serializers.CharField()
    severity = serializers.ChoiceField(choices=list(rules.SEVERITIES))
    text = serializers.CharField(source="words", allow_null=True, help_text="null: erased")
    state = serializers.CharField(source="told.state", help_text="open, answered, or how it was closed")
    overdue = serializers.SerializerMethodField()
    due = serializers.DateTimeField(source="told.due")
    owner = serializers.SerializerMethodField(help_text="username; the ledger's identifier where there is no account")
    raised_by = serializers.CharField()
    raised_at = serializers.DateTimeField(source="told.raised_at")
    seq = serializers.IntegerField(source="told.seq")
    said = AuditFindingActOut(many=True)

    def get_overdue(self, one: select.Finding) -> bool:
        return one.told.overdue(timezone.now())

    def get_owner(self, one: select.Finding) -> str:
        return one.owner.username if one.owner else one.told.owner


def _person(field: str, username: str) -> User:
    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise Invalid(field, f"there is nobody called {username!r}")
    return found


def _fresh(person: User, key: object) -> Any:
    return AuditFindingOut(select.get(person, key)).data


class AuditFindings(View):
    """Findings one may see."""

    @extend_schema(operation_id="findings_list", parameters=[AuditFindingQuery], responses=page_of(AuditFindingOut))
    def get(self, request: Request) -> Response:
        """List findings: the open ones by the day they are due, then those that were closed."""
        asked = self.asked(AuditFindingQuery)
        chosen = {name: asked[name] for name in ("project", "state", "mine", "record")}
        return self.listed(select.listed(self.person, **chosen), AuditFindingOut)

    @extend_schema(operation_id="finding_raise", request=AuditFindingIn, responses={201: AuditFindingOut})
    def post(self, request: Request) -> Response:
        """Raise a finding on a record; auditors may."""
        given = self.given(AuditFindingIn)
        due: datetime = given["due"]
        made = service.raise_finding(
            actor=self.person,
            record=select.record(self.person, given["record"]),
            text=given["text"],
            severity=given["severity"],
            owner=_person("owner", given["owner"]),
            due=due,
            place=given["place"],
        )
        return Response(_fresh(self.person, made.pk), status=201)


class AuditFindingDetail(View):
    """One finding."""

    @extend_schema(operation_id="finding", parameters=[base.ID], responses=AuditFindingOut)
    def get(self, request: Request, id: str) -> Response:  # noqa: A002  (the address calls it so)
        """A finding with everything said of it."""
        return Response(_fresh(self.person, fields.identifier(id)))


class AuditFindingAnswer(View):
    """The answer to a finding."""

    @extend_schema(
        operation_id="finding_answer",
        parameters=[base.ID],
        request=AuditFindingAnswerIn,
        responses={201: AuditFindingOut},
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Answer a finding that is one's own."""
        found = select.get(self.person, fields.identifier(id))
        service.answer(actor=self.person, finding=found, **self.given(AuditFindingAnswerIn))
        return Response(_fresh(self.person, found.row.pk), status=201)


class AuditFindingHandOver(View):
    """A finding given away."""

    @extend_schema(
        operation_id="finding_hand_over",
        parameters=[base.ID],
        request=AuditFindingHandOverIn,
        responses={201: AuditFindingOut},
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Have somebody else answer for a finding; its due date stays."""
        found = select.get(self.person, fields.identifier(id))
        service.hand_over(actor=self.person, finding=found, to=_person("to", self.given(AuditFindingHandOverIn)["to"]))
        return Response(_fresh(self.person, found.row.pk), status=201)


class AuditFindingClose(View):
    """The end of a finding."""

    @extend_schema(
        operation_id="finding_close",
        parameters=[base.ID],
        request=AuditFindingCloseIn,
        responses={201: AuditFindingOut},
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Close a finding; an auditor does who never answered for it."""
        found = select.get(self.person, fields.identifier(id))
        service.close(actor=self.person, finding=found, **self.given(AuditFindingCloseIn))
        return Response(_fresh(self.person, found.row.pk), status=201)
