"""Jobs: launched, armed, watched, cancelled."""

from typing import Any

from django.db.models import OuterRef, Subquery
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import base, fields, lookups
from governance.api.base import PageQuery, Query, View, page_of
from governance.api.document_shapes import DocumentNameOut
from governance.api.documents import VerdictOut
from governance.api.fields import Body, Digest, Flag, Strict, Text
from governance.errors import NotFound
from governance.job_states import AttemptState, JobState
from governance.models import Attempt, Job
from governance.selectors import documents as docs
from governance.selectors import jobs as select
from governance.services import jobs

JOB_STATES = [state.value for state in JobState]
ATTEMPT_STATES = [state.value for state in AttemptState]
LOG_CHUNK = 64 * 1024  # characters of a log in one answer


class JobQuery(PageQuery):
    """Filters of the list of jobs."""

    project = fields.Slug(required=False)
    purpose = Text(required=False, max_length=40)
    state = serializers.ChoiceField(choices=JOB_STATES, required=False)
    spec = Digest(required=False)


class LogQuery(Query):
    """Which attempt's log (default: the newest), from which character on."""

    attempt = serializers.IntegerField(min_value=1, max_value=10_000, required=False)
    offset = serializers.IntegerField(min_value=0, max_value=2**53 - 1, required=False, default=0)


class LaunchIn(Strict):
    """What to launch; `arm`: start by itself when the last check turns green."""

    spec = Digest()
    arm = Flag(required=False, default=False)


class CancelIn(Strict):
    """Why, if one wants to say."""

    reason = Text(required=False, default="", allow_blank=True, max_length=2000)


class JobOut(serializers.Serializer[Any]):
    """A job in a list."""

    id = serializers.UUIDField()
    purpose = serializers.CharField()
    project = serializers.CharField(source="project.slug")
    spec = DocumentNameOut()
    requested_by = serializers.CharField(source="requested_by.printed_name")
    state = serializers.ChoiceField(choices=JOB_STATES)
    label = serializers.SerializerMethodField()  # type: ignore[assignment]
    live = serializers.SerializerMethodField(help_text="something is still to come")
    reason = serializers.CharField()
    output = serializers.CharField(source="output_id", allow_null=True, help_text="digest of the document it made")
    progress = serializers.SerializerMethodField(help_text="of the newest attempt")
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    seq = serializers.IntegerField()

    def get_label(self, job: Job) -> str:
        return JobState(job.state).label

    def get_live(self, job: Job) -> bool:
        return JobState(job.state).live

    @extend_schema_field(Body())
    def get_progress(self, job: Job) -> Any:
        return getattr(job, "newest_progress", None) or {}


class AttemptOut(serializers.Serializer[Any]):
    """One try at a job, under one permit."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=ATTEMPT_STATES)
    label = serializers.SerializerMethodField()  # type: ignore[assignment]
    permit_digest = serializers.CharField()
    permit_seq = serializers.IntegerField()
    consumed_seq = serializers.IntegerField(allow_null=True)
    progress = Body()
    curve = serializers.SerializerMethodField(help_text="progress points kept for the chart")
    exit_code = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()

    def get_label(self, attempt: Attempt) -> str:
        return AttemptState(attempt.state).label

    @extend_schema_field(serializers.ListField(child=Body()))
    def get_curve(self, attempt: Attempt) -> Any:
        return attempt.curve


class JobDetailOut(JobOut):
    """A job with the gate's last word and all its attempts."""

    verdict = serializers.SerializerMethodField()
    attempts = serializers.SerializerMethodField()

    @extend_schema_field(VerdictOut)
    def get_verdict(self, job: Job) -> Any:
        return job.verdict or {"open": False, "checks": []}

    @extend_schema_field(AttemptOut(many=True))
    def get_attempts(self, job: Job) -> Any:
        rows = job.attempts.defer("permit", "receipt", "log", "result").order_by("number")
        return AttemptOut(rows, many=True).data


class LogOut(serializers.Serializer[Any]):
    """A piece of a log; ask again from `next`. `live`: more may come."""

    attempt = serializers.IntegerField(allow_null=True)
    offset = serializers.IntegerField()
    next = serializers.IntegerField()
    text = serializers.CharField()
    live = serializers.BooleanField()


class Jobs(View):
    """Jobs one may see."""

    @extend_schema(operation_id="jobs_list", parameters=[JobQuery], responses=page_of(JobOut))
    def get(self, request: Request) -> Response:
        """List jobs, newest first."""
        asked = self.asked(JobQuery)
        newest = Attempt.objects.filter(job=OuterRef("pk")).order_by("-number").values("progress")[:1]
        rows = select.visible(self.person).select_related("spec__project").annotate(newest_progress=Subquery(newest))
        if (slug := asked.get("project")) is not None:
            rows = rows.filter(project=lookups.project(self.person, slug))
        for name in ("purpose", "state", "spec"):
            if (value := asked.get(name)) is not None:
                rows = rows.filter(**{name: value})
        return self.listed(rows, JobOut)

    @extend_schema(operation_id="job_launch", request=LaunchIn, responses={201: JobDetailOut})
    def post(self, request: Request) -> Response:
        """Launch a spec if every check of the gate passes, or arm it; 409 lists every blocking check."""
        given = self.given(LaunchIn)
        spec = docs.get(self.person, given["spec"])
        made = jobs.launch(actor=self.person, spec=spec, arm=given["arm"])
        return Response(JobDetailOut(made).data, status=201)


class JobDetail(View):
    """One job."""

    @extend_schema(operation_id="job", parameters=[base.ID], responses=JobDetailOut)
    def get(self, request: Request, id: str) -> Response:  # noqa: A002  (the address calls it so)
        """Return a job with its verdict and attempts."""
        return Response(self._shown(select.get(self.person, str(fields.identifier(id)))))

    def _shown(self, job: Job) -> Any:
        newest = job.attempts.order_by("-number").values_list("progress", flat=True).first()
        job.newest_progress = newest or {}  # type: ignore[attr-defined]
        return JobDetailOut(job).data


class JobCancel(JobDetail):
    """A job cancelled."""

    http_method_names = ["post", "options"]

    @extend_schema(operation_id="job_cancel", parameters=[base.ID], request=CancelIn, responses=JobDetailOut)
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Cancel a job that has not ended; a running attempt is stopped."""
        found = select.get(self.person, str(fields.identifier(id)))
        made = jobs.cancel(actor=self.person, job=found, reason=self.given(CancelIn)["reason"])
        return Response(self._shown(made))


class JobLog(View):
    """What an attempt wrote."""

    @extend_schema(operation_id="job_log", parameters=[base.ID, LogQuery], responses=LogOut)
    def get(self, request: Request, id: str) -> Response:  # noqa: A002
        """Return a piece of an attempt's log, from a character on."""
        found = select.get(self.person, str(fields.identifier(id)))
        asked = self.asked(LogQuery)
        number, offset = asked.get("attempt"), asked["offset"]
        rows = found.attempts.order_by("-number").only("number", "log", "state")
        attempt = rows.first() if number is None else rows.filter(number=number).first()
        if attempt is None and number is not None:
            raise NotFound(f"the job has no attempt {number}")
        text = attempt.log[offset : offset + LOG_CHUNK] if attempt else ""
        shown = {
            "attempt": attempt.number if attempt else None,
            "offset": offset,
            "next": offset + len(text),
            "text": text,
            "live": JobState(found.state).live,
        }
        return Response(LogOut(shown).data)
