"""What signers said: their statements, each opened again under the key that was to sign it."""

import uuid
from collections.abc import Iterable
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
    """A signature and what its statement says; `said` is None when the statement does not verify."""

    signature: Signature
    said: SignoffPredicate | None


def said(signatures: Iterable[Signature]) -> list[Said]:
    """Return what each signature says, in the order given, asking for the keys once."""
    rows = list(signatures)
    opened = statements(rows)
    return [Said(row, found.predicate if (found := opened[row.pk]) else None) for row in rows]


def statements(signatures: Iterable[Signature]) -> dict[uuid.UUID, SignoffStatement | None]:
    """Return each signature's statement by the signature's id, None where it does not verify."""
    rows = list(signatures)
    opener = Opener() if rows else None
    found: dict[uuid.UUID, SignoffStatement | None] = {}
    for row in rows:
        found[row.pk] = None
        with suppress(SignatureError, ValueError):
            assert opener is not None  # noqa: S101  (there is a row)
            found[row.pk] = opener.open(row)
    return found


class Opener:
    """Opens statements under the keys that counted when each was recorded; reads the keyring once."""

    def __init__(self, ring: Keyring | None = None) -> None:
        self._ring = ring
        if ring is None:
            with suppress(SignatureError):
                self._ring = keyring()

    def open(self, signature: Signature) -> SignoffStatement:
        """Return the statement of a signature.

        Raises:
            SignatureError: no key that counted at its ledger entry signed it, or there is no keyring that verifies.
            ValueError: what is signed is no statement.
        """
        if self._ring is None:
            raise SignatureError("there is no keyring whose signature verifies")
        keys = self._ring.for_purpose("attestation", at=signature.seq)
        return _opened(bytes(signature.statement), tuple(sorted(keys.items())))


@lru_cache(maxsize=4096)
def _opened(content: bytes, keys: Keys) -> SignoffStatement:
    return SignoffStatement.from_bytes(open_envelope(content, dict(keys), payload_type=PAYLOAD_TYPE).payload)
