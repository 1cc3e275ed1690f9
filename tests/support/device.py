"""A passkey device in software: answers what browsers are asked (WebAuthn Level 3), rightly or in any wrong way."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.cose import ES256, RS256, CoseKey, EdDSA

ORIGIN = "http://localhost:8000"
PRESENT, VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def from_b64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def make_private(algorithm: str = "ES256") -> Private:
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else rsa.generate_private_key(65537, 2048)


@dataclass
class Device:
    """One credential on one device. Change what it says by the arguments of `register` and `answer`."""

    algorithm: str = "ES256"
    counter: int = 0
    counts: bool = True
    origin: str = ORIGIN
    aaguid: bytes = bytes(16)
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    private: Private = field(init=False)

    def __post_init__(self) -> None:
        self.private = make_private(self.algorithm)

    @property
    def cose(self) -> CoseKey:
        kinds: dict[str, type[CoseKey]] = {"ES256": ES256, "EdDSA": EdDSA, "RS256": RS256}
        return kinds[self.algorithm].from_cryptography_key(self.private.public_key())

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(data)
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(data, ec.ECDSA(SHA256()))
        return self.private.sign(data, padding.PKCS1v15(), SHA256())

    def register(self, options: dict[str, Any], *, attestation: str = "none", **said: Any) -> dict[str, Any]:
        """Return the browser's answer to creation options."""
        asked = options["publicKey"]
        client = client_data("webauthn.create", asked["challenge"], **{"origin": self.origin, **said.pop("client", {})})
        attested = (
            self.aaguid
            + len(self.credential).to_bytes(2)
            + self.credential
            + cbor.encode(dict(said.pop("cose", self.cose)))
        )
        flags = said.pop("flags", PRESENT | VERIFIED) | ATTESTED
        data = authenticator_data(said.pop("rp_id", asked["rp"]["id"]), flags, self.counter) + attested
        statement: dict[str, Any] = {}
        if attestation == "packed":  # self attestation (WebAuthn 8.2)
            signature = self.sign(data + hashlib.sha256(client).digest())
            statement = {"alg": self.cose[3], "sig": said.pop("signature", signature)}
        if maker := said.pop("maker", None):  # by its maker's certificate (WebAuthn 8.2)
            statement = maker(data + hashlib.sha256(client).digest())
        return {
            "id": b64url(self.credential),
            "rawId": b64url(self.credential),
            "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {"credProps": {"rk": True}},
            "response": {
                "clientDataJSON": b64url(client),
                "attestationObject": b64url(cbor.encode({"fmt": attestation, "attStmt": statement, "authData": data})),
                "transports": ["usb"],
            },
        }

    def answer(self, options: dict[str, Any], **said: Any) -> dict[str, Any]:
        """Return the browser's answer to request options; the device counts, if it does at all."""
        asked = options["publicKey"]
        self.counter += self.counts
        client = client_data("webauthn.get", asked["challenge"], **{"origin": self.origin, **said.get("client", {})})
        data = said.get("extra", b"")
        data = (
            authenticator_data(
                said.get("rp_id", asked["rpId"]),
                said.get("flags", PRESENT | VERIFIED),
                said.get("counter", self.counter),
            )
            + data
        )
        return {
            "id": b64url(self.credential),
            "rawId": b64url(self.credential),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": b64url(client),
                "authenticatorData": b64url(data),
                "signature": b64url(said.get("signature") or self.sign(data + hashlib.sha256(client).digest())),
            },
        }


def client_data(kind: str, challenge: str, /, **said: Any) -> bytes:
    """Return client data as browsers write it (WebAuthn 5.8.1.1)."""
    values = {"type": kind, "challenge": challenge, "origin": ORIGIN, "crossOrigin": False} | said
    return json.dumps(values, separators=(",", ":")).encode()


def authenticator_data(rp_id: str, flags: int, counter: int) -> bytes:
    """Return authenticator data without attested credential data (WebAuthn 6.1)."""
    return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + counter.to_bytes(4)
