"""A sign-off by passkey: an assertion of the signer's own device over the statement. No key of the server makes one.

Format: Web Authentication Level 3 (https://www.w3.org/TR/webauthn-3/). The challenge that the device signs is SHA-256
of the DSSE pre-authentication encoding of payload type and payload, so an assertion belongs to one statement. The
signed form is canonical JSON and carries what anybody needs to check it who knows the public key:

    {"payloadType": …, "payload": base64,
     "assertion": {"credential": digest, "authenticatorData": base64, "clientDataJSON": base64, "signature": base64}}

It is checked against the enrolment on the ledger (`governance.proof.history.passkeys`), never against a key beside it.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from pydantic import Field, ValidationError

from governance.proof.formats import canonical
from governance.proof.formats.canonical import Digest, NotCanonical
from governance.proof.formats.dsse import pae
from governance.proof.formats.fields import Strict, base64_bytes, base64_text, told
from governance.proof.formats.keys import KeyMaterialError, SignatureError

Algorithm = Literal["ES256", "EdDSA", "RS256"]
COSE: dict[int, Algorithm] = {-7: "ES256", -8: "EdDSA", -257: "RS256"}
"""The algorithms that enrolment offers, the preferred first (WebAuthn 5.8.5, RFC 9053 §2, RFC 8812 §2)."""

_AUTHENTICATOR_DATA = 37  # hash of the relying party's id, flags, counter; nothing else was asked for (WebAuthn 6.1)
_PRESENT, _VERIFIED, _BACKUP_ELIGIBLE, _BACKED_UP, _MORE = 0x01, 0x04, 0x08, 0x10, 0x40 | 0x80
_LEAST_RSA = 2048


@dataclass(frozen=True)
class Enrolled:
    """A passkey as its enrolment put it on the ledger.

    `user` is who holds it, `credential` the digest of its credential id, `public_key` a DER SubjectPublicKeyInfo;
    `rp_id` and `origin` say for which host and from which address it was enrolled.
    """

    id: str
    user: str
    credential: str
    algorithm: str
    public_key: bytes
    rp_id: str
    origin: str


@dataclass(frozen=True)
class Assertion:
    """An assertion that holds: what it signs, and the device's counter (0: the device does not count)."""

    payload: bytes
    counter: int
    backed_up: bool


class _Parts(Strict):
    credential: Digest
    authenticatorData: str  # noqa: N815  (as WebAuthn calls it)
    clientDataJSON: str  # noqa: N815
    signature: str


class _Form(Strict):
    payloadType: str = Field(max_length=200)  # noqa: N815  (as DSSE calls it)
    payload: str
    assertion: _Parts


def challenge(payload_type: str, payload: bytes) -> bytes:
    """Return the 32 bytes that the device is asked to sign for this payload."""
    return hashlib.sha256(pae(payload_type, payload)).digest()


def compose(
    payload_type: str, payload: bytes, *, credential: bytes, authenticator: bytes, client: bytes, signature: bytes
) -> bytes:
    """Return the signed form of an assertion as the browser gave it; nothing is checked here.

    `credential` is the credential's id, `authenticator` the authenticator data, `client` the client data.
    """
    return canonical.dumps(
        {
            "payloadType": payload_type,
            "payload": base64_text(payload),
            "assertion": {
                "credential": canonical.sha256(credential),
                "authenticatorData": base64_text(authenticator),
                "clientDataJSON": base64_text(client),
                "signature": base64_text(signature),
            },
        }
    )


def is_form(data: bytes) -> bool:
    """Return whether `data` is meant as the signed form of a passkey (and not, say, as a DSSE envelope)."""
    return data.startswith(b'{"assertion":')


def peek(data: bytes) -> bytes:
    """Return the payload that `data` *claims* is signed: for finding the right key, never for trust.

    Raises:
        SignatureError: not the signed form in canonical JSON.
    """
    return _bytes("payload", _parse(data).payload)


def counted(data: bytes) -> int:
    """Return what the device had counted (0: it does not count), of a form of which `verify` has held.

    Raises:
        SignatureError: as `peek`.
    """
    authenticator = _bytes("authenticatorData", _parse(data).assertion.authenticatorData)
    return int.from_bytes(authenticator[33:37])


def went_back(counter: int, seen: int) -> bool:
    """Return whether a device's counter shows that there may be a copy of it (WebAuthn 2, 7.2 step 21).

    A device that never counts stays at 0; one that counted once counts on.
    """
    return counter <= seen and bool(counter or seen)


def verify(data: bytes, enrolled: Enrolled, *, payload_type: str) -> Assertion:
    """Return what `data` signs, if the enrolled passkey signed it with its user verified (WebAuthn 7.2).

    Raises:
        SignatureError: another form, type, credential, challenge, origin or relying party, a user who was not present
            and verified, or a wrong signature.
    """
    form = _parse(data)
    if form.payloadType != payload_type:
        raise SignatureError(f"found a payload of type {form.payloadType!r}, expected {payload_type!r}")
    if form.assertion.credential != enrolled.credential:
        raise SignatureError(f"found an assertion of {form.assertion.credential}, expected {enrolled.credential}")
    payload = _bytes("payload", form.payload)
    client = _bytes("clientDataJSON", form.assertion.clientDataJSON)
    authenticator = _bytes("authenticatorData", form.assertion.authenticatorData)
    _check_client(client, challenge(payload_type, payload), enrolled)
    counter, backed_up = _check_authenticator(authenticator, enrolled)
    signature = _bytes("signature", form.assertion.signature)
    _check_signature(enrolled, signature, authenticator + hashlib.sha256(client).digest())
    return Assertion(payload, counter, backed_up)


def key_from_cose(cose: Mapping[int, Any]) -> tuple[Algorithm, bytes]:
    """Return the algorithm and the DER SubjectPublicKeyInfo of a COSE key (RFC 9053 §7.1 and §7.2, RFC 8230 §4).

    Raises:
        KeyMaterialError: another algorithm than those offered, or no key of it.
    """
    algorithm = COSE.get(cose.get(3, 0))
    key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey
    try:
        if algorithm == "ES256" and (cose[1], cose[-1]) == (2, 1):
            numbers = ec.EllipticCurvePublicNumbers(_integer(cose[-2]), _integer(cose[-3]), ec.SECP256R1())
            key = numbers.public_key()
        elif algorithm == "EdDSA" and (cose[1], cose[-1]) == (1, 6):
            key = ed25519.Ed25519PublicKey.from_public_bytes(cose[-2])
        elif algorithm == "RS256" and cose[1] == 3:
            key = rsa.RSAPublicNumbers(_integer(cose[-2]), _integer(cose[-1])).public_key()
        else:
            raise KeyMaterialError(f"found a COSE key of algorithm {cose.get(3)}, expected one of {sorted(COSE)}")
    except (ValueError, TypeError, KeyError) as error:
        raise KeyMaterialError(f"found no usable COSE key ({error}), expected one of {sorted(COSE)}") from error
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    _load(algorithm, spki)
    return algorithm, spki


def _parse(data: bytes) -> _Form:
    try:
        return _Form.model_validate(canonical.loads(data))
    except (NotCanonical, ValidationError) as error:
        raise SignatureError(f"found no sign-off by passkey in canonical JSON: {told(error)}") from error


def _bytes(name: str, text: str) -> bytes:
    try:
        return base64_bytes(text)
    except ValueError as error:
        raise SignatureError(f"{name}: {error}") from error


def _check_client(client: bytes, expected: bytes, enrolled: Enrolled) -> None:
    """Compare the client data (WebAuthn 5.8.1): kind of ceremony, challenge, origin, no frame of another site."""
    try:
        said = json.loads(client.decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise SignatureError(f"found client data that is no JSON ({error})") from error
    if not isinstance(said, dict):
        raise SignatureError("found client data that is no JSON object")
    wanted = {
        "type": "webauthn.get",
        "challenge": base64.urlsafe_b64encode(expected).decode().rstrip("="),
        "origin": enrolled.origin,
    }
    for name, value in wanted.items():
        if said.get(name) != value:
            raise SignatureError(f"found client data with {name} {str(said.get(name))[:200]!r}, expected {value!r}")
    if said.get("crossOrigin", False) is not False or "topOrigin" in said:
        raise SignatureError("found client data of a page inside another site's, expected the site's own page")


def _check_authenticator(data: bytes, enrolled: Enrolled) -> tuple[int, bool]:
    """Return counter and backup state of authenticator data (WebAuthn 6.1) that belongs to this relying party."""
    if len(data) != _AUTHENTICATOR_DATA or data[32] & _MORE:
        raise SignatureError(f"found authenticator data of {len(data)} bytes, expected {_AUTHENTICATOR_DATA}, no more")
    if data[:32] != hashlib.sha256(enrolled.rp_id.encode()).digest():
        raise SignatureError(f"the assertion was made for another relying party than {enrolled.rp_id!r}")
    flags = data[32]
    if not flags & _PRESENT or not flags & _VERIFIED:
        raise SignatureError("the device did not verify its user, expected PIN, fingerprint or face")
    if flags & _BACKED_UP and not flags & _BACKUP_ELIGIBLE:
        raise SignatureError("the device says that a key is backed up which cannot be")
    return int.from_bytes(data[33:37]), bool(flags & _BACKED_UP)


def _check_signature(enrolled: Enrolled, signature: bytes, data: bytes) -> None:
    try:
        key = _load(enrolled.algorithm, enrolled.public_key)
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(SHA256()))
        else:
            key.verify(signature, data, padding.PKCS1v15(), SHA256())
    except (InvalidSignature, KeyMaterialError) as error:
        why = f": {error}" if isinstance(error, KeyMaterialError) else ""
        raise SignatureError(f"the signature is not by passkey {enrolled.id} over these bytes{why}") from error


def _load(algorithm: str, spki: bytes) -> ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey:
    try:
        key = load_der_public_key(spki)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyMaterialError(f"found no DER public key ({error})") from error
    if algorithm == "ES256" and isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    if algorithm == "EdDSA" and isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if algorithm == "RS256" and isinstance(key, rsa.RSAPublicKey) and key.key_size >= _LEAST_RSA:
        return key
    raise KeyMaterialError(f"found a {type(key).__name__} that does not do for {algorithm}")


def _integer(value: Any) -> int:
    if not isinstance(value, bytes):
        raise TypeError(f"found a {type(value).__name__} where bytes belong")
    return int.from_bytes(value)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("one name twice in one object")
    return found
