"""Standing approvals: their use, and the stop."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.api import base, fields
from governance.api.base import Query, View
from governance.api.fields import Text
from governance.api.proofs import ProofIn, proven
from governance.errors import NotFound
from governance.models import Document, User
from governance.proof.formats.fields import rfc3339
from governance.selectors import documents as docs
from training.kinds import tuning as kinds
from training.selectors import approvals as select
from training.services import approvals


class StopIn(ProofIn):
    """Who one is, shown anew, and why it is stopped if it should be said."""

    reason = Text(max_length=10_000, required=False, allow_blank=True, default="")


class UseOut(serializers.Serializer[Any]):
    """One use: a run that was admitted."""

    job = serializers.CharField()
    spec = serializers.CharField()
    admitted_at = serializers.CharField()
    state = serializers.CharField()
    output = serializers.CharField(help_text='digest of what it made, or ""')
    verdicts = serializers.ListField(child=serializers.CharField())


class UseDigestOut(serializers.Serializer[Any]):
    """How a standing approval was used, and what is left. `open`: another use could be admitted."""

    approval = serializers.CharField()
    standing = serializers.CharField()
    open = serializers.BooleanField()
    runs_left = serializers.IntegerField()
    seconds_left = serializers.IntegerField()
    expires_at = serializers.CharField()
    uses = UseOut(many=True)


def _told(approval: Document) -> Any:
    found = select.digest(approval)
    return UseDigestOut(
        {
            "approval": approval.digest,
            "standing": found.standing.standing.value,
            "open": found.open,
            "runs_left": found.runs_left,
            "seconds_left": found.seconds_left,
            "expires_at": found.body.expires_at,
            "uses": [
                {
                    "job": str(used.use.job),
                    "spec": used.use.spec.digest,
                    "admitted_at": rfc3339(used.use.at),
                    "state": used.state,
                    "output": used.output,
                    "verdicts": list(used.verdicts),
                }
                for used in found.uses
            ],
        }
    ).data


def _get(user: User, digest: str) -> Document:
    found = docs.get(user, fields.digest(digest))
    if found.kind != kinds.STANDING:
        raise NotFound("there is no such standing approval")
    return found


class ApprovalUse(View):
    """The use of one standing approval."""

    @extend_schema(operation_id="standing_approval_use", parameters=[base.DIGEST], responses=UseDigestOut)
    def get(self, request: Request, digest: str) -> Response:
        """Every run admitted under it, with its verdicts, and what is left of its bounds."""
        self.asked(Query)
        return Response(_told(_get(self.person, digest)))


class ApprovalStop(View):
    """The stop button of one standing approval."""

    @extend_schema(
        operation_id="standing_approval_stop", parameters=[base.DIGEST], request=StopIn, responses={201: UseDigestOut}
    )
    def post(self, request: Request, digest: str) -> Response:
        """Stop it: it admits nothing more, and runs under it are stopped. For its signers, owners and officers."""
        found = _get(self.person, digest)
        approvals.stop(actor=self.person, approval=found, **proven(self.given(StopIn)))
        return Response(_told(found), status=201)
