"""What a signer says and has said, as JSON."""

import uuid
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from governance.access import ROLES
from governance.api.fields import Body, Digest, Identifier, Strict, Text, Whole
from governance.errors import Invalid
from governance.models import Signature, User
from governance.proof.formats.statement import Condition, Opinion, Sample
from governance.selectors.statements import Said, said
from governance.services import signing

OPINIONS = ["agree", "disagree", "unsure"]


class OpinionIn(Strict):
    """What the signer thinks of one case."""

    case = Text(max_length=200)
    opinion = serializers.ChoiceField(choices=OPINIONS)
    note = Text(max_length=2000, required=False, default="", allow_blank=True)


class SampleIn(Strict):
    """The cases of one document that were reviewed: exactly those that the presentation names, under its seed."""

    document = Digest()
    seed = Text(max_length=64, min_length=64)
    opinions = OpinionIn(many=True)


class ConditionIn(Strict):
    """A condition: "gate" must be met before anything rests on the document; "task" has an owner and a due time."""

    kind = serializers.ChoiceField(choices=["gate", "task"])
    text = Text(max_length=2000)
    owner = Text(max_length=150, required=False, default=None, allow_null=True, help_text="username, of a task")
    due = serializers.DateTimeField(required=False, default=None, allow_null=True)


class SignIn(Strict):
    """A signature: role, what it means, why, what one looked at and under which conditions; one's password anew.

    `code` is the one-time code of now, where the policy asks for one. `presented` and `shown_at` are the digest and the
    ledger size that `GET …/presentation` gave: given, the signature is refused when something else would be shown now.
    """

    role = serializers.ChoiceField(choices=sorted(ROLES))
    meaning = Text(max_length=1000)
    reason = Text(max_length=4000)
    password = Text(max_length=4096, style={"input_type": "password"})
    code = Text(max_length=20, required=False, default="", allow_blank=True)
    opened = serializers.ListField(child=Digest(), required=False, default=list, max_length=1000)
    samples = SampleIn(many=True, required=False, default=list)
    relied_on = serializers.ListField(
        child=Digest(), required=False, default=list, max_length=100, help_text="digests of others' statements"
    )
    conditions = ConditionIn(many=True, required=False, default=list)
    delegation = Identifier(required=False, allow_null=True, default=None, help_text="when signing for somebody else")
    presented = Digest(required=False, allow_null=True, default=None)
    shown_at = Whole(required=False, allow_null=True, default=None)


def intent(given: dict[str, Any]) -> dict[str, Any]:
    """Return what `SignIn` read as `services.signing.sign` takes it. Invalid: a condition that cannot be."""
    try:
        reviewed = [
            Sample(document=s["document"], seed=s["seed"], opinions=[Opinion(**o) for o in s["opinions"]])
            for s in given["samples"]
        ]
    except ValueError:
        raise Invalid("samples", "expected a seed of 64 hexadecimal digits and an opinion on each case") from None
    conditions = [_condition(**row) for row in given["conditions"]]
    delegation = uuid.UUID(given["delegation"]) if given["delegation"] else None
    return given | {"samples": reviewed, "conditions": conditions, "delegation": delegation}


def _condition(kind: str, text: str, owner: str | None, due: datetime | None) -> Condition:
    found = User.objects.filter(username=owner).first() if owner else None
    if owner and found is None:
        raise Invalid("conditions", f"there is nobody called {owner!r}")
    return signing.condition(kind=kind, text=text, owner=found, due=due)


class PrincipalOut(serializers.Serializer[Any]):
    """Whom a delegate signed for, and under which delegation."""

    ledger_id = serializers.UUIDField(source="signer")
    printed_name = serializers.CharField()
    delegation = serializers.UUIDField()


class StatedConditionOut(serializers.Serializer[Any]):
    """A condition as the statement says it."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=["gate", "task"])
    text = serializers.CharField()
    owner = serializers.UUIDField(allow_null=True, help_text="ledger id")
    due = serializers.DateTimeField(allow_null=True)


class StatementOut(serializers.Serializer[Any]):
    """What a signature says, decoded from the signed statement."""

    covers = serializers.CharField()
    meaning = serializers.CharField()
    reason = serializers.CharField()
    method = serializers.CharField(source="method.label")
    opened = serializers.ListField(child=serializers.CharField())
    presented = serializers.CharField(allow_null=True, help_text="digest of exactly what was shown")
    samples = serializers.SerializerMethodField()
    relied_on = serializers.ListField(child=serializers.CharField())
    attachments = serializers.ListField(child=serializers.CharField())
    conditions = StatedConditionOut(many=True)
    on_behalf_of = PrincipalOut(allow_null=True)

    @extend_schema_field(serializers.ListField(child=Body()))
    def get_samples(self, predicate: Any) -> list[Any]:
        return [sample.model_dump() for sample in predicate.samples]


class SignedOut(serializers.Serializer[Any]):
    """A signature on a request: what it says, whether it counts, and the signed statement itself (see `statement`).

    `fault` says why it does not count: it does not verify, or its key or passkey was declared compromised or revoked
    back to before it.
    """

    id = serializers.UUIDField(source="signature.id")
    signer = serializers.CharField(source="signature.signer.printed_name")
    ledger_id = serializers.UUIDField(source="signature.signer.ledger_id")
    role = serializers.CharField(source="signature.role")
    at = serializers.DateTimeField(source="signature.at")
    seq = serializers.IntegerField(source="signature.seq")
    statement_digest = serializers.CharField(source="signature.statement_digest")
    counts = serializers.BooleanField(help_text="whether it counts wherever the policy asks for it")
    fault = serializers.CharField(help_text="why it does not count; empty when it does")
    statement = serializers.SerializerMethodField(help_text="the signed form: by passkey, or a DSSE envelope")
    said = StatementOut(allow_null=True, help_text="null when the statement does not verify")

    def get_statement(self, one: Said) -> str:
        return bytes(one.signature.statement).decode()


def signed_out(signature: Signature) -> Any:
    """Return a signature that was just made, as JSON."""
    return SignedOut(said([signature])[0]).data
