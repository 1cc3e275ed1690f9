"""Passkeys against the leaves, both ways: enrolled, vouched for, revoked."""

from typing import Any

from governance import events
from governance.models import Passkey, PasskeyRevocation, PasskeyVouch
from governance.proof.formats.fields import base64_text, rfc3339
from governance.proof.formats.leaf import Leaf
from governance.selectors.verification.tables import Pairs, Table, Tables


def _about(passkey: Passkey, leaf: Leaf) -> Pairs:
    return {"about": ([f"user:{passkey.user.actor}", f"passkey:{passkey.pk}"], leaf.subjects)}


def _enrolled(row: Passkey, leaf: Leaf) -> Pairs:
    told = leaf.data
    return _about(row, leaf) | {
        "credential": (row.credential_digest, told.get("credential")),
        "key": (base64_text(bytes(row.public_key)), told.get("public_key")),
        "address": ((row.rp_id, row.origin), (told.get("rp_id"), told.get("origin"))),
    }


def _revoked(row: PasskeyRevocation, leaf: Leaf) -> Pairs:
    said = ((row.reason, rfc3339(row.since)), (leaf.data.get("reason"), leaf.data.get("since")))
    return _about(row.passkey, leaf) | {"data": said}


def _holder(row: Any) -> str:
    return str(row.user.actor)


class Passkeys(Tables):
    """Compares every row about a passkey with its leaf."""

    tables = (
        Table("passkey", (events.PASSKEY_ENROLLED,), Passkey.objects.select_related("user"), _enrolled, by=_holder),
        Table(
            "vouching",
            (events.PASSKEY_VOUCHED,),
            PasskeyVouch.objects.select_related("by", "passkey__user"),
            lambda row, leaf: _about(row.passkey, leaf),
        ),
        Table(
            "passkey revocation",
            (events.PASSKEY_REVOKED,),
            PasskeyRevocation.objects.select_related("by", "passkey__user"),
            _revoked,
        ),
    )
