"""Dead Simple Signing Envelope (DSSE v1.0.2, https://github.com/secure-systems-lab/dsse): one payload, one signature.

What is signed is the pre-authentication encoding of type and payload, so a signature over one type of payload can never
be shown as a signature over another.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from securesystemslib.dsse import Envelope

from governance.proof.formats import canonical
from governance.proof.formats.keys import PublicKey, SignatureError, Signer

__all__ = ["SignatureError", "Signed", "open_envelope", "pae", "peek", "sign"]


@dataclass(frozen=True)
class Signed:
    """A payload whose signature held, its type, and the key that signed it."""

    payload: bytes
    payload_type: str
    keyid: str


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the DSSE pre-authentication encoding: "DSSEv1" SP LEN(type) SP type SP LEN(payload) SP payload."""
    encoded: bytes = Envelope(payload, payload_type, {}).pae()
    return encoded


def sign(payload_type: str, payload: bytes, signer: Signer) -> bytes:
    """Return the canonical JSON of the DSSE envelope of `payload` signed by `signer`."""
    envelope = Envelope(payload, payload_type, {})
    envelope.sign(signer)
    return canonical.dumps(envelope.to_dict())


def open_envelope(data: bytes, keys: Mapping[str, PublicKey], *, payload_type: str) -> Signed:
    """Return what `data` signs, if one of `keys` (by key id) signed it and it is of `payload_type`.

    Raises:
        SignatureError: not a DSSE envelope in canonical JSON with exactly one signature, another payload type, a key
            that is not among `keys`, or a wrong signature.
    """
    envelope, keyid, signature = _parse(data)
    if envelope.payload_type != payload_type:
        raise SignatureError(f"found a payload of type {envelope.payload_type!r}, expected {payload_type!r}")
    if keyid not in keys:
        raise SignatureError(f"found a signature by key {keyid}, expected one of {sorted(keys) or 'no keys at all'}")
    keys[keyid].verify(signature, envelope.pae())
    return Signed(envelope.payload, envelope.payload_type, keyid)


def peek(data: bytes) -> Signed:
    """Return what `data` *claims*, with its signature unchecked: for finding the right key, never for trust.

    Raises:
        SignatureError: not a DSSE envelope in canonical JSON with exactly one signature.
    """
    envelope, keyid, _ = _parse(data)
    return Signed(envelope.payload, envelope.payload_type, keyid)


def _parse(data: bytes) -> tuple[Envelope, str, bytes]:
    try:
        envelope = Envelope.from_dict(canonical.loads(data))
        # Written back it must be the same bytes: base64 and the library's parser are both lenient.
        same = canonical.dumps(envelope.to_dict()) == data
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SignatureError(f"found no DSSE envelope in canonical JSON ({error}); use the bytes as issued") from error
    if not same or len(envelope.signatures) != 1:
        raise SignatureError(
            f"found a DSSE envelope with {len(envelope.signatures)} signatures"
            f"{'' if same else ' in loose spelling'}, expected one and its canonical bytes; use the bytes as issued"
        )
    [signature] = envelope.signatures.values()
    if signature.unrecognized_fields:
        raise SignatureError(f"found unknown fields {sorted(signature.unrecognized_fields)} beside the signature")
    return envelope, signature.keyid, bytes.fromhex(signature.signature)
