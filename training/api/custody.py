"""Restore drills and probes of a base model, as its page shows them."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import base, fields
from governance.api.base import Query, View
from governance.errors import NotFound
from governance.models import Job
from governance.selectors import documents as docs
from training.bodies.base_models import BaseModelBody
from training.kinds.tuning import BASE_MODEL
from training.selectors import guarded
from training.selectors.probes import Probed, Schedule


class RestoreOut(serializers.Serializer[Any]):
    """A restore drill of exactly these files. `record` and `finding` are null where its project is not the caller's."""

    record = serializers.CharField(allow_null=True)
    on = serializers.DateField()
    outcome = serializers.CharField()
    finding = serializers.CharField(allow_null=True)


class ProbedOut(serializers.Serializer[Any]):
    """A probe's result; `changed` null: there was nothing to compare with."""

    result = serializers.CharField()
    on = serializers.DateField()
    changed = serializers.BooleanField(allow_null=True)
    finding = serializers.CharField()


class ProbeOut(serializers.Serializer[Any]):
    """A probe's newest version, when it is due next (null: by hand, not launched, or at work), its newest results."""

    spec = serializers.CharField()
    title = serializers.CharField()
    cadence_days = serializers.IntegerField(allow_null=True)
    due = serializers.DateTimeField(allow_null=True)
    results = ProbedOut(many=True)


class UnfinishedOut(serializers.Serializer[Any]):
    """A drill or probe that has no result: it has not ended, or ended without one; `reason` says why."""

    job = serializers.CharField()
    title = serializers.CharField()
    asked_at = serializers.DateTimeField()
    state = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)


class CustodyOut(serializers.Serializer[Any]):
    """Custody of weights, or probes of a hosted model. `verified` is null for a hosted one: custody does not apply."""

    hosted = serializers.BooleanField()
    verified = serializers.BooleanField(allow_null=True)
    last_passed = serializers.DateField(allow_null=True)
    drills = RestoreOut(many=True)
    probes = ProbeOut(many=True)
    unfinished = UnfinishedOut(many=True)


class Custody(View):
    """Custody and probes."""

    @extend_schema(operation_id="base_model_custody", parameters=[base.DIGEST], responses=CustodyOut)
    def get(self, request: Request, digest: str) -> Response:
        """Restore drills of a base model's files, or probes of a hosted one, the newest first."""
        self.asked(Query)
        found = docs.get(self.person, fields.digest(digest))
        if found.kind != BASE_MODEL:
            raise NotFound("there is no such document")
        body: BaseModelBody = docs.model_body(found, BaseModelBody)
        hosted = body.hosted is not None
        shown = guarded.shown_to(self.person, found, hosted=hosted)
        told = {
            "hosted": hosted,
            "verified": None if hosted else shown.passed is not None and not shown.failed,
            "last_passed": shown.passed,
            "drills": [
                {
                    "record": one.record.digest if seen else None,
                    "on": one.on,
                    "outcome": one.body.outcome,
                    "finding": one.body.finding if seen else None,
                }
                for one, seen in shown.drills
            ],
            "probes": [_probe(one, results) for one, results in shown.probes],
            "unfinished": [_unfinished(job) for job in shown.unfinished],
        }
        return Response(CustodyOut(told).data)


def _probe(one: Schedule, results: list[Probed]) -> dict[str, Any]:
    return {
        "spec": one.spec.digest,
        "title": one.spec.title,
        "cadence_days": one.body.cadence_days,
        "due": one.due,
        "results": [
            {"result": r.result.digest, "on": r.on, "changed": r.body.changed, "finding": r.body.finding}
            for r in results
        ],
    }


def _unfinished(job: Job) -> dict[str, Any]:
    return {
        "job": str(job.pk), "title": job.spec.title, "asked_at": job.created_at, "state": job.state,
        "reason": job.reason,
    }  # fmt: skip
