"""What signers said: their statements, each opened again under the key that was to sign it."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from governance.models import Signature
from governance.proof.dsse import open_envelope
from governance.proof.keyring import Keyring
from governance.proof.keys import PublicKey, SignatureError
from governance.proof.statement import PAYLOAD_TYPE, SignoffPredicate, SignoffStatement
from governance.selectors.keys import keyring

Keys = tuple[tuple[str, PublicKey], ...]


@dataclass(frozen=True)
class Said:
    """A signature and what its statement says; `said` is None when the statement does not verify.

    `compromised_since` is the ledger size since which the key that signed it no longer counts, if it is one such.
    """

    signature: Signature
    said: SignoffPredicate | None
    compromised_since: int | None = None


def said(signatures: Iterable[Signature]) -> list[Said]:
    """Return what each signature says, in the order given, asking for the keys once."""
    return [Said(row, found.predicate if found else None, since) for row, found, since in _read(signatures)]


def statements(signatures: Iterable[Signature]) -> dict[uuid.UUID, SignoffStatement | None]:
    """Return each signature's statement by the signature's id, None where it does not verify."""
    return {row.pk: found for row, found, _ in _read(signatures)}


def _read(signatures: Iterable[Signature]) -> Iterator[tuple[Signature, SignoffStatement | None, int | None]]:
    rows = list(signatures)
    opener = Opener() if rows else None
    for row in rows:
        try:
            assert opener is not None  # noqa: S101  (there is a row)
            yield row, opener.open(row), opener.compromised_since(row)
        except (SignatureError, ValueError):
            yield row, None, None


class Opener:
    """Opens statements under the keys in use when each was recorded; reads the keyring once.

    A key that was declared compromised opens them, too: what was said is still shown. `compromised_since` tells that it
    proves nothing.
    """

    def __init__(self, ring: Keyring | None = None, *, at_size: int | None = None) -> None:
        self._ring = ring
        if ring is None:
            with suppress(SignatureError):
                self._ring = keyring(at_size)

    def open(self, signature: Signature) -> SignoffStatement:
        """Return the statement of a signature.

        Raises:
            SignatureError: no key in use at its ledger entry signed it, or there is no keyring that verifies.
            ValueError: what is signed is no statement.
        """
        return self._opened(signature)[0]

    def compromised_since(self, signature: Signature) -> int | None:
        """Return the ledger size since which the key of a signature that opens no longer counts, if it is one such."""
        entry = self._ring.entry(self._opened(signature)[1]) if self._ring is not None else None
        return entry.compromised_since if entry is not None and entry.compromised_at(signature.seq) else None

    def _opened(self, signature: Signature) -> tuple[SignoffStatement, str]:
        if self._ring is None:
            raise SignatureError("there is no keyring whose signature verifies")
        keys = self._ring.spanning("attestation", signature.seq)
        return _opened(bytes(signature.statement), tuple(sorted(keys.items())))


@lru_cache(maxsize=4096)
def _opened(content: bytes, keys: Keys) -> tuple[SignoffStatement, str]:
    """Return what a signature by one of the keys says, and which key it was."""
    signed = open_envelope(content, dict(keys), payload_type=PAYLOAD_TYPE)
    return SignoffStatement.from_bytes(signed.payload), signed.keyid
