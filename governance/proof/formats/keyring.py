"""The keyring: which key may sign what, since when, chained to one published fingerprint.

Each version is a DSSE envelope signed by the root key. The root's public key travels inside and is believed only if its
fingerprint is the one the verifier got elsewhere, or if the version before, by a root that is believed, named it as the
next one. Retired keys stay in, with the ledger size at which they ended, so what they signed in their time still
verifies; a key that was stolen says since which ledger size it no longer counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from pydantic import Field, ValidationError, model_validator

from governance.proof.formats import canonical, dsse
from governance.proof.formats.canonical import Digest, NotCanonical
from governance.proof.formats.fields import Count, Hash, Strict, told
from governance.proof.formats.keys import Algorithm, KeyMaterialError, PublicKey, Purpose, SignatureError, Signer

PAYLOAD_TYPE = "application/vnd.countersign.keyring+json"


class CompromisedKey(SignatureError):
    """A signature that is right, by a key of which it was declared that somebody else had it by then."""

    def __init__(self, entry: "KeyEntry") -> None:
        super().__init__(f"signed with a key declared compromised since ledger size {entry.compromised_since}")
        self.entry = entry


class KeyEntry(Strict):
    """One key. `since` and `until` are ledger sizes, `until` excluded; `demo` marks keys made for a demonstration.

    `compromised_since`: what the key signed when the ledger had that size, or later, proves nothing.
    """

    keyid: Hash
    purpose: Purpose
    algorithm: Algorithm
    public: str
    certificate: str | None = None
    since: Count
    until: Count | None = None
    compromised_since: Count | None = None
    demo: bool

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        key = _parsed(self.public)
        if (self.keyid, self.algorithm, self.public) != (key.keyid, key.algorithm, key.spki_pem):
            raise ValueError(f"found key {self.keyid} ({self.algorithm}), expected {key.keyid} ({key.algorithm})")
        if self.until is not None and self.until < self.since:
            raise ValueError(f"found key {self.keyid} valid from {self.since} until {self.until}, expected a later end")
        if (self.certificate is None) == (self.purpose == "seal"):
            raise ValueError(f"found a {self.purpose} key, expected a certificate with seal keys and with no other")
        if self.certificate is not None and _certified(self.certificate).keyid != self.keyid:
            raise ValueError(f"found a certificate for another key than {self.keyid}; issue it for this one")
        return self

    @property
    def key(self) -> PublicKey:
        """The public key itself."""
        return _parsed(self.public)

    def spans(self, size: int) -> bool:
        """Return whether the key was in use when the ledger had `size` entries, compromised or not."""
        return self.since <= size and (self.until is None or size < self.until)

    def compromised_at(self, size: int) -> bool:
        """Return whether the key was declared compromised at or before `size`."""
        return self.compromised_since is not None and self.compromised_since <= size

    def valid_at(self, size: int) -> bool:
        """Return whether the key counted when the ledger had `size` entries."""
        return self.spans(size) and not self.compromised_at(size)

    def tells_of(self, size: int) -> bool:
        """Return whether the key counts for a statement about the ledger at `size` that may be made any time later.

        Checkpoints and seals are such: a key that came later may make them, one that had ended by then may not.
        """
        return (self.until is None or size < self.until) and not self.compromised_at(size)


class Keyring(Strict):
    """Version `number` of the keys of the log called `origin`; `previous` is the digest of the DSSE bytes before it.

    `root` is the entry of the root key that signs this version; `keys` holds every other key that ever counted. When
    the root changes, the last version by the old one names `next_root`, and the next version is by that one and holds
    the old among `former_roots`.
    """

    number: int = Field(ge=1)
    previous: Digest | None
    origin: str = Field(pattern=r"^[^\s+]{1,200}$")
    root: KeyEntry
    keys: list[KeyEntry]
    next_root: KeyEntry | None = None
    former_roots: list[KeyEntry] = Field(default_factory=list)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.previous is None) != (self.number == 1):
            raise ValueError(f"found keyring {self.number} with previous {self.previous}, expected one from 2 onwards")
        if any(entry.purpose != "root" for entry in self.roots) or any(entry.purpose == "root" for entry in self.keys):
            raise ValueError("found a root key among the others, expected it in its own place")
        # One key, one purpose: a signature can then never be shown as one of another purpose.
        names = [entry.keyid for entry in self.entries]
        if len(set(names)) != len(names):
            raise ValueError("found one key twice in the keyring, expected a key of its own for each purpose")
        in_use = [entry.purpose for entry in self.keys if entry.until is None]
        if len(set(in_use)) != len(in_use):
            raise ValueError("found two keys in use for one purpose, expected the older one to have ended")
        return self

    @property
    def roots(self) -> list[KeyEntry]:
        """Every root key: the present one, the next one if it is named, and those before."""
        return [self.root, *([self.next_root] if self.next_root else []), *self.former_roots]

    @property
    def entries(self) -> list[KeyEntry]:
        """Every key there ever was, roots first."""
        return [*self.roots, *self.keys]

    def for_purpose(self, purpose: Purpose, at: int | None = None) -> Mapping[str, PublicKey]:
        """Return the keys of `purpose` by key id: all that were ever in use, or those valid at ledger size `at`."""
        return _by_id(e for e in self.entries if e.purpose == purpose and (at is None or e.valid_at(at)))

    def spanning(self, purpose: Purpose, at: int) -> Mapping[str, PublicKey]:
        """Return the keys of `purpose` in use at ledger size `at`, those declared compromised too."""
        return _by_id(e for e in self.entries if e.purpose == purpose and e.spans(at))

    def telling_of(self, purpose: Purpose, size: int) -> Mapping[str, PublicKey]:
        """Return the keys of `purpose` that count for statements about the ledger at `size` (`KeyEntry.tells_of`)."""
        return _by_id(e for e in self.entries if e.purpose == purpose and e.tells_of(size))

    def unspoilt(self, purpose: Purpose) -> Mapping[str, PublicKey]:
        """Return the keys of `purpose` by key id, without those that were ever declared compromised."""
        return _by_id(e for e in self.entries if e.purpose == purpose and e.compromised_since is None)

    def in_use(self, purpose: Purpose) -> KeyEntry | None:
        """Return the key that signs for a purpose now, or None when there is none yet or it has ended."""
        now = [self.root] if purpose == "root" else self.keys
        return next((entry for entry in now if entry.purpose == purpose and entry.until is None), None)

    def entry(self, keyid: str) -> KeyEntry | None:
        """Return the entry of a key, or None when the keyring does not know it."""
        return next((entry for entry in self.entries if entry.keyid == keyid), None)

    @property
    def compromised(self) -> list[KeyEntry]:
        """The keys that were declared compromised."""
        return [entry for entry in self.entries if entry.compromised_since is not None]

    def open_signed(self, data: bytes, purpose: Purpose, at: int, *, payload_type: str) -> dsse.Signed:
        """Return what the DSSE envelope `data` signs, if a key of `purpose` that counted at ledger size `at` signed it.

        Raises:
            CompromisedKey: the signature is right, but somebody else may have made it.
            SignatureError: as `dsse.open_envelope`.
        """
        signed = dsse.open_envelope(data, self.spanning(purpose, at), payload_type=payload_type)
        self.refuse_compromised(signed.keyid, at)
        return signed

    def refuse_compromised(self, keyid: str, at: int) -> None:
        """Raise `CompromisedKey` if the key was declared compromised at or before ledger size `at`."""
        entry = self.entry(keyid)
        if entry is not None and entry.compromised_at(at):
            raise CompromisedKey(entry)

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
        return cls._signed_by(root, data)

    @classmethod
    def open_chain(cls, envelopes: Sequence[bytes], root_fingerprint: str) -> "list[Self]":
        """Return the keyrings, given in order from version 1, if they lead to the last from the published root.

        Versions by the published root and by the roots that it named in turn are believed by their signatures, versions
        before it because each version pins the bytes of the one before.

        Raises:
            SignatureError: none is by the published root, one is missing, altered or by a root that nobody named, or
                one takes back what an earlier one said.
        """
        if not envelopes:
            raise SignatureError("found no keyring, expected every version from 1 onwards")
        roots = [_claimed_root(dsse.peek(data).payload) for data in envelopes]
        if root_fingerprint not in {root.fingerprint for root in roots}:
            raise SignatureError(
                f"found keyrings of root {roots[0].fingerprint}, expected {root_fingerprint}; "
                "compare the fingerprint with the one the organisation published"
            )
        opened = [cls._signed_by(root, data) for root, data in zip(roots, envelopes, strict=True)]
        for index, ring in enumerate(opened):
            pinned = canonical.sha256(envelopes[index - 1]) if index else None
            if (ring.number, ring.previous) != (index + 1, pinned):
                raise SignatureError(
                    f"found keyring {ring.number} after {ring.previous}, expected {index + 1} after {pinned}; "
                    "use every version from 1 onwards, as published"
                )
            if index and (problem := _retracts(opened[index - 1], ring)):
                raise SignatureError(f"keyring {ring.number} {problem}")
        return opened

    @classmethod
    def _signed_by(cls, root: PublicKey, data: bytes) -> Self:
        signed = dsse.open_envelope(data, {root.keyid: root}, payload_type=PAYLOAD_TYPE)
        try:
            return cls.model_validate(canonical.loads(signed.payload))
        except (NotCanonical, ValidationError) as error:
            raise SignatureError(f"found a keyring that is signed but malformed: {told(error)}") from error


def back_dated(before: Keyring | None, after: Keyring, seq: int) -> str:
    """Return what is wrong with the spans that keyring `after` adds, published as ledger entry `seq`; "" for nothing.

    A key counts, and stops counting, from the entry after its publication at the earliest. Only the declaration of a
    compromise reaches back.
    """
    known = {entry.keyid: entry for entry in before.entries} if before else {}
    for entry in after.entries:
        old = known.get(entry.keyid)
        if old is None and entry.since < (seq + 1 if before else 0):
            return f"gives key {entry.keyid} since ledger size {entry.since}, but was published as entry {seq}"
        if entry.until is not None and (old is None or old.until is None) and entry.until <= seq:
            return f"ends key {entry.keyid} at ledger size {entry.until}, but was published as entry {seq}"
    return ""


def _retracts(before: Keyring, after: Keyring) -> str:
    """Return how a keyring contradicts the one before it, or "" when it only adds to it."""
    expected = before.next_root or before.root
    if (after.origin, after.root.keyid) != (before.origin, expected.keyid):
        return f"is of {after.origin} by root {after.root.keyid}, expected {before.origin} by {expected.keyid}"
    now = {entry.keyid: entry for entry in after.entries}
    for old in before.entries:
        new = now.get(old.keyid)
        if new is None:
            return f"leaves out key {old.keyid}, expected every key that ever was"
        if new.model_copy(update={"until": old.until, "compromised_since": old.compromised_since}) != old:
            return f"changes key {old.keyid}, expected it as before"
        if old.until is not None and new.until != old.until:
            return f"moves the end of key {old.keyid}, expected {old.until}"
        if old.compromised_since is not None and (
            new.compromised_since is None or new.compromised_since > old.compromised_since
        ):
            return f"takes back that key {old.keyid} was compromised since {old.compromised_since}"
    return ""


# Every version repeats the keys of those before it: what was read once is not read again.
@lru_cache(maxsize=1024)
def _parsed(pem: str) -> PublicKey:
    return PublicKey.from_pem(pem)


@lru_cache(maxsize=256)
def _certified(certificate_pem: str) -> PublicKey:
    return certified_key(certificate_pem)


def _by_id(entries: Iterable[KeyEntry]) -> Mapping[str, PublicKey]:
    return {entry.keyid: entry.key for entry in entries}


def _claimed_root(payload: bytes) -> PublicKey:
    """Return the root key that an unchecked payload names, before anything else of it is read."""
    try:
        return PublicKey.from_pem(canonical.loads(payload)["root"]["public"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SignatureError(f"found a keyring that names no root key ({error}), expected one") from error


def valid_until(certificate_pem: str) -> datetime:
    """Return the moment at which a certificate ends; raises as `certified_key`."""
    certified_key(certificate_pem)
    return x509.load_pem_x509_certificate(certificate_pem.encode()).not_valid_after_utc


def certified_key(certificate_pem: str) -> PublicKey:
    """Return the public key of an X.509 certificate in PEM.

    Raises:
        KeyMaterialError: not a certificate, or of a kind of key that is not used here.
    """
    try:
        return PublicKey.from_crypto(x509.load_pem_x509_certificate(certificate_pem.encode()).public_key())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyMaterialError(f"found no usable certificate in PEM format ({error}), expected one") from error
