"""Permits: the gate's "yes", signed, single-use, expiring, bound to digests; and the receipt of their consumption.

A permit alone opens nothing: its holder must also know a secret that is delivered another way, and whose hash the
permit carries. Single use is enforced where it is consumed; this module checks everything else.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, Self, TypeVar

from pydantic import Field, ValidationError, model_validator

from governance.proof.formats import canonical, dsse
from governance.proof.formats.canonical import Digest, NotCanonical
from governance.proof.formats.fields import Count, Strict, Time, Uuid, moment, told
from governance.proof.formats.keys import PublicKey, SignatureError, Signer
from governance.proof.formats.manifest import SafePath

PAYLOAD_TYPE = "application/vnd.countersign.permit+json"
RECEIPT_TYPE = "application/vnd.countersign.receipt+json"
CLOCK_SKEW = timedelta(minutes=2)

T = TypeVar("T", bound=Strict)
Fault = Literal["forged", "malformed", "early", "expired", "audience", "secret", "attempt"]


class PermitError(Exception):
    """A permit or receipt does not allow this; `reason` is the kind of fault, the text says what was found."""

    def __init__(self, reason: Fault, text: str) -> None:
        super().__init__(text)
        self.reason: Fault = reason


class Input(Strict):
    """A file the work may read, and which bytes it must be; `role` says what it is to the work."""

    name: SafePath
    sha256: Digest
    size: Count
    role: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")


class Permit(Strict):
    """Leave to run `entry_point` once, for one attempt, on exactly these inputs.

    `decisions` are the ledger indexes of the decisions relied on, `code` the digests of code and lockfile, `checkpoint`
    the signed note of the ledger at issue, `bounds` limits such as max_seconds, `number` the attempt's number.
    """

    version: Literal[1] = 1
    id: Uuid
    purpose: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    entry_point: str = Field(pattern=r"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*:[a-z_][a-z0-9_]*$")
    job: Uuid
    attempt: Uuid
    number: int = Field(ge=1)
    project: Uuid
    spec: Digest
    inputs: list[Input]
    decisions: list[Count]
    code: dict[str, Any]
    audience: str = Field(min_length=1, max_length=500)
    secret_sha256: Digest
    issued_at: Time
    expires_at: Time
    checkpoint: str = Field(min_length=1)
    bounds: dict[str, Any]

    @property
    def variables(self) -> list[str]:
        """The environment variables with the keys of endpoints that the work may ask; their values are in no permit."""
        return [str(name) for name in self.bounds.get("variables", [])]

    @property
    def backups(self) -> list[str]:
        """The backups that the work may read, by their names on the operator's list; their folders are in no permit."""
        return [str(name) for name in self.bounds.get("backups", [])]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [item.name.casefold() for item in self.inputs]
        if len(set(names)) != len(names):
            raise ValueError("found two inputs of one name (letter case aside), expected each name once")
        if moment(self.expires_at) <= moment(self.issued_at):
            raise ValueError(f"found expiry {self.expires_at}, expected a time after issue at {self.issued_at}")
        return self


class Receipt(Strict):
    """Proof that permit `permit` was consumed for `attempt` by the runner with `nonce`, as ledger entry `seq`.

    The token that authorises the runner's further calls until `token_expires` is delivered beside the receipt, which
    holds only its SHA-256: a receipt can be shown to anybody.
    """

    version: Literal[1] = 1
    permit: Uuid
    attempt: Uuid
    nonce: str = Field(min_length=16, max_length=128)
    time: Time
    token_sha256: Digest
    token_expires: Time
    seq: Count


def secret_digest(secret: str) -> str:
    """Return what a permit carries of the separately delivered secret: the SHA-256 of its UTF-8 bytes."""
    return canonical.sha256(secret.encode())


def sign_permit(permit: Permit, signer: Signer) -> bytes:
    """Return the permit as a DSSE envelope signed by the permit key; raises `NotCanonical` for floats in it."""
    return dsse.sign(PAYLOAD_TYPE, canonical.dumps(permit.model_dump()), signer)


def read_permit(data: bytes, keys: Mapping[str, PublicKey]) -> Permit:
    """Return the permit that one of `keys` (by key id) signed, whether or not it still allows anything.

    Raises:
        PermitError: "forged" or "malformed".
    """
    return _open(data, keys, PAYLOAD_TYPE, Permit)


def open_permit(
    data: bytes,
    keys: Mapping[str, PublicKey],
    *,
    audience: str,
    secret: str,
    now: datetime,
    attempt: str | None = None,
) -> Permit:
    """Return the permit if it allows the holder of `secret` to work for `audience` at the aware moment `now`.

    With `attempt` the permit must also be that attempt's.

    Raises:
        PermitError: "forged" (no key of ours signed these bytes), "malformed", "audience" (issued to another executor),
            "secret" (the separately delivered secret is another), "attempt" (another attempt's), "early" (issued more
            than two minutes after `now`), "expired".
    """
    permit = read_permit(data, keys)
    if permit.audience != audience:
        raise PermitError("audience", f"found a permit for {permit.audience!r}, expected one for {audience!r}")
    if not hmac.compare_digest(secret_digest(secret), permit.secret_sha256):
        raise PermitError("secret", f"permit {permit.id} was issued with another secret; start from its own job")
    if attempt is not None and permit.attempt != attempt:
        raise PermitError("attempt", f"found a permit of attempt {permit.attempt}, expected attempt {attempt}")
    if now < moment(permit.issued_at) - CLOCK_SKEW:
        raise PermitError("early", f"permit {permit.id} was issued at {permit.issued_at}, now is {now}: set the clock")
    if now >= moment(permit.expires_at):
        raise PermitError("expired", f"permit {permit.id} expired at {permit.expires_at}, now is {now}: launch again")
    return permit


def sign_receipt(receipt: Receipt, signer: Signer) -> bytes:
    """Return the receipt as a DSSE envelope signed by the attestation key."""
    return dsse.sign(RECEIPT_TYPE, canonical.dumps(receipt.model_dump()), signer)


def read_receipt(data: bytes, keys: Mapping[str, PublicKey]) -> Receipt:
    """Return the receipt that one of `keys` (by key id) signed, whosever it is.

    Raises:
        PermitError: "forged" or "malformed".
    """
    return _open(data, keys, RECEIPT_TYPE, Receipt)


def open_receipt(data: bytes, keys: Mapping[str, PublicKey], *, permit: str, nonce: str) -> Receipt:
    """Return the receipt of `permit` (its id) for the runner's own `nonce`, if one of `keys` signed it.

    Raises:
        PermitError: "forged", "malformed", or "attempt" when it is the receipt of another permit or runner.
    """
    receipt = read_receipt(data, keys)
    if (receipt.permit, receipt.nonce) != (permit, nonce):
        raise PermitError("attempt", f"found a receipt of permit {receipt.permit} for another runner, expected ours")
    return receipt


def _open(data: bytes, keys: Mapping[str, PublicKey], payload_type: str, model: type[T]) -> T:
    try:
        signed = dsse.open_envelope(data, keys, payload_type=payload_type)
    except SignatureError as error:
        raise PermitError("forged", str(error)) from error
    try:
        return model.model_validate(canonical.loads(signed.payload))
    except (NotCanonical, ValidationError) as error:
        raise PermitError(
            "malformed", f"found a signed {model.__name__.lower()} that is malformed: {told(error)}"
        ) from error
