"""What was in force at a moment."""

from datetime import UTC
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import lookups
from governance.api.base import Query, View
from governance.api.document_shapes import STANDINGS
from governance.api.documents import SHELF
from governance.api.fields import Digest, Text
from governance.errors import Invalid
from governance.models import Document, Project, User
from governance.selectors import as_of as select
from governance.selectors import documents as docs


class AsOfQuery(Query):
    """The moment, and what is asked about."""

    time = serializers.DateTimeField(default_timezone=UTC, help_text="a moment that is over; UTC unless it says")
    since = serializers.DateTimeField(
        default_timezone=UTC,
        required=False,
        help_text="an earlier moment: tell also what changed since",
    )
    project = Text(required=False, help_text='short name of a project, or "shelf"')
    document = Digest(required=False)
    all = serializers.BooleanField(required=False, default=False, help_text="also what was not in force")


class SignerOut(serializers.Serializer[Any]):
    """Somebody whose signature counted then; the name as they printed it."""

    printed_name = serializers.CharField()
    role = serializers.CharField()
    method = serializers.CharField()
    at = serializers.DateTimeField()
    seq = serializers.IntegerField()
    on_behalf_of = serializers.CharField()


class PolicyOut(serializers.Serializer[Any]):
    """A policy."""

    digest = serializers.CharField()
    title = serializers.CharField()
    number = serializers.IntegerField()


class StoodOut(serializers.Serializer[Any]):
    """A document as it stood."""

    digest = serializers.CharField(source="document.digest")
    kind = serializers.CharField(source="document.kind")
    title = serializers.CharField(source="document.title")
    number = serializers.IntegerField(source="document.number")
    project = serializers.CharField(source="document.project.slug", default=None, allow_null=True)
    standing = serializers.ChoiceField(source="standing.standing.value", choices=STANDINGS)
    in_force = serializers.BooleanField()
    since = serializers.DateTimeField(source="standing.since", allow_null=True)
    until = serializers.DateTimeField(source="standing.until", allow_null=True)
    lapses = serializers.DateTimeField(source="standing.lapses", allow_null=True)
    why = serializers.CharField(source="standing.why")
    request = serializers.CharField(source="standing.request")
    policy = PolicyOut(allow_null=True, help_text="what the request snapshotted; null: the rule of the first policy")
    signers = SignerOut(many=True)


class StandingChangeOut(serializers.Serializer[Any]):
    """A document whose standing differs between the two moments."""

    digest = serializers.CharField(source="document.digest")
    title = serializers.CharField(source="document.title")
    number = serializers.IntegerField(source="document.number")
    before = serializers.ChoiceField(source="before.standing.value", choices=STANDINGS)
    after = serializers.ChoiceField(source="after.standing.value", choices=STANDINGS)
    why = serializers.CharField()


class CoveringOut(serializers.Serializer[Any]):
    """The first signed checkpoint that covers the ledger as it was."""

    size = serializers.IntegerField()
    root = serializers.CharField()  # type: ignore[assignment]
    at = serializers.DateTimeField()


class AsOfOut(serializers.Serializer[Any]):
    """The answer."""

    time = serializers.DateTimeField()
    ledger_size = serializers.IntegerField()
    root = serializers.CharField(help_text="the ledger's root then, in hexadecimal")  # type: ignore[assignment]
    checkpoint = CoveringOut(allow_null=True)
    policy = PolicyOut(allow_null=True, help_text="what governed new requests then, where a project or shelf was asked")
    documents = StoodOut(many=True)
    changes = StandingChangeOut(many=True, allow_null=True, help_text="null unless `since` was given")


class AsOf(View):
    """The past, as it was."""

    @extend_schema(operation_id="as_of", parameters=[AsOfQuery], responses=AsOfOut)
    def get(self, request: Request) -> Response:
        """What was in force at a moment, since and until when, signed by whom and how, under which policy."""
        return Response(AsOfOut(answer(self.person, **self.asked(AsOfQuery))).data)


def answer(
    user: User | None,
    *,
    time: Any,
    since: Any = None,
    project: str | None = None,
    document: str | None = None,
    all: bool = False,  # noqa: A002  (the parameter's name)
) -> dict[str, Any]:
    """Return what `AsOfOut` shapes; user None sees everything (the command on the server)."""
    then = select.at(time)
    rows = Document.objects.all() if user is None else docs.visible(user)
    place: Project | None = None
    if project is not None:
        if project != SHELF:
            place = lookups.project(user, project) if user else _project(project)
        rows = rows.filter(project=place)
    if document is not None:
        if not rows.filter(pk=document).exists():
            raise Invalid("document", f"there is no document {document}")
        rows = rows.filter(pk=document)
    found = select.answer(
        select.frozen_by(rows, then),
        then,
        since=None if since is None else select.at(since),
        governed=[] if project is None else [place],
    )
    return {
        "time": then.time,
        "ledger_size": then.size,
        "root": then.root,
        "checkpoint": then.checkpoint,
        "policy": found.policy,
        "documents": [line for line in found.lines if all or document is not None or line.in_force],
        "changes": found.changes,
    }


def _project(slug: str) -> Project:
    found = Project.objects.filter(slug=slug).first()
    if found is None:
        raise Invalid("project", f"there is no project {slug}")
    return found
