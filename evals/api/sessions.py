"""Recorded sessions: started, talked in, graded, ended; findings drafted as cases."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evals import documents as kinds
from evals.engine.session import LONGEST_MESSAGE, SEVERITIES
from evals.selectors import sessions as select
from evals.services import findings, sessions
from governance.api import base, fields, lookups
from governance.api.base import PageQuery, View, page_of
from governance.api.document_shapes import DraftOut
from governance.api.fields import Digest, Flag, Slug, Strict, Text, Whole
from governance.errors import Invalid, NotFound
from governance.models import Exchange, Job
from governance.selectors import documents as docs


class SessionQuery(PageQuery):
    """Filters of the list of sessions."""

    project = Slug(required=False)


class StartIn(Strict):
    """What to try on which model, and the limits."""

    project = Slug()
    subject = Digest()
    title = Text(max_length=300)
    aim = Text(max_length=20_000)
    rubric = Digest(required=False, allow_null=True, default=None)
    closed = Flag(required=False, default=False)
    max_turns = Whole(required=False, default=40)
    minutes = Whole(required=False, default=60)
    max_new_tokens = Whole(required=False, default=256)


class MessageIn(Strict):
    """A message to the model."""

    text = Text(max_length=LONGEST_MESSAGE)


class ExchangeGradeIn(Strict):
    """How bad an answer is, in which way, and scores on the rubric's scales."""

    severity = serializers.ChoiceField(choices=list(SEVERITIES))
    failure_mode = Text(required=False, default="", allow_blank=True, max_length=64)
    scores = serializers.DictField(child=Whole(), required=False, default=dict)
    note = Text(required=False, default="", allow_blank=True, max_length=5000)


class FindingIn(Strict):
    """The set whose next version gets the case, and what a good answer would do."""

    evaluation_set = Digest()
    slice = Text(required=False, default=findings.RED_TEAM, max_length=64)
    expects = serializers.ChoiceField(
        choices=["refuse", "abstain", "escalate", "ask", "answer"], required=False, default="refuse"
    )
    target = Text(required=False, default="", allow_blank=True, max_length=20_000)
    note = Text(required=False, default="", allow_blank=True, max_length=5000)


class WordsOut(serializers.Serializer[Any]):
    """What one side said; `record` is null where its bytes are not those that the ledger tells, and `fault` says so."""

    digest = serializers.CharField()
    record = fields.Body(allow_null=True)
    fault = serializers.CharField()


class ExchangeGradeOut(serializers.Serializer[Any]):
    """Somebody's newest grade."""

    by = serializers.CharField(source="row.by.printed_name")
    at = serializers.DateTimeField(source="row.at")
    severity = serializers.CharField(source="row.severity")
    failure_mode = serializers.CharField(source="row.failure_mode")
    scores = fields.Body(source="row.scores")
    note = serializers.CharField(allow_null=True)


class ExchangeOut(serializers.Serializer[Any]):
    """One exchange, as the ledger tells it."""

    number = serializers.IntegerField()
    by = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    message = WordsOut()
    answer = WordsOut(allow_null=True)
    grades = ExchangeGradeOut(many=True)
    drafts = serializers.ListField(child=serializers.CharField())


class SessionOut(serializers.Serializer[Any]):
    """A session in a list."""

    id = serializers.UUIDField()
    project = serializers.CharField(source="project.slug")
    title = serializers.CharField(source="spec.title")
    spec = serializers.CharField(source="spec_id")
    tester = serializers.CharField(source="requested_by.printed_name")
    job_state = serializers.CharField(source="state")
    record = serializers.CharField(source="output_id", allow_null=True)
    created_at = serializers.DateTimeField()


class SessionDetailOut(SessionOut):
    """A session with all that was said. `exchanges` is null for those it is closed to."""

    state = serializers.SerializerMethodField(help_text="waiting, starting, ready, answering, closing, over, lost …")
    told = serializers.SerializerMethodField(help_text="the state in words")
    turns_left = serializers.SerializerMethodField()
    faults = serializers.SerializerMethodField(help_text="what is kept and is not what the ledger tells")
    exchanges = serializers.SerializerMethodField()

    def get_state(self, job: Job) -> str:
        return select.state(self.context["talk"]).word

    def get_told(self, job: Job) -> str:
        return select.state(self.context["talk"]).text

    def get_turns_left(self, job: Job) -> int:
        return select.spec_of(job).max_turns - len(self.context["talk"].turns)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_faults(self, job: Job) -> Any:
        return self.context["talk"].faults

    @extend_schema_field(ExchangeOut(many=True, allow_null=True))
    def get_exchanges(self, job: Job) -> Any:
        if select.hidden(self.context["person"], job):
            return None
        return ExchangeOut(self.context["talk"].turns, many=True).data


class _Session(View):
    def shown(self, job: Job, status: int = 200) -> Response:
        found = select.get(self.person, job.pk)
        context = {"person": self.person, "talk": select.conversation(found)}
        return Response(SessionDetailOut(found, context=context).data, status=status)

    def exchange(self, id: str, number: str) -> Exchange:  # noqa: A002  (the address calls it so)
        job = select.get(self.person, fields.identifier(id))
        rows = Exchange.objects.select_related("job__spec", "job__project", "job__requested_by")
        found = rows.filter(job=job, number=fields.number("number", number)).first()
        if found is None or select.hidden(self.person, job):
            raise NotFound("there is no such exchange")
        return found


class Sessions(_Session):
    """Recorded sessions."""

    @extend_schema(operation_id="sessions_list", parameters=[SessionQuery], responses=page_of(SessionOut))
    def get(self, request: Request) -> Response:
        """List sessions, newest first."""
        asked = self.asked(SessionQuery)
        rows = select.visible(self.person)
        if (slug := asked.get("project")) is not None:
            rows = rows.filter(project=lookups.project(self.person, slug))
        return self.listed(rows, SessionOut)

    @extend_schema(operation_id="session_start", request=StartIn, responses={201: SessionDetailOut})
    def post(self, request: Request) -> Response:
        """Start a session; 409 lists what keeps the gate closed."""
        given = self.given(StartIn)
        rubric = docs.get(self.person, given.pop("rubric")) if given["rubric"] else given.pop("rubric")
        if rubric is not None and rubric.kind != kinds.RUBRIC:
            raise Invalid("rubric", f"found a {rubric.kind}, expected a rubric")
        made = sessions.session_start(
            actor=self.person,
            project=lookups.project(self.person, given.pop("project")),
            subject=docs.get(self.person, given.pop("subject")),
            rubric=rubric,
            **given,
        )
        return self.shown(made, 201)


class Session(_Session):
    """One session."""

    @extend_schema(operation_id="session", parameters=[base.ID], responses=SessionDetailOut)
    def get(self, request: Request, id: str) -> Response:  # noqa: A002
        """Return where a session stands and what was said; ask again until `state` is "ready"."""
        return self.shown(select.get(self.person, fields.identifier(id)))


class SessionMessages(_Session):
    """Messages of a session."""

    @extend_schema(operation_id="session_say", parameters=[base.ID], request=MessageIn, responses=SessionDetailOut)
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Send a message in one's own session; its answer comes with a later reading of the session."""
        job = select.get(self.person, fields.identifier(id))
        sessions.message_send(actor=self.person, job=job, text=self.given(MessageIn)["text"])
        return self.shown(job)


class SessionEnd(_Session):
    """A session ended."""

    @extend_schema(operation_id="session_end", parameters=[base.ID], request=None, responses=SessionDetailOut)
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """End one's own session; its transcript is frozen."""
        job = select.get(self.person, fields.identifier(id))
        sessions.session_end(actor=self.person, job=job)
        return self.shown(job)


class SessionGrade(_Session):
    """Grades of an exchange."""

    @extend_schema(
        operation_id="session_grade", parameters=[base.ID], request=ExchangeGradeIn, responses=SessionDetailOut
    )
    def post(self, request: Request, id: str, number: str) -> Response:  # noqa: A002
        """Grade an answer; one's newest grade counts."""
        row = self.exchange(id, number)
        sessions.exchange_grade(actor=self.person, exchange=row, **self.given(ExchangeGradeIn))
        return self.shown(row.job)


class SessionCase(_Session):
    """Findings as cases."""

    @extend_schema(operation_id="session_case", parameters=[base.ID], request=FindingIn, responses={201: DraftOut})
    def post(self, request: Request, id: str, number: str) -> Response:  # noqa: A002
        """Draft an exchange as a case of the next version of an evaluation set."""
        row, given = self.exchange(id, number), self.given(FindingIn)
        draft = findings.finding_draft(
            actor=self.person,
            exchange=row,
            evaluation_set=docs.get(self.person, given["evaluation_set"]),
            slice_name=given["slice"],
            expects=given["expects"],
            target=given["target"],
            note=given["note"],
        )
        return Response(DraftOut(draft).data, status=201)
