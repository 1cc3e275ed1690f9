"""Showing anew that it is oneself: the shape in which acts take it, and the question that a passkey answers."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance.access import ACTIONS
from governance.api.base import View
from governance.api.fields import Body, Identifier, Strict, Text
from governance.errors import Invalid
from governance.services import reauthentication
from governance.services.reauthentication import Proof


class AnswerIn(Strict):
    """A browser's answer to what was prepared."""

    preparation = Identifier()
    credential = Body(help_text="AuthenticationResponseJSON")


class ProofIn(Strict):
    """Who one is, shown anew: `password`, with `code` (the one-time code of now) or without; or `passkey`.

    `passkey` is the answer to a question of `POST /proofs`. The signature-like acts want at least the method that the
    policy asks of signatures there.
    """

    password = Text(max_length=4096, required=False, default="", allow_blank=True, style={"input_type": "password"})
    code = Text(max_length=20, required=False, default="", allow_blank=True)
    passkey = AnswerIn(required=False, allow_null=True, default=None)


def proven(given: dict[str, Any]) -> dict[str, Any]:
    """Return what a `ProofIn` read, with its parts as one `proof`. Invalid: neither password nor passkey."""
    rest = {name: value for name, value in given.items() if name not in ("password", "code", "passkey")}
    answer = given["passkey"]
    if answer is not None:
        proof = Proof(preparation=uuid.UUID(answer["preparation"]), credential=answer["credential"])
    elif given["password"]:
        proof = Proof(given["password"], given["code"])
    else:
        raise Invalid("password", "found nothing, expected your password or your passkey's answer")
    return rest | {"proof": proof}


class QuestionIn(Strict):
    """Which act it is for, as the access table calls it."""

    act = serializers.ChoiceField(choices=sorted(ACTIONS))


class QuestionOut(serializers.Serializer[Any]):
    """What the browser is asked; the answer goes with the act, counts for it alone, and once."""

    preparation = serializers.UUIDField(source="id")
    expires_at = serializers.DateTimeField()
    publicKey = Body(source="options.publicKey", help_text="PublicKeyCredentialRequestOptionsJSON")  # noqa: N815


class Proofs(View):
    """Questions to one's passkeys."""

    @extend_schema(operation_id="proof_prepare", request=QuestionIn, responses={201: QuestionOut})
    def post(self, request: Request) -> Response:
        """Ask for what a passkey is to sign so that an act can be confirmed with it."""
        made = reauthentication.prepare(actor=self.person, act=self.given(QuestionIn)["act"])
        return Response(QuestionOut(made).data, status=201)
