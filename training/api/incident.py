"""The incident questions; what happened to services; marks of unsafe releases; and what changed."""

from datetime import UTC
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import base, fields, lookups
from governance.api.as_of import SignerOut, StandingChangeOut
from governance.api.base import Query, View
from governance.api.document_shapes import STANDINGS, DocumentDetailOut
from governance.api.documents import detail
from governance.api.fields import Digest, Slug, Strict, Text
from governance.errors import Invalid, NotFound
from governance.models import Document, User
from governance.proof.answers import approval
from governance.selectors import as_of, ledger
from governance.selectors import documents as docs
from governance.selectors.people import projects_of
from training.bodies.continuity import DEPLOYMENT
from training.bodies.serving import MARK
from training.kinds import tuning as kinds
from training.kinds.serving import SERVABLE
from training.selectors import changes as changed
from training.selectors import incident as select
from training.selectors import serving
from training.selectors.incident import Carrier
from training.services import incidents, rollbacks

STATES = ("runs", "nothing", "before", "unclear")


def _moment(**more: Any) -> serializers.DateTimeField:
    return serializers.DateTimeField(default_timezone=UTC, **more)


class IncidentQuery(Query):
    """A service and a moment."""

    project = Slug()
    service = Text(max_length=300)
    environment = Text(max_length=300)
    time = _moment(required=False, help_text="a moment that is over; default: now. UTC unless it says")
    known = _moment(required=False, help_text="as it was known at this moment; default: now")


class NamedOut(serializers.Serializer[Any]):
    """A document by its name."""

    digest = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField(source="__str__")
    number = serializers.IntegerField()
    seq = serializers.IntegerField(help_text="the ledger entry of its freezing")


class PaperOut(serializers.Serializer[Any]):
    """A document in the answer: how it stood at the moment asked about, how it stands by what is known, who signed."""

    document = NamedOut()
    then = serializers.ChoiceField(source="then.standing.value", choices=STANDINGS)
    standing = serializers.ChoiceField(source="line.standing.standing.value", choices=STANDINGS)
    since = serializers.DateTimeField(source="line.standing.since", allow_null=True)
    until = serializers.DateTimeField(source="line.standing.until", allow_null=True)
    signers = SignerOut(many=True)


class DoerOut(serializers.Serializer[Any]):
    """Somebody who did something that is no signature."""

    name = serializers.CharField()
    did = serializers.CharField()
    at = serializers.DateTimeField()
    seq = serializers.IntegerField()


class UnknownOut(serializers.Serializer[Any]):
    """Something that cannot be answered, and why."""

    what = serializers.CharField()
    because = serializers.CharField()


class MarkOut(serializers.Serializer[Any]):
    """A mark of an unsafe release."""

    digest = serializers.CharField(source="document.digest")
    release = serializers.CharField()
    title = serializers.CharField(source="body.title")
    seen_at = serializers.CharField(source="body.seen_at")
    reason = serializers.CharField(source="body.reason")
    stands = serializers.BooleanField(source="body.stands")
    known_at = serializers.DateTimeField()


class DataOut(serializers.Serializer[Any]):
    """A dataset that a run was trained on."""

    paper = PaperOut()
    rows = serializers.IntegerField(source="said.rows")
    dvc_md5 = serializers.CharField(source="said.dvc_md5")
    commit = serializers.CharField(source="said.commit")


class ModelOut(serializers.Serializer[Any]):
    """One thing that ran, or may have."""

    what = serializers.CharField(help_text='a digest, or "stated: …" where nothing proves it')
    name = serializers.CharField()
    serves = NamedOut(allow_null=True)
    proven = serializers.BooleanField()
    approval = serializers.ChoiceField(
        choices=[approval.APPROVED, approval.PARTLY, approval.OVERTAKEN, approval.REFUSED, approval.NO_RELEASE],
        help_text="whether it was approved at the moment asked about, in words",
    )
    approved_then = serializers.BooleanField(
        help_text="a release of it was in force at the moment asked about; see not_in_force for what that rests on"
    )
    not_in_force = PaperOut(source="shaken", many=True, help_text="what it rests on that was not in force then")
    verdict = serializers.CharField()
    release = PaperOut(allow_null=True)
    run_record = NamedOut(source="record", allow_null=True)
    run_spec = NamedOut(source="spec", allow_null=True)
    base_model = PaperOut(source="base", allow_null=True)
    training_sets = DataOut(source="data", many=True)
    contracts = PaperOut(many=True)
    standing_approval = PaperOut(allow_null=True)
    plan = PaperOut(many=True)
    results = NamedOut(many=True)
    waivers = PaperOut(many=True)
    doers = DoerOut(many=True)
    marks = MarkOut(many=True)
    unsafe = serializers.ListField(child=serializers.CharField())
    unknown = UnknownOut(many=True)


class ToldOut(serializers.Serializer[Any]):
    """One place that differs; null: it is not there on that side."""

    path = serializers.CharField()
    verb = serializers.CharField()
    before = serializers.CharField(source="old", allow_null=True)
    after = serializers.CharField(source="new", allow_null=True)


class DifferenceOut(serializers.Serializer[Any]):
    """A document that was added, dropped or changed; `more` counts the differences that are not listed."""

    topic = serializers.CharField()
    verb = serializers.CharField()
    before = NamedOut(allow_null=True)
    after = NamedOut(allow_null=True)
    changes = ToldOut(many=True)
    more = serializers.IntegerField()


class RowsOut(serializers.Serializer[Any]):
    """How many rows a dataset had and has."""

    title = serializers.CharField()
    before = serializers.IntegerField()
    after = serializers.IntegerField()
    same_files = serializers.IntegerField()
    new_files = serializers.IntegerField()
    gone_files = serializers.IntegerField()


class FigureOut(serializers.Serializer[Any]):
    """One metric on one slice of both results, null where one has none."""

    slice = serializers.CharField()
    metric = serializers.CharField()
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)
    by = serializers.CharField()


class ResultsOut(serializers.Serializer[Any]):
    """Two results beside each other; only with `same_set` can their figures be held against each other."""

    before = NamedOut()
    after = NamedOut()
    verdicts = serializers.ListField(child=serializers.CharField())
    same_set = serializers.BooleanField()
    thresholds = serializers.CharField(help_text="the plan of both, by which they can be paired; empty: not one")
    figures = FigureOut(many=True)


class RoleChangeOut(serializers.Serializer[Any]):
    """A role given or taken back."""

    name = serializers.CharField()
    role = serializers.CharField()
    given = serializers.BooleanField()
    everywhere = serializers.BooleanField(help_text="in the organisation, not in the project alone")
    at = serializers.DateTimeField()
    seq = serializers.IntegerField()


class WhatChangedOut(serializers.Serializer[Any]):
    """What changed. Roles, policies and standings are told by the addresses for changes alone."""

    differences = DifferenceOut(many=True)
    unchanged = NamedOut(many=True)
    rows = RowsOut(many=True)
    results = ResultsOut(allow_null=True)
    roles = RoleChangeOut(many=True)
    policies = serializers.ListField(child=NamedOut(allow_null=True))
    standings = StandingChangeOut(many=True)
    ledger_sizes = serializers.ListField(source="spans", child=serializers.IntegerField())


class JudgedOut(serializers.Serializer[Any]):
    """Something that ran there before, and why it is not safe (no reasons: it is)."""

    what = serializers.CharField()
    name = serializers.CharField()
    document = NamedOut(allow_null=True)
    ran_from = serializers.DateTimeField(source="span.begins")
    ran_to = serializers.DateTimeField(source="span.ends", allow_null=True)
    safe = serializers.BooleanField()
    reasons = serializers.ListField(child=serializers.CharField())
    not_in_force = serializers.ListField(
        source="below", child=serializers.CharField(), help_text="what it rests on that is not in force"
    )


class SpanOut(serializers.Serializer[Any]):
    """What ran from a moment to another."""

    begins = serializers.DateTimeField()
    ends = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(source="answer.state", choices=STATES)
    candidates = serializers.ListField(source="answer.candidates", child=serializers.CharField())
    overlap = serializers.BooleanField(source="answer.overlap")


class EventOut(serializers.Serializer[Any]):
    """Something that happened to a service: when it was so, and when it became known."""

    digest = serializers.CharField(source="document.digest")
    what = serializers.CharField(source="body.what")
    at = serializers.DateTimeField()
    known_at = serializers.DateTimeField()
    now = serializers.CharField(help_text='a digest, "stated: …", or empty: nothing')
    before = serializers.CharField()
    reason = serializers.CharField(source="body.reason")
    by = serializers.CharField(source="document.created_by.printed_name", default="")


class IncidentOut(serializers.Serializer[Any]):
    """The answer."""

    headline = serializers.CharField()
    state = serializers.ChoiceField(source="ran.state", choices=STATES)
    time = serializers.DateTimeField()
    known_at = serializers.DateTimeField(source="known.time")
    ledger_size = serializers.IntegerField(source="known.size")
    root = serializers.CharField(source="known.root", help_text="the ledger's root, in hexadecimal")  # type: ignore[assignment]
    models = ModelOut(many=True, help_text="what ran; several: any of them may have")
    last_safe = JudgedOut(allow_null=True)
    before = JudgedOut(many=True)
    changed = WhatChangedOut(allow_null=True, help_text="since the last safe version")
    unknown = UnknownOut(source="gaps", many=True)
    spans = SpanOut(source="service.spans", many=True)
    events = EventOut(many=True)


class IncidentAnswers(View):
    """The incident questions."""

    @extend_schema(operation_id="incident", parameters=[IncidentQuery], responses=IncidentOut)
    def get(self, request: Request) -> Response:
        """What ran in a service at a moment, on which data, agreed by whom, and what changed since it was last safe."""
        asked = self.asked(IncidentQuery)
        project = lookups.project(self.person, asked["project"])
        known = as_of.at(asked.get("known", timezone.now()))
        services = serving.services([project], known.size)
        service = serving.find(services, project, asked["service"], asked["environment"])
        if service is None:
            raise NotFound("there was no such service on record")
        found = select.answer(service, asked.get("time", known.time), known, services)
        return Response(IncidentOut(found).data)


class CarrierQuery(Query):
    """The digest of a file, run, release or base model."""

    digest = Digest()


class RanOut(serializers.Serializer[Any]):
    """A service in which it ran, and when."""

    deployment = serializers.CharField()
    project = serializers.CharField()
    service = serializers.CharField()
    spans = SpanOut(many=True)


class CarrierOut(serializers.Serializer[Any]):
    """What has these bytes."""

    document = NamedOut()
    paths = serializers.ListField(child=serializers.CharField())
    releases = NamedOut(many=True)
    ran = RanOut(many=True)


class IncidentFile(View):
    """A file that runs somewhere."""

    @extend_schema(operation_id="incident_file", parameters=[CarrierQuery], responses=CarrierOut(many=True))
    def get(self, request: Request) -> Response:
        """What a file is, by its SHA-256: the run, base model or dataset that holds it, its releases, where it ran."""
        wanted = self.asked(CarrierQuery)["digest"]
        held = docs.visible(self.person).filter(kind__in=[*select.FILES_OF, kinds.RELEASE])
        services = serving.services(projects_of(self.person))
        found = select.carriers(held.select_related("project", "series"), wanted, services)
        return Response(CarrierOut([_carried(one) for one in found], many=True).data)


def _carried(one: Carrier) -> dict[str, Any]:
    ran = [
        {
            "deployment": service.head.digest,
            "project": service.head.project.slug if service.head.project is not None else "",
            "service": service.title,
            "spans": spans,
        }
        for service, spans in one.ran
    ]
    return {"document": one.document, "paths": one.paths, "releases": one.releases, "ran": ran}


class EventIn(Strict):
    """What happened. `now` is a digest, or `stated` a name; neither when it stopped."""

    deployment = Digest(help_text="any version of the deployment")
    what = Text(max_length=20, help_text="deployed, rolled back or stopped")
    at = _moment(help_text="when it was so; it may be recorded later")
    reason = Text(max_length=20_000)
    now = Digest(required=False)
    stated = Text(max_length=300, required=False, default="")
    before = Text(max_length=300, required=False, default="", help_text="only where the records leave that open")


class DeploymentEvents(View):
    """What happened to services."""

    @extend_schema(operation_id="deployment_event", request=EventIn, responses={201: DocumentDetailOut})
    def post(self, request: Request) -> Response:
        """Record that a service was deployed, rolled back or stopped, now or later than it was so."""
        given = self.given(EventIn)
        deployment = _of(self.person, given.pop("deployment"), DEPLOYMENT)
        now = docs.get(self.person, given.pop("now")) if "now" in given else None
        made = rollbacks.record(actor=self.person, deployment=deployment, now=now, **given)
        return Response(detail(self.person, made), status=201)


class MarkIn(Strict):
    """Why a release is unsafe."""

    release = Digest()
    title = Text(max_length=300)
    seen_at = _moment(help_text="when it was noticed")
    reason = Text(max_length=20_000)


class IncidentMarks(View):
    """Marks of unsafe releases."""

    @extend_schema(operation_id="incident_mark", request=MarkIn, responses={201: DocumentDetailOut})
    def post(self, request: Request) -> Response:
        """Mark a release as unsafe to run because of an incident. It stops nothing, and is never the last safe one."""
        given = self.given(MarkIn)
        release = _of(self.person, given.pop("release"), kinds.RELEASE)
        return Response(detail(self.person, incidents.mark(actor=self.person, release=release, **given)), status=201)


class ClearIn(Strict):
    """Why a mark does not stand after all."""

    reason = Text(max_length=20_000)


class IncidentMarkClear(View):
    """Taking a mark back."""

    @extend_schema(
        operation_id="incident_mark_clear",
        parameters=[base.DIGEST],
        request=ClearIn,
        responses={201: DocumentDetailOut},
    )
    def post(self, request: Request, digest: str) -> Response:
        """Say that a mark does not stand after all, and why."""
        marked = _of(self.person, fields.digest(digest), MARK)
        made = incidents.clear(actor=self.person, mark=marked, **self.given(ClearIn))
        return Response(detail(self.person, made), status=201)


class SinceQuery(Query):
    """What it is compared with."""

    since = Digest(help_text="the earlier release, run or base model")


class DocumentChanges(View):
    """What changed between two releases."""

    @extend_schema(operation_id="release_changes", parameters=[base.DIGEST, SinceQuery], responses=WhatChangedOut)
    def get(self, request: Request, digest: str) -> Response:
        """What changed from one release (run, base model) to this one: documents field by field, results, people."""
        after = docs.get(self.person, fields.digest(digest))
        before = docs.get(self.person, self.asked(SinceQuery)["since"])
        if after.kind not in SERVABLE or before.kind not in SERVABLE or before.project_id != after.project_id:
            raise Invalid("since", "found something else, expected two releases, runs or base models of one project")
        return Response(WhatChangedOut(changed.between(before, after, ledger.size())).data)


class BetweenQuery(Query):
    """Two moments."""

    since = _moment()
    time = _moment(required=False, help_text="default: now")


class ProjectChanges(View):
    """What changed in a project between two moments."""

    @extend_schema(operation_id="project_changes", parameters=[base.SLUG, BetweenQuery], responses=WhatChangedOut)
    def get(self, request: Request, slug: str) -> Response:
        """Documents added and replaced, field by field; what was signed, revoked or ran out; roles and policy."""
        asked = self.asked(BetweenQuery)
        project = lookups.project(self.person, slug)
        since, then = as_of.at(asked["since"]), as_of.at(asked.get("time", timezone.now()))
        if since.time > then.time:
            raise Invalid("since", "found a later moment than the other, expected an earlier one")
        return Response(WhatChangedOut(changed.of_project(project, since, then)).data)


def _of(user: User, digest: str, kind: str) -> Document:
    found = docs.get(user, digest)
    if found.kind != kind:
        raise NotFound("there is no such document")
    return found
