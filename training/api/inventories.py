"""Inventories of serving, cloud and scheduler, and what comes of holding them against what is known here."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import base, fields, lookups
from governance.api.base import PageQuery, View, page_of
from governance.api.fields import Strict, Text
from governance.api.parsers import BoundedForm
from governance.errors import Invalid
from governance.proof.sections.inventories import SOURCES
from training.inventory import matching, reading
from training.selectors import reconciliation as select
from training.services import inventories as service


class InventoryIn(Strict):
    """A list that another system gave."""

    project = Text(required=False, default="", allow_blank=True, max_length=60, help_text="without: the organisation")
    title = Text(max_length=300)
    source = serializers.ChoiceField(choices=sorted(SOURCES))  # type: ignore[assignment]  # a field of that name
    system = Text(max_length=300)
    covers_from = Text(max_length=10, help_text="first day it tells of, such as 2026-11-01")
    covers_until = Text(max_length=10, help_text="last day")
    environments = Text(required=False, default="", allow_blank=True, help_text="with commas between; all if empty")
    format = serializers.ChoiceField(choices=["csv", "json"])
    preset = serializers.ChoiceField(choices=sorted(reading.PRESETS), required=False, default="plain")
    columns = Text(
        required=False, default="", allow_blank=True, help_text="JSON object of ours to theirs; else the preset"
    )
    file = serializers.FileField(max_length=255, allow_empty_file=True)


class InventoryOut(serializers.Serializer[Any]):
    """An inventory."""

    digest = serializers.CharField()
    title = serializers.CharField()
    project = serializers.CharField(source="project.slug", default=None, allow_null=True)
    seq = serializers.IntegerField()


class ReconciledOut(serializers.Serializer[Any]):
    """A row of an inventory with what became of it, or (`line` null) what is known here and was not seen there."""

    line = serializers.IntegerField(allow_null=True)
    outcome = serializers.ChoiceField(choices=matching.OUTCOMES)
    note = serializers.CharField()
    there = serializers.CharField(help_text="what the other system calls it")
    here = serializers.CharField(help_text="what is known here, or empty")
    record = serializers.CharField(help_text="how findings name what is known here, or empty")


class ReconciliationQuery(PageQuery):
    """Which lines."""

    outcome = serializers.ChoiceField(choices=matching.OUTCOMES, required=False, default="")


class Inventories(View):
    """Inventories one may see."""

    parser_classes = [BoundedForm]

    @extend_schema(operation_id="inventories_list", parameters=[PageQuery], responses=page_of(InventoryOut))
    def get(self, request: Request) -> Response:
        """List inventories, the newest first."""
        self.asked(PageQuery)
        return self.listed(select.listed(self.person), InventoryOut)

    @extend_schema(
        operation_id="inventory_bring", request={"multipart/form-data": InventoryIn}, responses={201: InventoryOut}
    )
    def post(self, request: Request) -> Response:
        """Bring an inventory: read whole, or refused with line and reason."""
        given = self.given(InventoryIn)
        made = service.bring(
            actor=self.person,
            project=lookups.project(self.person, given["project"]) if given["project"] else None,
            title=given["title"],
            source=given["source"],
            system=given["system"],
            covers=(given["covers_from"], given["covers_until"]),
            environments=given["environments"].split(","),
            columns=_columns(given["columns"], given["preset"]),
            form=given["format"],
            file=given["file"].chunks(),
        )
        return Response(InventoryOut(made).data, status=201)


class ReconciliationView(View):
    """An inventory held against what is known here."""

    @extend_schema(
        operation_id="reconciliation",
        parameters=[base.DIGEST, ReconciliationQuery],
        responses=page_of(ReconciledOut),
    )
    def get(self, request: Request, digest: str) -> Response:
        """Each row with what became of it, then what is known here and was not seen there; computed as of now."""
        wanted = self.asked(ReconciliationQuery)["outcome"]
        result = select.of(self.person, fields.digest(digest)).result
        lines = [one for one in lined(result) if not wanted or one["outcome"] == wanted]
        return self.listed(lines, ReconciledOut)


def lined(result: matching.Reconciliation) -> list[dict[str, Any]]:
    """Return a reconciliation as rows, differences first."""
    order = (matching.CONFLICT, matching.UNKNOWN, matching.REPEATED)
    told = [one for outcome in order for one in result.of(outcome)]
    missing = [
        {"line": None, "outcome": matching.MISSING, "note": "known here in that time, and in no row",
         "there": "", "here": one.label, "record": one.subject}
        for one in result.missing
    ]  # fmt: skip
    rows = [_lined(one) for one in told]
    return [*rows, *missing, *(_lined(one) for one in result.of(matching.MATCHED))]


def _lined(one: matching.Line) -> dict[str, Any]:
    row, known = one.row, one.known
    there = row.source_id or row.service or row.job or row.digest
    return {
        "line": row.number,
        "outcome": one.outcome,
        "note": one.note,
        "there": there,
        "here": known.label if known else "",
        "record": known.subject if known else "",
    }


def _columns(text: str, preset: str) -> dict[str, str]:
    if not text.strip():
        return reading.PRESETS[preset]
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Invalid("columns", f"found no JSON ({error}), expected an object of ours to theirs") from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise Invalid("columns", "found another thing, expected a JSON object of texts, ours to theirs")
    return found
