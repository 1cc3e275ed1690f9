"""Public keys as the ledger's keyring tells them."""

from functools import lru_cache

from governance.models import KeyringVersion, LedgerEntry
from governance.proof.keyring import Keyring
from governance.proof.keys import SignatureError
from governance.proof.leaf import Leaf


@lru_cache(maxsize=8)
def _open(envelope: bytes, fingerprint: str) -> Keyring:
    return Keyring.open(envelope, fingerprint)


def keyring(number: int | None = None) -> Keyring:
    """Return a version of the keyring (default: the newest), its signature checked against the root fingerprint.

    Raises:
        SignatureError: there is no such version, or the root key did not sign it.
    """
    rows = KeyringVersion.objects.order_by("-number")
    row = rows.filter(number=number).first() if number else rows.first()
    if row is None:
        raise SignatureError("there is no keyring yet; set the installation up first")
    return _open(bytes(row.envelope), root_fingerprint())


def root_fingerprint() -> str:
    """Return the fingerprint of the root key, as entry 0 of the ledger states it (published at set-up)."""
    content = LedgerEntry.objects.filter(seq=0).values_list("leaf", flat=True).first()
    if content is None:
        raise SignatureError("the ledger is empty; set the installation up first")
    return str(Leaf.from_bytes(bytes(content)).data["root_fingerprint"])
