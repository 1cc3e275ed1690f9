"""What is on record of signers, and people who leave."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from governance import access
from governance.api import base, fields
from governance.api.base import View
from governance.api.fields import Digest, Text
from governance.api.proofs import ProofIn, proven
from governance.errors import Invalid, NotFound
from governance.models import SignerRecord, User
from governance.selectors import leaving as going
from governance.selectors import signers as select
from governance.services import leaving, people, signers


class IdentityIn(ProofIn):
    """How somebody's identity was checked."""

    how = Text(max_length=2000)


class AddressIn(ProofIn):
    """Where somebody's mail goes; empty: nowhere."""

    email = serializers.EmailField(allow_blank=True, max_length=254)


class CompetenceIn(ProofIn):
    """What shows somebody's competence; `attachment` is the digest of a paper kept elsewhere."""

    evidence = Text(max_length=2000)
    attachment = Digest(required=False, allow_null=True, default=None)


class DeclarationIn(ProofIn):
    """Who one is, shown anew."""


class LeaveIn(ProofIn):
    """Who takes open tasks over (null when there are none)."""

    successor = Text(max_length=150, allow_null=True, required=False, default=None)


class RecordOut(serializers.Serializer[Any]):
    """Something on record of a signer, and the ledger entry that tells of it."""

    kind = serializers.ChoiceField(choices=SignerRecord.Kind.choices)
    by = serializers.CharField(source="by.printed_name")
    at = serializers.DateTimeField()
    seq = serializers.IntegerField()


class PersonRecordOut(serializers.Serializer[Any]):
    """A person and what is on record of them; `lacking` must come before they sign where the policy asks for it."""

    username = serializers.CharField()
    printed_name = serializers.CharField()
    active = serializers.BooleanField(source="is_active")
    lacking = serializers.SerializerMethodField()
    records = serializers.SerializerMethodField()

    def get_lacking(self, user: User) -> list[str]:
        return select.lacking(user)

    def get_records(self, user: User) -> list[dict[str, Any]]:
        return [
            {**RecordOut(one.row).data, "words": one.words, "attachment": one.attachment} for one in select.of(user)
        ]


class LeftOut(serializers.Serializer[Any]):
    """What ended and what was handed over when somebody left (or would)."""

    roles = serializers.IntegerField()
    passkeys = serializers.IntegerField()
    tokens = serializers.IntegerField()
    sessions = serializers.IntegerField()
    delegations = serializers.IntegerField()
    tasks = serializers.IntegerField()
    findings = serializers.IntegerField()
    drafts = serializers.IntegerField()
    requests_waiting_for_them = serializers.IntegerField()
    signatures_that_stay = serializers.IntegerField()


def _left(found: going.Consequences) -> dict[str, int]:
    return {
        "roles": len(found.grants),
        "passkeys": len(found.passkeys),
        "tokens": len(found.tokens),
        "sessions": found.sessions,
        "delegations": len(found.delegations),
        "tasks": len(found.tasks),
        "findings": len(found.findings),
        "drafts": len(found.drafts),
        "requests_waiting_for_them": len(found.turns),
        "signatures_that_stay": found.signatures,
    }


def _get(person: User, text: str, action: str = "signer.record") -> User:
    access.require(person, action, None)
    found = User.objects.filter(ledger_id=fields.identifier(text)).first()
    if found is None:
        raise NotFound("there is no such person")
    return found


class Person(View):
    """One person."""

    @extend_schema(operation_id="person_record", parameters=[base.ID], responses=PersonRecordOut)
    def get(self, request: Request, id: str) -> Response:  # noqa: A002  (the address calls it so)
        """What is on record of somebody (by ledger id); for owners and compliance officers."""
        return Response(PersonRecordOut(_get(self.person, id)).data)


class Identity(View):
    """A checked identity."""

    @extend_schema(operation_id="person_identify", parameters=[base.ID], request=IdentityIn, responses={201: RecordOut})
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Record that one checked somebody's identity."""
        made = signers.identify(actor=self.person, user=_get(self.person, id), **proven(self.given(IdentityIn)))
        return Response(RecordOut(made).data, status=201)


class Address(View):
    """Where somebody's mail goes."""

    @extend_schema(operation_id="person_readdress", parameters=[base.ID], request=AddressIn, responses={204: None})
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Change it; owners of the organisation may."""
        people.address_change(actor=self.person, user=_get(self.person, id), **proven(self.given(AddressIn)))
        return Response(status=204)


class Competence(View):
    """A shown competence."""

    @extend_schema(
        operation_id="person_qualify", parameters=[base.ID], request=CompetenceIn, responses={201: RecordOut}
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """Record what shows somebody's competence."""
        made = signers.qualify(actor=self.person, user=_get(self.person, id), **proven(self.given(CompetenceIn)))
        return Response(RecordOut(made).data, status=201)


class Declaration(View):
    """One's own declaration."""

    @extend_schema(operation_id="declare", request=DeclarationIn, responses={201: RecordOut})
    def post(self, request: Request) -> Response:
        """Declare that one's electronic signature binds like one by hand."""
        made = signers.declare(actor=self.person, **proven(self.given(DeclarationIn)))
        return Response(RecordOut(made).data, status=201)


class Leave(View):
    """Somebody's leaving."""

    @extend_schema(operation_id="person_leave_preview", parameters=[base.ID], responses=LeftOut)
    def get(self, request: Request, id: str) -> Response:  # noqa: A002
        """What it would mean if somebody left."""
        return Response(LeftOut(_left(going.consequences(_get(self.person, id, "person.leave")))).data)

    @extend_schema(operation_id="person_leave", parameters=[base.ID], request=LeaveIn, responses={201: LeftOut})
    def post(self, request: Request, id: str) -> Response:  # noqa: A002
        """End everything somebody could do; what they signed stays valid."""
        found, given = _get(self.person, id, "person.leave"), proven(self.given(LeaveIn))
        name = given["successor"]
        successor = User.objects.filter(username=name, is_active=True).first() if name else None
        if name and successor is None:
            raise Invalid("successor", f"nobody here is called {name!r}")
        made = leaving.person_leave(actor=self.person, user=found, successor=successor, proof=given["proof"])
        return Response(LeftOut(_left(made)).data, status=201)
