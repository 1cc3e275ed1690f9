"""Deployments, what depends on a base model, fallback plans at work, and how long requalification takes."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import base, fields, lookups
from governance.api.base import PageQuery, Query, View
from governance.api.document_shapes import DocumentDetailOut
from governance.api.documents import detail
from governance.api.fields import Slug, Strict, Text, Whole
from governance.api.parsers import BoundedForm
from governance.errors import NotFound
from governance.models import Document, User
from governance.selectors import documents as docs
from governance.selectors.people import is_member, roles_everywhere
from training.bodies.continuity import FALLBACK
from training.kinds import tuning as kinds
from training.selectors import dependants, fallbacks, requalification
from training.selectors.deployed import Deployed, deployments
from training.services import deployments as service
from training.services import fallbacks as plans


class DeploymentOut(serializers.Serializer[Any]):
    """A deployment, what it serves, and what stands behind it. Only `approved` says that a release is in force."""

    digest = serializers.CharField()
    title = serializers.CharField()
    project = serializers.CharField()
    service = serializers.CharField()
    environment = serializers.CharField()
    criticality = serializers.CharField()
    max_outage_hours = serializers.IntegerField()
    since = serializers.CharField()
    until = serializers.CharField(allow_null=True)
    need_until = serializers.CharField(allow_null=True)
    owner = serializers.CharField()
    daily_impact = serializers.CharField(allow_null=True)
    currency = serializers.CharField(allow_null=True)
    serves = serializers.CharField(allow_null=True)
    stated_base = serializers.CharField(allow_null=True)
    base = serializers.CharField(allow_null=True, help_text="digest of the base model, as far as it is known")
    proven = serializers.BooleanField()
    approved = serializers.BooleanField()
    origin = serializers.CharField(help_text="approved, not approved, no release, or unproven origin")


def _told(one: Deployed, called: dict[str, list[Document]]) -> dict[str, Any]:
    base_model, serves = dependants.base_of(one, called), one.origin.serves
    project = one.document.project
    return one.body.model_dump() | {
        "digest": one.document.digest,
        "title": one.document.title,
        "project": project.slug if project is not None else "",
        "need_until": one.need_until.isoformat() if one.need_until else None,
        "serves": serves.digest if serves is not None else None,
        "base": base_model.digest if base_model is not None else None,
        "proven": one.origin.proven,
        "approved": one.origin.approved,
        "origin": one.origin.label,
    }


class DeploymentsQuery(PageQuery):
    """Which project."""

    project = Slug()


class DeploymentIn(Strict):
    """A deployment; `release`, `run_record` and `base_model` are digests, one at most. Without one, `stated_base`."""

    project = Slug()
    service = Text(max_length=300)
    environment = Text(max_length=300)
    criticality = Text(max_length=20)
    max_outage_hours = Whole()
    since = Text(max_length=10)
    until = Text(max_length=10, required=False)
    owner = Text(max_length=300)
    need_until = Text(max_length=10, required=False)
    daily_impact = Text(max_length=40, required=False)
    currency = Text(max_length=3, required=False)
    stated_base = Text(max_length=300, required=False)
    release = fields.Digest(required=False)
    run_record = fields.Digest(required=False)
    base_model = fields.Digest(required=False)


class DeploymentsIn(Strict):
    """A table of deployments: a CSV file or a workbook, whose columns are the fields of a deployment."""

    project = Slug()
    file = serializers.FileField(max_length=255, allow_empty_file=True)


class DeploymentsOut(serializers.Serializer[Any]):
    """The documents that were frozen, and how many rows were on record already."""

    documents = serializers.ListField(child=serializers.CharField())
    unchanged = serializers.IntegerField()


def _registered(made: service.Registered) -> Response:
    told = {"documents": [document.digest for document in made.documents], "unchanged": made.unchanged}
    return Response(DeploymentsOut(told).data, status=201 if made.documents else 200)


class Deployments(View):
    """Deployments."""

    @extend_schema(operation_id="deployment_list", parameters=[DeploymentsQuery], responses=base.page_of(DeploymentOut))
    def get(self, request: Request) -> Response:
        """The deployments of a project, the newest first, those that ended, too."""
        project = lookups.project(self.person, self.asked(DeploymentsQuery)["project"])
        called = dependants.names()
        return self.listed(
            deployments(projects=[project]), DeploymentOut, told=lambda page: [_told(one, called) for one in page]
        )

    @extend_schema(operation_id="deployment_register", request=DeploymentIn, responses={201: DeploymentsOut})
    def post(self, request: Request) -> Response:
        """Register a deployment; the same service in the same environment becomes the next version."""
        given = self.given(DeploymentIn)
        project = lookups.project(self.person, given.pop("project"))
        row = {name: str(value) for name, value in given.items()}
        return _registered(service.register(actor=self.person, project=project, row=row))


class DeploymentsTable(View):
    """Many deployments at once."""

    parser_classes = [BoundedForm]

    @extend_schema(
        operation_id="deployment_import",
        request={"multipart/form-data": DeploymentsIn},
        responses={201: DeploymentsOut},
    )
    def post(self, request: Request) -> Response:
        """Register every row of a table, or none: the first that is wrong is named by its line."""
        given = self.given(DeploymentsIn)
        project, upload = lookups.project(self.person, given["project"]), given["file"]
        made = service.read_in(actor=self.person, project=project, file=(upload.name, upload.chunks()))
        return _registered(made)


class NodeOut(serializers.Serializer[Any]):
    """A document downstream, and which document of this list (or base model) it rests on."""

    digest = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()
    rests_on = serializers.CharField(allow_null=True)
    standing = serializers.CharField()
    depth = serializers.IntegerField()


class RadiusOut(serializers.Serializer[Any]):
    """What is downstream of a base model that the caller may see; `everything` by a role in the organisation."""

    base = serializers.CharField()
    documents = NodeOut(many=True)
    deployments = DeploymentOut(many=True)
    everything = serializers.BooleanField()


def _nodes(node: dependants.Node, rests_on: str | None, depth: int) -> list[dict[str, Any]]:
    mine = {
        "digest": node.document.digest,
        "kind": node.document.kind,
        "title": node.document.title,
        "rests_on": rests_on,
        "standing": node.standing.standing.value,
        "depth": depth,
    }
    return [mine, *(each for below in node.below for each in _nodes(below, node.document.digest, depth + 1))]


class BlastRadius(View):
    """What depends on a base model."""

    @extend_schema(operation_id="base_model_dependants", parameters=[base.DIGEST], responses=RadiusOut)
    def get(self, request: Request, digest: str) -> Response:
        """Specifications, runs, releases and deployments downstream of a base model, each after what it rests on."""
        self.asked(Query)
        found = _document(self.person, digest, kinds.BASE_MODEL)
        radius = dependants.blast_radius(found)
        visible = docs.visible(self.person).filter(pk__in=radius.digests).values_list("pk", flat=True)
        shown = radius.seen_by(set(visible))
        called = dependants.names()
        told = {
            "base": found.digest,
            "documents": [each for node in shown.below for each in _nodes(node, found.digest, 1)],
            "deployments": [_told(one, called) for one in shown.deployed],
            "everything": None in roles_everywhere(self.person),
        }
        return Response(RadiusOut(told).data)


class DrillOut(serializers.Serializer[Any]):
    """A drill of a plan."""

    digest = serializers.CharField()
    date = serializers.CharField()
    outcome = serializers.CharField()
    finding = serializers.CharField()


class FallbackOut(serializers.Serializer[Any]):
    """A fallback plan at work. `practised`: its last drill passed, and the next is not overdue."""

    digest = serializers.CharField()
    standing = serializers.CharField()
    base_model = serializers.CharField()
    successor = serializers.CharField(allow_null=True)
    thresholds = serializers.CharField(allow_null=True)
    practised = serializers.BooleanField()
    drill_due = serializers.CharField(allow_null=True)
    drills = DrillOut(many=True)


class DrillIn(Strict):
    """What came of practising a plan."""

    date = Text(max_length=10)
    outcome = Text(max_length=20)
    finding = Text(max_length=20_000)


def _plan(document: Document) -> Any:
    found = fallbacks.plan(document)
    return FallbackOut(
        {
            "digest": document.digest,
            "standing": found.standing.standing.value,
            "base_model": found.base.digest,
            "successor": found.successor.digest if found.successor else None,
            "thresholds": found.thresholds.digest if found.thresholds else None,
            "practised": found.practised,
            "drill_due": found.drill_due.isoformat() if found.drill_due else None,
            "drills": [drill.body.model_dump() | {"digest": drill.document.digest} for drill in found.drills],
        }
    ).data


class Fallback(View):
    """A fallback plan."""

    @extend_schema(operation_id="fallback_plan", parameters=[base.DIGEST], responses=FallbackOut)
    def get(self, request: Request, digest: str) -> Response:
        """Its standing, its drills, and when the next is due."""
        self.asked(Query)
        return Response(_plan(_document(self.person, digest, FALLBACK)))


class FallbackDrills(View):
    """Drills of a fallback plan."""

    @extend_schema(
        operation_id="fallback_drill", parameters=[base.DIGEST], request=DrillIn, responses={201: FallbackOut}
    )
    def post(self, request: Request, digest: str) -> Response:
        """Record what came of practising a plan that is in force."""
        document = _document(self.person, digest, FALLBACK)
        plans.drill(actor=self.person, plan=document, **self.given(DrillIn))
        return Response(_plan(document), status=201)


class FallbackMeasure(View):
    """Measuring the successor."""

    @extend_schema(
        operation_id="fallback_measure", parameters=[base.DIGEST], request=None, responses={201: DocumentDetailOut}
    )
    def post(self, request: Request, digest: str) -> Response:
        """Freeze the specification that measures the successor under the plan's own thresholds; launch it then."""
        made = plans.measure_successor(actor=self.person, plan=_document(self.person, digest, FALLBACK))
        return Response(detail(self.person, made), status=201)


class StageOut(serializers.Serializer[Any]):
    """One observed time of one stage, in days; `done` false: under way, it lasted at least so long."""

    subject = serializers.CharField()
    stage = serializers.CharField()
    days = serializers.FloatField()
    done = serializers.BooleanField()


class EstimateOut(serializers.Serializer[Any]):
    """What people estimate of a stage, in days; it counts while `signed`."""

    document = serializers.CharField()
    stage = serializers.CharField()
    low = serializers.FloatField()
    likely = serializers.FloatField()
    high = serializers.FloatField()
    signed = serializers.BooleanField()


class RequalificationOut(serializers.Serializer[Any]):
    """Stage times of what the caller may see (`everything` with a role in the organisation), and the estimates."""

    past = StageOut(many=True)
    everything = serializers.BooleanField()
    estimates = EstimateOut(many=True)


class Requalification(View):
    """How long requalification takes."""

    @extend_schema(operation_id="requalification_times", responses=RequalificationOut)
    def get(self, request: Request) -> Response:
        """The stage times that the ledger tells of, and what people estimate."""
        self.asked(Query)
        if not is_member(self.person):
            raise NotFound("there is no such thing")
        past = requalification.past()
        visible = set(
            docs.visible(self.person).filter(pk__in={one.subject for one in past}).values_list("pk", flat=True)
        )
        seen = [vars(one) for one in past if one.subject in visible]
        told = {
            "past": seen,
            "everything": None in roles_everywhere(self.person),
            "estimates": [vars(one) for one in requalification.estimates()],
        }
        return Response(RequalificationOut(told).data)


def _document(user: User, digest: str, kind: str) -> Document:
    found = docs.get(user, fields.digest(digest))
    if found.kind != kind:
        raise NotFound("there is no such document")
    return found
