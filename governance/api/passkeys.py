"""Passkeys: enrolled, vouched for, revoked, and used to sign in two steps.

Whoever calls stands between the server and the device: a browser, or a program that speaks CTAP to a security key. The
shapes are those of the Web Authentication standard in JSON.
"""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance import access
from governance.api import base, fields, lookups
from governance.api.base import PageQuery, View, page_of
from governance.api.fields import Body, Identifier, Strict, Text
from governance.api.proofs import AnswerIn, ProofIn, proven
from governance.api.signing_shapes import SignedOut, SignIn, intent, signed_out
from governance.proof.history.passkeys import REASONS
from governance.selectors import passkeys as select
from governance.services import passkey_signing, passkeys


class NothingIn(Strict):
    """Nothing needs saying."""


class OptionsOut(serializers.Serializer[Any]):
    """What the browser is asked, and the enrolment that its answer belongs to; it is over after ten minutes."""

    enrolment = serializers.UUIDField()
    publicKey = Body(help_text="PublicKeyCredentialCreationOptionsJSON")  # noqa: N815  (as the standard has it)


class EnrolIn(Strict):
    """The browser's answer, what one calls the device, and one's own password entered anew."""

    enrolment = Identifier()
    credential = Body(help_text="RegistrationResponseJSON")
    name = Text(max_length=passkeys.LONGEST_NAME)
    password = Text(max_length=4096, style={"input_type": "password"})


class VouchIn(ProofIn):
    """How one checked whose passkey it is."""

    how = Text(max_length=2000)


class PasskeyRevokeIn(Strict):
    """Why it must not be trusted, and from which moment on (default: now)."""

    reason = serializers.ChoiceField(choices=sorted(REASONS))
    since = serializers.DateTimeField(required=False, allow_null=True, default=None)


class DeviceOut(serializers.Serializer[Any]):
    """What a passkey's device said of itself when it was enrolled.

    `attested`: that was signed, by its maker's certificate or its own key; no maker's list was asked. `statement` is
    the digest of what it said, as it is kept (null: of before it was).
    """

    attestation = serializers.CharField(help_text='format of its statement; "none": it made none')
    attested = serializers.BooleanField()
    synced = serializers.BooleanField(help_text="may be copied to other devices of its holder")
    aaguid = serializers.UUIDField(help_text="type of the device; zeros: not told")
    statement = serializers.CharField(allow_null=True)


class PasskeyOut(serializers.Serializer[Any]):
    """A passkey. It counts for signing once somebody else vouched for it, until it is revoked."""

    id = serializers.UUIDField(source="row.pk")
    holder = serializers.CharField(source="row.user.printed_name")
    name = serializers.CharField(help_text="what its holder calls the device; empty once erased")
    counts = serializers.BooleanField()
    waits = serializers.BooleanField(help_text="for somebody to vouch for it")
    device = serializers.SerializerMethodField(help_text="what the ledger tells of it; null: nothing")
    at = serializers.DateTimeField(source="row.at")
    seq = serializers.IntegerField(source="row.seq")

    @extend_schema_field(DeviceOut(allow_null=True))
    def get_device(self, shown: select.Shown) -> Any:
        return DeviceOut(shown.history.told).data if shown.history is not None else None


PAGE = page_of(PasskeyOut)


class EnrolledOut(PasskeyOut):
    """A passkey just enrolled, and recovery codes if one had none: each stands in once at sign-in. Shown only now."""

    recovery_codes = serializers.SerializerMethodField()

    def get_recovery_codes(self, shown: select.Shown) -> list[str]:
        return list(self.context["codes"])


class PasskeyActOut(serializers.Serializer[Any]):
    """Something done to a passkey, and the ledger entry that tells of it."""

    passkey = serializers.UUIDField(source="passkey_id")
    at = serializers.DateTimeField()
    seq = serializers.IntegerField()


class PrepareIn(SignIn):
    """A signature by passkey: all but the password. `passkey` chooses one of several."""

    password = None  # type: ignore[assignment]
    code = None  # type: ignore[assignment]
    passkey = Identifier(required=False, allow_null=True, default=None)


class PreparedOut(serializers.Serializer[Any]):
    """The statement that waits for the passkey, and what the browser is asked.

    The challenge is SHA-256 of the DSSE pre-authentication encoding of the statement: who does not trust the server can
    compute it from `statement` before the device signs.
    """

    preparation = serializers.UUIDField(source="id")
    expires_at = serializers.DateTimeField()
    statement = serializers.SerializerMethodField(help_text="what will be signed: an in-toto Statement v1")
    publicKey = Body(source="options.publicKey", help_text="PublicKeyCredentialRequestOptionsJSON")  # noqa: N815

    def get_statement(self, prepared: passkey_signing.Prepared) -> str:
        return prepared.statement.to_bytes().decode()


class Passkeys(View):
    """One's own passkeys."""

    @extend_schema(operation_id="passkeys_list", parameters=[PageQuery], responses=PAGE)
    def get(self, request: Request) -> Response:
        """List one's own passkeys, revoked ones too."""
        self.asked(PageQuery)
        return self.listed(select.of(self.person), PasskeyOut)

    @extend_schema(operation_id="passkey_enrol", request=EnrolIn, responses={201: EnrolledOut})
    def post(self, request: Request) -> Response:
        """Enrol a passkey; somebody else must vouch for it before it counts."""
        given = self.given(EnrolIn)
        made, codes = passkeys.enrol(actor=self.person, **given | {"enrolment": uuid.UUID(given["enrolment"])})
        [shown] = [one for one in select.of(self.person) if one.row.pk == made.pk]
        return Response(EnrolledOut(shown, context={"codes": codes}).data, status=201)


class Options(View):
    """The beginning of an enrolment."""

    @extend_schema(operation_id="passkey_options", request=NothingIn, responses={201: OptionsOut})
    def post(self, request: Request) -> Response:
        """Ask for what a browser needs to make a passkey."""
        self.given(NothingIn)
        return Response(passkeys.prepare(actor=self.person), status=201)


class Waiting(View):
    """Others' passkeys that nobody vouched for yet."""

    @extend_schema(operation_id="passkeys_waiting", parameters=[PageQuery], responses=PAGE)
    def get(self, request: Request) -> Response:
        """List the passkeys one could vouch for; for owners and compliance officers."""
        self.asked(PageQuery)
        access.require(self.person, "passkey.vouch", None)
        return self.listed(select.waiting(self.person), PasskeyOut)


class Vouch(View):
    """A second person's word."""

    @extend_schema(operation_id="passkey_vouch", parameters=[base.ID], request=VouchIn, responses={201: PasskeyActOut})
    def post(self, request: Request, id: str) -> Response:  # noqa: A002  (the address calls it so)
        """Vouch for somebody's passkey, having checked that it is theirs."""
        found = select.get(self.person, fields.identifier(id))
        made = passkeys.vouch(actor=self.person, passkey=found, **proven(self.given(VouchIn)))
        return Response(PasskeyActOut(made).data, status=201)


class Revoke(View):
    """The end of a passkey."""

    @extend_schema(
        operation_id="passkey_revoke", parameters=[base.ID], request=PasskeyRevokeIn, responses={201: PasskeyActOut}
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Revoke one's own passkey or, as owner, anybody's."""
        found = select.get(self.person, fields.identifier(id))
        made = passkeys.revoke(actor=self.person, passkey=found, **self.given(PasskeyRevokeIn))
        return Response(PasskeyActOut(made).data, status=201)


class RequestPrepare(View):
    """The first step of a signature by passkey."""

    @extend_schema(
        operation_id="request_prepare", parameters=[base.ID], request=PrepareIn, responses={201: PreparedOut}
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Put the statement before one's passkey; nothing is signed yet."""
        found = lookups.request(self.person, fields.identifier(id))
        given = intent(self.given(PrepareIn))
        chosen = uuid.UUID(given["passkey"]) if given["passkey"] else None
        made = passkey_signing.prepare(actor=self.person, request=found, **given | {"passkey": chosen})
        return Response(PreparedOut(made).data, status=201)


class RequestSign(View):
    """The second step of a signature by passkey."""

    @extend_schema(
        operation_id="request_sign_by_passkey", parameters=[base.ID], request=AnswerIn, responses={201: SignedOut}
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Record what the passkey signed; the answer is the signer's receipt."""
        found = lookups.request(self.person, fields.identifier(id))
        given = self.given(AnswerIn)
        made = passkey_signing.sign(
            actor=self.person,
            request=found,
            preparation=uuid.UUID(given["preparation"]),
            credential=given["credential"],
        )
        return Response(signed_out(made), status=201)
