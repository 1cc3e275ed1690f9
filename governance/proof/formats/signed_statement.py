"""A signed statement in either form: by the signer's passkey, or in a DSSE envelope by the server's attestation key.

The forms cannot stand in for each other. What the server attests never says "passkey", so a stolen attestation key
makes no sign-off by passkey; and a sign-off by passkey needs no key of the server to be checked.
"""

import re
from datetime import timedelta

from governance.proof.formats import dsse, passkey
from governance.proof.formats.fields import moment
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.passkey import Enrolled
from governance.proof.formats.statement import PAYLOAD_TYPE, Method, SignoffPredicate, SignoffStatement

PASSKEY = Method(kind="passkey", label="passkey (user verified)")
_ATTESTED = re.compile(r"server-attested \([a-z -]{1,80}\)")
LATEST = timedelta(minutes=15)
"""How long after a statement was put before the signer's passkey it can still be recorded."""


def payload(content: bytes) -> bytes:
    """Return what a signed form *claims* to sign, unchecked: for finding the right key, never for trust.

    Raises:
        SignatureError: neither of the two forms.
    """
    return passkey.peek(content) if passkey.is_form(content) else dsse.peek(content).payload


def claimed_passkey(content: bytes) -> str | None:
    """Return the passkey that a signed form says it was signed with ("": it names none); None for a DSSE envelope.

    Raises:
        SignatureError, NotCanonical: the form, or the statement inside, cannot be read.
    """
    if not passkey.is_form(content):
        return None
    return SignoffStatement.from_bytes(passkey.peek(content)).predicate.passkey or ""


def by_passkey(content: bytes, enrolled: Enrolled) -> SignoffStatement:
    """Return the statement that a passkey signed.

    Raises:
        SignatureError: it did not, or the statement names another passkey or method.
        NotCanonical: what is signed is no statement.
    """
    statement = SignoffStatement.from_bytes(passkey.verify(content, enrolled, payload_type=PAYLOAD_TYPE).payload)
    said = statement.predicate
    if (said.passkey, said.method) != (enrolled.id, PASSKEY):
        raise SignatureError(
            f"found a statement by {said.method.label!r} and passkey {said.passkey}, expected "
            f"{PASSKEY.label!r} and {enrolled.id}"
        )
    return statement


def attested(payload_bytes: bytes) -> SignoffStatement:
    """Return the statement in a DSSE envelope whose signature by an attestation key held.

    Raises:
        SignatureError: the statement claims a passkey, which an attestation key cannot stand in for.
        NotCanonical: what is signed is no statement.
    """
    statement = SignoffStatement.from_bytes(payload_bytes)
    said = statement.predicate
    if said.passkey is not None or said.method.kind == PASSKEY.kind or said.method.label == PASSKEY.label:
        raise SignatureError("found a sign-off by passkey that the server's key signed, expected the passkey's own")
    # Nor anything that reads like one, be it in other letters that look the same.
    if not _ATTESTED.fullmatch(said.method.label):
        raise SignatureError(
            f"found {said.method.label!r} that the server's key signed, expected words that say “server-attested”"
        )
    return statement


def in_time(said: SignoffPredicate, recorded: str) -> bool:
    """Return whether a statement can belong to a ledger entry of the time `recorded`.

    What the server attests is recorded as it is made. What a passkey signs was put before the signer up to `LATEST`
    earlier.
    """
    if said.method.kind != PASSKEY.kind:
        return said.time == recorded
    return timedelta() <= moment(recorded) - moment(said.time) <= LATEST
