"""Retirement risk: the newest assessment, one base model of it, and a new one."""

from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import base, fields
from governance.api.base import Query, View
from governance.api.fields import Strict
from governance.errors import NotFound
from governance.selectors.people import is_member
from training.selectors import risk as select
from training.services import risk as service


class EverythingIn(Strict):
    """Nothing is asked for: an assessment is of everything there is."""


class RetirementQuery(Query):
    """As it was known at the end of a day; now unless given."""

    on = serializers.DateField(required=False, help_text="UTC")


class RetirementOut(serializers.Serializer[Any]):
    """The newest assessment: its whole body for whoever holds a role in the organisation; else base models as far as
    sources tell of them, and the services of one's own projects.
    """

    assessment = serializers.CharField(help_text="its digest")
    as_of = serializers.CharField()
    ledger_size = serializers.IntegerField()
    everything = serializers.BooleanField()
    body = serializers.JSONField(help_text="null unless `everything`")
    figures = serializers.JSONField(
        help_text="requalification, vendors and headline, with formula, inputs and sources; null unless `everything`"
    )
    bases = serializers.JSONField(help_text="digest, title, vendor, hosted, band, because, loss of each base model")
    services = serializers.JSONField(help_text="one's own, unless `everything`")


class RetirementBaseOut(serializers.Serializer[Any]):
    """One base model: its row, every figure with formula, inputs and sources, and the services one may see."""

    row = serializers.JSONField()
    risk = serializers.JSONField()
    services = serializers.JSONField()
    moved = serializers.JSONField()


BASE = ("digest", "title", "vendor", "hosted", "band", "because", "loss", "loss_label", "freeze_begins", "freeze_ends")
"""What is said of a base model in brief; rows are narrowed to the services that one may see."""


class Retirement(View):
    """The newest assessment of retirement risk."""

    @extend_schema(operation_id="retirement", parameters=[RetirementQuery], responses=RetirementOut)
    def get(self, request: Request) -> Response:
        """What is at risk, as far as one may see it; as of a day, what was then. 404 before the first assessment."""
        return Response(self._told(self.asked(RetirementQuery).get("on")))

    @extend_schema(operation_id="retirement_assess", request=EverythingIn, responses={201: RetirementOut})
    def post(self, request: Request) -> Response:
        """Assess everything as it is now."""
        self.given(EverythingIn)
        service.assess(actor=self.person)
        return Response(self._told(), status=201)

    def _told(self, on: date | None = None) -> Any:
        found = select.shown_to(self.person, on) if is_member(self.person) else None
        if found is None:
            raise NotFound("nothing was assessed then" if on else "nothing was assessed yet")
        said = found.said
        return RetirementOut(
            {
                "assessment": found.assessment.digest,
                "as_of": said.as_of,
                "ledger_size": said.ledger_size,
                "everything": found.everything,
                "body": said.model_dump(mode="json") if found.everything else None,
                "figures": select.detail(said, said.whole) if found.everything and said.whole else None,
                "bases": [row.model_dump(mode="json", include=set(BASE)) for row in found.rows],
                "services": found.own,
            }
        ).data


class RetirementBase(View):
    """One base model in the newest assessment."""

    @extend_schema(
        operation_id="retirement_base", parameters=[base.DIGEST, RetirementQuery], responses=RetirementBaseOut
    )
    def get(self, request: Request, digest: str) -> Response:
        """Its risk with every figure; as of a day, what was then. 404 where it was not assessed yet."""
        on = self.asked(RetirementQuery).get("on")
        found = select.base_shown_to(self.person, fields.digest(digest), on) if is_member(self.person) else None
        if found is None:
            raise NotFound("there is no such base model, or it was not assessed yet")
        row = found.row.model_dump(mode="json")
        return Response(
            RetirementBaseOut(
                {
                    "row": row,
                    "risk": found.risk,
                    "services": found.services,
                    "moved": [one.model_dump(mode="json") for one in found.moved],
                }
            ).data
        )
