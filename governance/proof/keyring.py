"""The keyring: which key may sign what, since when, chained to one published fingerprint.

Each version is a DSSE envelope signed by the root key. The root's public key travels inside and is believed only if its
fingerprint is the one the verifier got elsewhere. Retired keys stay in, with the ledger size at which they ended, so
what they signed in their time still verifies.
"""

from collections.abc import Mapping
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from pydantic import Field, ValidationError, model_validator

from governance.proof import canonical, dsse
from governance.proof.canonical import Digest, NotCanonical
from governance.proof.fields import Count, Hash, Strict, told
from governance.proof.keys import Algorithm, KeyMaterialError, PublicKey, Purpose, SignatureError, Signer

PAYLOAD_TYPE = "application/vnd.countersign.keyring+json"


class KeyEntry(Strict):
    """One key: `since` and `until` are ledger sizes, `until` excluded; `demo` marks keys made for a demonstration."""

    keyid: Hash
    purpose: Purpose
    algorithm: Algorithm
    public: str
    certificate: str | None = None
    since: Count
    until: Count | None = None
    demo: bool

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        key = PublicKey.from_pem(self.public)
        if (self.keyid, self.algorithm, self.public) != (key.keyid, key.algorithm, key.spki_pem):
            raise ValueError(f"found key {self.keyid} ({self.algorithm}), expected {key.keyid} ({key.algorithm})")
        if self.until is not None and self.until < self.since:
            raise ValueError(f"found key {self.keyid} valid from {self.since} until {self.until}, expected a later end")
        if (self.certificate is None) == (self.purpose == "seal"):
            raise ValueError(f"found a {self.purpose} key, expected a certificate with seal keys and with no other")
        if self.certificate is not None and certified_key(self.certificate).keyid != self.keyid:
            raise ValueError(f"found a certificate for another key than {self.keyid}; issue it for this one")
        return self

    @property
    def key(self) -> PublicKey:
        """The public key itself."""
        return PublicKey.from_pem(self.public)

    def valid_at(self, size: int) -> bool:
        """Return whether the key counted when the ledger had `size` entries."""
        return self.since <= size and (self.until is None or size < self.until)


class Keyring(Strict):
    """Version `number` of the keys of the log called `origin`; `previous` is the digest of the DSSE bytes before it.

    `root` is the entry of the root key; `keys` holds every other key that ever counted.
    """

    number: int = Field(ge=1)
    previous: Digest | None
    origin: str = Field(pattern=r"^[^\s+]{1,200}$")
    root: KeyEntry
    keys: list[KeyEntry]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.previous is None) != (self.number == 1):
            raise ValueError(f"found keyring {self.number} with previous {self.previous}, expected one from 2 onwards")
        if self.root.purpose != "root" or any(entry.purpose == "root" for entry in self.keys):
            raise ValueError("found a root key among the others, expected exactly one, in its own place")
        # One key, one purpose: a signature can then never be shown as one of another purpose.
        names = [self.root.keyid, *(entry.keyid for entry in self.keys)]
        if len(set(names)) != len(names):
            raise ValueError("found one key twice in the keyring, expected a key of its own for each purpose")
        return self

    def for_purpose(self, purpose: Purpose, at: int | None = None) -> Mapping[str, PublicKey]:
        """Return the keys of `purpose` by key id: all that ever counted, or those valid at ledger size `at`."""
        return {
            entry.keyid: entry.key
            for entry in [self.root, *self.keys]
            if entry.purpose == purpose and (at is None or entry.valid_at(at))
        }

    def sign(self, root: Signer) -> bytes:
        """Return the keyring as a DSSE envelope signed by the root key.

        Raises:
            SignatureError: `root` is not the signer of the root key that the keyring names.
        """
        if root.public_key.keyid != self.root.keyid:
            raise SignatureError(f"found signer {root.public_key.keyid}, expected the root key {self.root.keyid}")
        return dsse.sign(PAYLOAD_TYPE, canonical.dumps(self.model_dump()), root)

    @classmethod
    def open(cls, data: bytes, root_fingerprint: str) -> Self:
        """Return the keyring that the DSSE envelope `data` holds, if the published root key signed it.

        Raises:
            SignatureError: another root key, a wrong signature, or a payload that is no consistent keyring.
        """
        root = _claimed_root(dsse.peek(data).payload)
        if root.fingerprint != root_fingerprint:
            raise SignatureError(
                f"found a keyring of root {root.fingerprint}, expected {root_fingerprint}; "
                "compare the fingerprint with the one the organisation published"
            )
        signed = dsse.open_envelope(data, {root.keyid: root}, payload_type=PAYLOAD_TYPE)
        try:
            return cls.model_validate(canonical.loads(signed.payload))
        except (NotCanonical, ValidationError) as error:
            raise SignatureError(f"found a keyring that is signed but malformed: {told(error)}") from error


def _claimed_root(payload: bytes) -> PublicKey:
    """Return the root key that an unchecked payload names, before anything else of it is read."""
    try:
        return PublicKey.from_pem(canonical.loads(payload)["root"]["public"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SignatureError(f"found a keyring that names no root key ({error}), expected one") from error


def certified_key(certificate_pem: str) -> PublicKey:
    """Return the public key of an X.509 certificate in PEM.

    Raises:
        KeyMaterialError: not a certificate, or of a kind of key that is not used here.
    """
    try:
        return PublicKey.from_crypto(x509.load_pem_x509_certificate(certificate_pem.encode()).public_key())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyMaterialError(f"found no usable certificate in PEM format ({error}), expected one") from error
