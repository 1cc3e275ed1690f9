"""What belongs to a ceremony beside signing: comments, conditions, delegations, and what a revocation would bring."""

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.access import SIGNERS
from governance.api import base, fields, lookups
from governance.api.base import PageQuery, View, page_of
from governance.api.document_shapes import STANDINGS, DocumentNameOut
from governance.api.fields import Digest, Identifier, Slug, Strict, Text
from governance.api.proofs import ProofIn, proven
from governance.errors import Invalid, NotFound
from governance.models import Comment, Condition, Delegation, User
from governance.selectors import comments as threads
from governance.selectors import conditions as conditions_of
from governance.selectors import consequences, delegations
from governance.selectors import documents as docs
from governance.services import comments, conditions, delegation


class CommentIn(Strict):
    """Words about a document, or about a place in it such as "criteria[2].weight"; an answer names what it answers."""

    kind = serializers.ChoiceField(choices=sorted(comments.KINDS))
    text = Text(max_length=comments.LONGEST)
    place = Text(max_length=300, required=False, default="", allow_blank=True)
    answers = Identifier(required=False, allow_null=True, default=None)


class CommentOut(serializers.Serializer[Any]):
    """A comment, question or answer. `text` is null once erased; `open` is a question that nobody answered."""

    id = serializers.UUIDField(source="spoken.row.pk")
    kind = serializers.CharField(source="spoken.row.kind")
    place = serializers.CharField(source="spoken.row.place")
    by = serializers.CharField(source="spoken.row.by.printed_name")
    at = serializers.DateTimeField(source="spoken.row.at")
    seq = serializers.IntegerField(source="spoken.row.seq")
    text = serializers.CharField(source="spoken.words", allow_null=True)
    answers = serializers.UUIDField(source="spoken.row.answers_id", allow_null=True)
    open = serializers.BooleanField()


class ConditionQuery(PageQuery):
    """Which conditions."""

    document = Digest(required=False)
    open = serializers.BooleanField(required=False, help_text="only those that nobody confirmed yet (or were)")
    mine = serializers.BooleanField(required=False, default=False, help_text="only open tasks that are one's own")


class ConditionOut(serializers.Serializer[Any]):
    """A condition that a signature was given under."""

    id = serializers.UUIDField(source="row.pk")
    request = serializers.UUIDField(source="row.signature.request_id")
    set_by = serializers.CharField(source="row.signature.signer.printed_name")
    role = serializers.CharField(source="row.signature.role")
    kind = serializers.CharField(source="stated.kind")
    text = serializers.CharField(source="stated.text")
    owner = serializers.CharField(source="owner.username", default=None, allow_null=True)
    due = serializers.DateTimeField(source="stated.due", allow_null=True)
    met_by = serializers.CharField(source="met.by.printed_name", default=None, allow_null=True)
    met_at = serializers.DateTimeField(source="met.at", default=None, allow_null=True)


class MeetIn(ProofIn):
    """What shows that the condition is met, and who one is, shown anew."""

    evidence = Text(max_length=10_000)


class HandOverIn(Strict):
    """Who sees to a task from now on, by username."""

    to = Text(max_length=150)


class DelegationIn(ProofIn):
    """Let somebody sign for oneself in a role, in a project or (null) the whole organisation, for a time."""

    to = Text(max_length=150, help_text="username")
    role = serializers.ChoiceField(choices=sorted(SIGNERS))
    project = Slug(allow_null=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = Text(max_length=2000)


class DelegationOut(serializers.Serializer[Any]):
    """A delegation and how it stands."""

    id = serializers.UUIDField(source="row.pk")
    by = serializers.CharField(source="row.by.username")
    to = serializers.CharField(source="row.to.username")
    role = serializers.CharField(source="row.role")
    project = serializers.CharField(source="row.project.slug", default=None, allow_null=True)
    starts_at = serializers.DateTimeField(source="row.starts_at")
    ends_at = serializers.DateTimeField(source="row.ends_at")
    state = serializers.ChoiceField(choices=["running", "to come", "over", "ended"])
    seq = serializers.IntegerField(source="row.seq")


class EndIn(Strict):
    """Nothing needs saying."""


class RestingOut(DocumentNameOut):
    """A document that rests on the one to be revoked."""

    standing = serializers.ChoiceField(choices=STANDINGS)


class ConsequenceJobOut(serializers.Serializer[Any]):
    """A job that a revocation would touch."""

    id = serializers.UUIDField()
    purpose = serializers.CharField()
    project = serializers.CharField(source="project.slug")
    spec = serializers.CharField(source="spec_id")
    state = serializers.CharField()


class ConsequencesOut(serializers.Serializer[Any]):
    """What revoking a sign-off would bring about, as far as one may see it; `hidden` counts the rest."""

    resting = RestingOut(many=True, help_text="nothing new can be done under these")
    releases = RestingOut(many=True, help_text="these would be blocked: neither signed nor used")
    stopped = ConsequenceJobOut(many=True, help_text="jobs that run and would be stopped")
    refused = ConsequenceJobOut(many=True, help_text="jobs that wait and would be refused")
    requests = serializers.ListField(child=serializers.UUIDField(), help_text="requests that wait for signatures")
    hidden = serializers.IntegerField()


class DocumentComments(View):
    """What is said about a document."""

    @extend_schema(operation_id="comments_list", parameters=[base.DIGEST, PageQuery], responses=page_of(CommentOut))
    def get(self, request: Request, digest: str) -> Response:
        """List comments, questions and answers, each thread oldest first."""
        found = docs.get(self.person, fields.digest(digest))
        self.asked(PageQuery)
        rows = [
            {"spoken": one, "open": thread.open and one is thread.first}
            for thread in threads.threads([found])[found.digest]
            for one in (thread.first, *thread.answers)
        ]
        return self.listed(rows, CommentOut)

    @extend_schema(
        operation_id="comment_make", parameters=[base.DIGEST], request=CommentIn, responses={201: CommentOut}
    )
    def post(self, request: Request, digest: str) -> Response:
        """Comment, ask or answer."""
        found = docs.get(self.person, fields.digest(digest))
        given = self.given(CommentIn)
        if (answered := given.pop("answers")) is not None:
            given["answers"] = Comment.objects.filter(pk=uuid.UUID(answered), document=found).first()
            if given["answers"] is None:
                raise Invalid("answers", "there is no such comment on this document")
        made = comments.comment_make(actor=self.person, document=found, **given)
        shown = next(
            {"spoken": one, "open": thread.open and one is thread.first}
            for thread in threads.threads([found])[found.digest]
            for one in (thread.first, *thread.answers)
            if one.row.pk == made.pk
        )
        return Response(CommentOut(shown).data, status=201)


class Conditions(View):
    """Conditions one may see."""

    @extend_schema(operation_id="conditions_list", parameters=[ConditionQuery], responses=page_of(ConditionOut))
    def get(self, request: Request) -> Response:
        """List the conditions that signatures were given under, oldest first."""
        asked = self.asked(ConditionQuery)
        if asked["mine"]:
            return self.listed(conditions_of.owned(self.person), ConditionOut)
        rows = conditions_of.visible(self.person)
        if (digest := asked.get("document")) is not None:
            rows = rows.filter(signature__request__subjects__document=digest)
        found = conditions_of.of(rows)
        if (wanted := asked.get("open")) is not None:
            found = [one for one in found if (one.met is None) == wanted]
        return self.listed(found, ConditionOut)


class ConditionMeet(View):
    """A condition confirmed."""

    @extend_schema(operation_id="condition_meet", parameters=[base.ID], request=MeetIn, responses={201: ConditionOut})
    def post(self, request: Request, id: str) -> Response:  # noqa: A002  (the address calls it so)
        """Confirm that a condition is met, and on what evidence."""
        found = _condition(self.person, fields.identifier(id))
        conditions.meet(actor=self.person, condition=found, **proven(self.given(MeetIn)))
        return Response(_told(found), status=201)


class ConditionHandOver(View):
    """A task given away."""

    @extend_schema(
        operation_id="condition_hand_over", parameters=[base.ID], request=HandOverIn, responses={201: ConditionOut}
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Give a task to another owner; its due date stays."""
        found = _condition(self.person, fields.identifier(id))
        conditions.hand_over(actor=self.person, condition=found, to=_person("to", self.given(HandOverIn)["to"]))
        return Response(_told(found), status=201)


class Delegations(View):
    """Who signs for whom."""

    @extend_schema(operation_id="delegations_list", parameters=[PageQuery], responses=page_of(DelegationOut))
    def get(self, request: Request) -> Response:
        """List the delegations one gave or holds and, for owners, those of what they own; newest first."""
        self.asked(PageQuery)
        return self.listed(delegations.known(self.person, timezone.now()), DelegationOut)

    @extend_schema(operation_id="delegation_give", request=DelegationIn, responses={201: DelegationOut})
    def post(self, request: Request) -> Response:
        """Let somebody sign for oneself."""
        given = proven(self.given(DelegationIn))
        given |= {"to": _person("to", given["to"]), "project": lookups.place(self.person, given["project"])}
        made = delegation.give(actor=self.person, **given)
        return Response(_known(self.person, made), status=201)


class DelegationEnd(View):
    """The end of a delegation."""

    @extend_schema(operation_id="delegation_end", parameters=[base.ID], request=EndIn, responses={201: DelegationOut})
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """End a delegation before its time; what was signed stays signed."""
        key = fields.identifier(id)
        known = delegations.known(self.person, timezone.now())
        found = next((one.row for one in known if one.row.pk == key), None)
        if found is None:
            raise NotFound("there is no such delegation")
        self.given(EndIn)
        delegation.end(actor=self.person, delegation=found)
        return Response(_known(self.person, found), status=201)


class DocumentConsequences(View):
    """What a revocation would bring about."""

    @extend_schema(operation_id="document_consequences", parameters=[base.DIGEST], responses=ConsequencesOut)
    def get(self, request: Request, digest: str) -> Response:
        """Return what revoking this document's sign-off would touch. Changes nothing."""
        found = consequences.of(self.person, docs.get(self.person, fields.digest(digest)))
        shown = {
            "resting": [_resting(one) for one in found.resting],
            "releases": [_resting(one) for one in found.releases],
            "stopped": found.stopped,
            "refused": found.refused,
            "requests": [request.pk for request in found.requests],
            "hidden": found.hidden,
        }
        return Response(ConsequencesOut(shown).data)


def _resting(one: consequences.Resting) -> dict[str, Any]:
    return DocumentNameOut(one.document).data | {"standing": one.standing.standing.value}


def _condition(user: User, key: uuid.UUID) -> Condition:
    rows = conditions_of.visible(user).select_related("signature__request__project", "owner")
    found = rows.filter(pk=key).first()
    if found is None:
        raise NotFound("there is no such condition")
    return found


def _told(condition: Condition) -> Any:
    return ConditionOut(conditions_of.of(Condition.objects.filter(pk=condition.pk))[0]).data


def _person(field: str, username: str) -> User:
    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise Invalid(field, f"there is nobody called {username!r}")
    return found


def _known(user: User, row: Delegation) -> Any:
    known = delegations.known(user, timezone.now())
    return DelegationOut(next(one for one in known if one.row.pk == row.pk)).data
