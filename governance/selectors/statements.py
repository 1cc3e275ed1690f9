"""What signers said: their statements, each opened again under the key or passkey that was to sign it."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from governance import access
from governance.models import Signature
from governance.proof.formats.dsse import open_envelope
from governance.proof.formats.keyring import Keyring
from governance.proof.formats.keys import PublicKey, SignatureError
from governance.proof.formats.passkey import Enrolled
from governance.proof.formats.signed_statement import attested, by_passkey, claimed_passkey
from governance.proof.formats.statement import PAYLOAD_TYPE, SignoffPredicate, SignoffStatement
from governance.proof.history.passkeys import History
from governance.selectors import passkeys
from governance.selectors.keys import keyring

Keys = tuple[tuple[str, PublicKey], ...]


@dataclass(frozen=True)
class Said:
    """A signature, what its statement says and of which documents; `said` is None when it does not verify.

    `compromised_since` is the ledger size since which the key that signed it no longer counts, if it is one such.
    """

    signature: Signature
    said: SignoffPredicate | None
    compromised_since: int | None = None
    subjects: frozenset[str] = frozenset()


def said(signatures: Iterable[Signature]) -> list[Said]:
    """Return what each signature says, in the order given, asking for the keys once."""
    return [
        Said(row, found.predicate, since, frozenset(s.digest for s in found.subjects)) if found else Said(row, None)
        for row, found, since in _read(signatures)
    ]


def statements(signatures: Iterable[Signature]) -> dict[uuid.UUID, SignoffStatement | None]:
    """Return each signature's statement by the signature's id, None where it does not verify."""
    return {row.pk: found for row, found, _ in _read(signatures)}


def _read(signatures: Iterable[Signature]) -> Iterator[tuple[Signature, SignoffStatement | None, int | None]]:
    rows = list(signatures)
    opener = Opener()
    opener.know(rows)
    for row in rows:
        try:
            yield row, opener.open(row), opener.compromised_since(row)
        except (SignatureError, ValueError):
            yield row, None, None


def relied_on(signatures: Iterable[Said]) -> dict[str, str]:
    """Return who signed the statements that these signatures rely on, by digest: "Dora Expert, domain expert"."""
    wanted = {digest for one in signatures if one.said for digest in one.said.relied_on}
    if not wanted:
        return {}
    rows = Signature.objects.filter(statement_digest__in=wanted).select_related("signer")
    return {
        one.signature.statement_digest: f"{one.said.printed_name}, {access.label(one.said.role)}"
        for one in said(rows)
        if one.said is not None
    }


class Opener:
    """Opens statements under the keys in use when each was recorded, and under the passkeys of their signers.

    The keyring is read once, when the first statement needs it; passkeys as the ledger tells them, once each.

    A key that was declared compromised opens statements, too: what was said is still shown. `compromised_since` tells
    that it proves nothing.
    """

    def __init__(self, ring: Keyring | None = None, *, at_size: int | None = None) -> None:
        self._ring, self._at_size = ring, at_size
        self._asked = ring is not None
        self._passkeys: dict[str, History | None] = {}

    def know(self, signatures: Iterable[Signature]) -> None:
        """Read the passkeys of several signatures at once: three queries, or none when no passkey signed."""
        named = {found for row in signatures if (found := _claimed(bytes(row.statement)))}
        if wanted := named - set(self._passkeys):
            told = passkeys.histories(wanted)
            self._passkeys |= {identifier: told.get(identifier) for identifier in wanted}

    def open(self, signature: Signature) -> SignoffStatement:
        """Return the statement of a signature.

        Raises:
            SignatureError: neither a key in use at its ledger entry nor an enrolled passkey signed it.
            ValueError: what is signed is no statement.
        """
        content = bytes(signature.statement)
        if (named := _claimed(content)) is not None:
            history = self.passkey(named)
            if history is None:
                raise SignatureError(f"found passkey {named or 'unnamed'}, which the ledger never saw enrolled")
            return _by_passkey(content, history.enrolled)
        return self._by_server(signature)[0]

    def compromised_since(self, signature: Signature) -> int | None:
        """Return the ledger size since which the server's key that signed no longer counts, if it is one such."""
        if _claimed(bytes(signature.statement)) is not None or (ring := self._keyring()) is None:
            return None
        entry = ring.entry(self._by_server(signature)[1])
        return entry.compromised_since if entry is not None and entry.compromised_at(signature.seq) else None

    def passkey(self, identifier: str) -> History | None:
        """Return what the ledger tells of a passkey; None when it does not know it."""
        if identifier and identifier not in self._passkeys:
            self._passkeys[identifier] = passkeys.histories([identifier]).get(identifier)
        return self._passkeys.get(identifier)

    def _by_server(self, signature: Signature) -> tuple[SignoffStatement, str]:
        ring = self._keyring()
        if ring is None:
            raise SignatureError("there is no keyring whose signature verifies")
        keys = ring.spanning("attestation", signature.seq)
        return _attested(bytes(signature.statement), tuple(sorted(keys.items())))

    def _keyring(self) -> Keyring | None:
        if not self._asked:
            self._asked = True
            with suppress(SignatureError):
                self._ring = keyring(self._at_size)
        return self._ring


@lru_cache(maxsize=4096)
def _claimed(content: bytes) -> str | None:
    """Return the passkey that a signed form names, "" when it cannot be read; None for a DSSE envelope."""
    try:
        return claimed_passkey(content)
    except (SignatureError, ValueError):
        return ""


@lru_cache(maxsize=4096)
def _attested(content: bytes, keys: Keys) -> tuple[SignoffStatement, str]:
    """Return what a signature by one of the keys says, and which key it was."""
    signed = open_envelope(content, dict(keys), payload_type=PAYLOAD_TYPE)
    return attested(signed.payload), signed.keyid


@lru_cache(maxsize=4096)
def _by_passkey(content: bytes, enrolled: Enrolled) -> SignoffStatement:
    return by_passkey(content, enrolled)
