"""Passkeys against the leaves, both ways: enrolled, vouched for, revoked."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from governance import events
from governance.attestation import differing
from governance.models import Passkey, PasskeyRevocation, PasskeyVouch
from governance.proof.formats.fields import base64_text, rfc3339
from governance.proof.formats.leaf import Leaf
from governance.proof.history.passkeys import Enrolment
from governance.selectors import kept
from governance.selectors.verification.chunk import Chunk
from governance.selectors.verification.outcome import Problem, differences
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
    """Compares every row about a passkey with its leaf; with `hashed`, judges anew what devices said of themselves."""

    def __init__(self, *, hashed: bool = False) -> None:
        super().__init__()
        self._hashed = hashed

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

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what differs."""
        yield from super().chunk(chunk)
        for leaf in chunk.of(events.PASSKEY_ENROLLED).values() if self._hashed else ():
            yield from _statement(leaf)


def _statement(leaf: Leaf) -> Iterator[Problem]:
    """Yield what the statement that a device made, as it is kept, says otherwise than the leaf of its enrolment."""
    try:
        told = Enrolment.model_validate(leaf.data)
    except ValidationError as problem:
        yield Problem(f"entry {leaf.seq}", f"it tells of no enrolment: {problem.error_count()} fields are wrong")
        return
    if told.statement is None:
        return
    place = f"statement of the device of passkey {told.passkey}"
    content, gone = kept.read(told.statement)
    if content is not None:
        yield from differences(place, {what: (found, said) for what, found, said in differing(content, told)})
    elif gone != kept.DISPOSED:
        yield Problem(place, f"its bytes {gone}")
