"""Signing keys: their names, their purposes, and how a private key is reached.

A key's id is the SHA-256 of its DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), so an id cannot be claimed by another
key. Private keys are reached by URI: a PEM file, or whatever securesystemslib can sign with (HSM, cloud KMS, Vault).
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlsplit
from urllib.request import url2pathname

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.signer import CryptoSigner, Key, Signature, Signer, SSlibKey

__all__ = [
    "PURPOSES",
    "Algorithm",
    "KeyMaterialError",
    "PublicKey",
    "Purpose",
    "Secrets",
    "SignatureError",
    "Signer",
    "fingerprint",
    "generate",
    "load_signer",
    "prove",
    "public_key",
    "signer_from_pem",
]

Algorithm = Literal["ed25519", "ecdsa-p256"]
Purpose = Literal["root", "log", "attestation", "permit", "seal"]
Secrets = Callable[[str], str]
PURPOSES: tuple[Purpose, ...] = ("root", "log", "attestation", "permit", "seal")


class SignatureError(Exception):
    """A signature is missing, malformed, by a key that is not trusted here, or wrong."""


class KeyMaterialError(ValueError):
    """A key cannot be read, reached or used: its file, format or algorithm is not what is expected."""


@dataclass(frozen=True)
class PublicKey:
    """A public key; `keyid` is the hexadecimal SHA-256 of its SubjectPublicKeyInfo, `spki_pem` its PEM text."""

    keyid: str
    algorithm: Algorithm
    spki_pem: str

    @classmethod
    def from_pem(cls, pem: str) -> "PublicKey":
        """Return the key that the PEM text holds.

        Raises:
            KeyMaterialError: not a PEM public key, or neither Ed25519 nor ECDSA on P-256.
        """
        try:
            key = load_pem_public_key(pem.encode())
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyMaterialError(f"found no PEM public key ({error}), expected one; export it again") from error
        return cls.from_crypto(key)

    @classmethod
    def from_crypto(cls, key: object) -> "PublicKey":
        """Return the key that a `cryptography` public key object holds; raises as `from_pem` does."""
        algorithm: Algorithm
        if isinstance(key, Ed25519PublicKey):
            algorithm = "ed25519"
        elif isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
            algorithm = "ecdsa-p256"
        else:
            raise KeyMaterialError(
                f"found a {type(key).__name__}, expected Ed25519 or ECDSA on P-256; make another key"
            )
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        return cls(hashlib.sha256(der).hexdigest(), algorithm, pem)

    @property
    def fingerprint(self) -> str:
        """The key id in the form in which it is published: "sha256:" and 64 hexadecimal digits."""
        return f"sha256:{self.keyid}"

    @property
    def raw(self) -> bytes:
        """The 32 bytes of an Ed25519 key (RFC 8032 §5.1.5). Raises `KeyMaterialError` for another algorithm."""
        key = load_pem_public_key(self.spki_pem.encode())
        if not isinstance(key, Ed25519PublicKey):
            raise KeyMaterialError(
                f"found an {self.algorithm} key, expected ed25519; notes are signed with Ed25519 only"
            )
        return key.public_bytes_raw()

    def verify(self, signature: bytes, data: bytes) -> None:
        """Return if `signature` is this key's over `data`; raise `SignatureError` if not."""
        key = load_pem_public_key(self.spki_pem.encode())
        try:
            if isinstance(key, Ed25519PublicKey):
                key.verify(signature, data)
            else:
                cast(EllipticCurvePublicKey, key).verify(signature, data, ECDSA(SHA256()))
        except InvalidSignature as error:
            raise SignatureError(f"the signature is not by key {self.keyid} over these bytes") from error


def fingerprint(spki_pem: str) -> str:
    """Return "sha256:…" of the key's DER SubjectPublicKeyInfo; raises `KeyMaterialError` if the PEM holds no key."""
    return PublicKey.from_pem(spki_pem).fingerprint


def generate(algorithm: Algorithm) -> tuple[bytes, PublicKey]:
    """Return a new private key (unencrypted PKCS #8 PEM) and its public key. Seals use P-256, the rest Ed25519."""
    key = Ed25519PrivateKey.generate() if algorithm == "ed25519" else generate_private_key(SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, PublicKey.from_crypto(key.public_key())


def signer_from_pem(private_pem: bytes) -> Signer:
    """Return a signer for an unencrypted PEM private key, with our key id.

    Raises:
        KeyMaterialError: the PEM is unreadable, encrypted, or holds another kind of key.
    """
    try:
        private = load_pem_private_key(private_pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyMaterialError(f"found no unencrypted private key in PEM format ({error}), expected PKCS #8") from error
    public = PublicKey.from_crypto(private.public_key())
    return CryptoSigner(private, _library_key(public))


class CheckedSigner(Signer):  # type: ignore[misc]  # the library has no types
    """A signer elsewhere (HSM, KMS) whose every signature is verified before it leaves.

    Nothing else shows that the key behind the URI is the one whose public half was given.
    """

    def __init__(self, uri: str, public: PublicKey, inner: Signer) -> None:
        self._uri, self._public, self._inner = uri, public, inner

    @property
    def public_key(self) -> Key:
        return self._inner.public_key

    def sign(self, payload: bytes) -> Signature:
        """Return the signature; raises `KeyMaterialError` if the signer cannot sign or signed with another key."""
        try:
            made = self._inner.sign(payload)
            self._public.verify(bytes.fromhex(made.signature), payload)
        except SignatureError as error:
            raise KeyMaterialError(
                f"the signer {self._uri!r} signs with another key than {self._public.keyid}; correct the URI"
            ) from error
        # Every library of a device or cloud has errors of its own; all of them mean that nothing was signed.
        except Exception as error:
            raise KeyMaterialError(
                f"the signer {self._uri!r} did not sign: {str(error) or type(error).__name__}"
            ) from error
        return made

    @classmethod
    def from_priv_key_uri(cls, priv_key_uri: str, public_key: Key, secrets_handler: Secrets | None = None) -> Signer:
        """Not used: `load_signer` makes these."""
        raise NotImplementedError


def load_signer(uri: str, public: PublicKey | None = None, secrets: Secrets | None = None) -> Signer:
    """Return the signer that `uri` names.

    `file:<path>` reads an unencrypted PEM file and needs no `public`; if one is given it must match. Every other scheme
    goes to securesystemslib (`hsm:`, `awskms:`, `gcpkms:`, `azurekms:`, `hv:`, …) and needs `public`; `secrets` is
    asked for what the signer wants to be told, such as the PIN of an HSM.

    Raises:
        KeyMaterialError: the file is unreadable, the key does not match, `public` is missing, or the signer cannot be
            had (no such scheme, a library that is not installed, a device or service out of reach).
    """
    if not uri.startswith("file:"):
        if public is None:
            raise KeyMaterialError(f"found the signer {uri!r} without its public key, expected both; give both")
        try:
            return CheckedSigner(uri, public, Signer.from_priv_key_uri(uri, _library_key(public), secrets))
        except Exception as error:  # as above
            raise KeyMaterialError(
                f"the signer {uri!r} cannot be used: {str(error) or type(error).__name__}"
            ) from error
    path = Path(url2pathname(urlsplit(uri).path))
    try:
        signer = signer_from_pem(path.read_bytes())
    except OSError as error:
        raise KeyMaterialError(
            f"found no readable key file at {path} ({error.strerror}); check the URI {uri!r}"
        ) from error
    if public is not None and signer.public_key.keyid != public.keyid:
        raise KeyMaterialError(
            f"found key {signer.public_key.keyid} at {path}, expected {public.keyid}; use its own file"
        )
    return signer


def prove(signer: Signer) -> None:
    """Return if the signer signs with the key it is said to have; raise `KeyMaterialError` if not."""
    challenge = b"Countersign: is this the key?\n" + os.urandom(32)
    try:
        public_key(signer).verify(bytes.fromhex(signer.sign(challenge).signature), challenge)
    except SignatureError as error:
        raise KeyMaterialError(f"found a signer of another key than {signer.public_key.keyid}: {error}") from error


def public_key(signer: Signer) -> PublicKey:
    """Return the public half of a signer made by `load_signer` or `signer_from_pem`."""
    key = signer.public_key
    if not isinstance(key, SSlibKey):
        raise KeyMaterialError(f"found a signer with a {type(key).__name__}, expected one made by load_signer")
    if key.keytype == "ed25519":
        return PublicKey.from_crypto(Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.keyval["public"])))
    return PublicKey.from_pem(key.keyval["public"])


def _library_key(key: PublicKey) -> SSlibKey:
    """Return the key as securesystemslib knows it, under our key id."""
    return SSlibKey.from_crypto(load_pem_public_key(key.spki_pem.encode()), keyid=key.keyid)
