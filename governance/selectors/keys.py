"""Public keys as the ledger's keyrings tell them."""

from dataclasses import dataclass
from functools import lru_cache

from governance import events
from governance.models import KeyringVersion, LedgerEntry
from governance.proof.formats.canonical import sha256
from governance.proof.formats.checkpoint import log_key
from governance.proof.formats.keyring import KeyEntry, Keyring, back_dated
from governance.proof.formats.keys import PURPOSES, PublicKey, Purpose, SignatureError
from governance.proof.formats.leaf import Leaf
from governance.request_memory import remembered
from governance.selectors import ledger

PUBLISHING = (events.ORGANISATION_FOUNDED, events.KEYRING_PUBLISHED)


class NoKeyring(SignatureError):
    """Nothing has been set up yet, so there are no keys."""


@dataclass(frozen=True)
class Published:
    """A version of the keyring as it was published: its envelope, and the ledger entry that says so."""

    number: int
    envelope: bytes
    seq: int


@dataclass(frozen=True)
class Held:
    """A key of the keyring in force, and what became of it in a word."""

    entry: KeyEntry
    state: str


def held() -> list[Held]:
    """Return every key there ever was, by purpose, the newest first."""
    ring = keyring()
    order = {purpose: place for place, purpose in enumerate(PURPOSES)}
    return [
        Held(entry, _state(entry, ring))
        for entry in sorted(ring.entries, key=lambda e: (order[e.purpose], -e.since, e.until is not None))
    ]


def _state(entry: KeyEntry, ring: Keyring) -> str:
    if entry.compromised_since is not None:
        return "compromised"
    if entry == ring.next_root:
        return "named next"
    return "in use" if entry.until is None else "retired"


def keyring(at_size: int | None = None) -> Keyring:
    """Return the keyring in force now, or when the ledger had `at_size` entries.

    Its versions lead to it from the root key that entry 0 names, and the ledger tells of each of them.

    Raises:
        NoKeyring: none had been published by then.
        SignatureError: a version is missing, altered, not by the root key, or not what the ledger tells.
    """
    chain = _chain()
    known = tuple(each for each in chain.versions if at_size is None or each.seq < at_size)
    if not known:
        raise NoKeyring("there is no keyring yet; set the installation up first")
    return _open(known, chain.fingerprint)


def published() -> tuple[Published, ...]:
    """Return every version of the keyring, the first first, each confirmed by its leaf. Two queries.

    Raises:
        SignatureError: a row has no leaf, or a leaf no row: the keyring was forged or rolled back.
    """
    return _chain().versions


def in_use(purpose: Purpose) -> PublicKey | None:
    """Return the key that signs for a purpose now; None before set-up.

    Raises:
        SignatureError: the keyring does not hold, or has no key of that purpose in use.
    """
    try:
        found = keyring().in_use(purpose)
    except NoKeyring:
        return None
    if found is None:
        raise SignatureError(f"the keyring has no {purpose} key in use; run manage.py rotate_key {purpose}")
    return found.key


def envelopes(at_size: int | None = None) -> list[bytes]:
    """Return the envelopes of every version published by then: what verifiers elsewhere need."""
    return [each.envelope for each in published() if at_size is None or each.seq < at_size]


def root_fingerprint() -> str:
    """Return the fingerprint of the first root key, as entry 0 of the ledger states it (published at set-up)."""
    return remembered("root fingerprint", _root_fingerprint)


def _root_fingerprint() -> str:
    content = LedgerEntry.objects.filter(seq=0).values_list("leaf", flat=True).first()
    if content is None:
        raise NoKeyring("the ledger is empty; set the installation up first")
    return str(Leaf.from_bytes(bytes(content)).data["root_fingerprint"])


def log_vkey() -> str:
    """Return the log key in use as witnesses and verifiers are told it (C2SP signed-note: vkey)."""
    ring = keyring()
    entry = ring.in_use("log")
    if entry is None:
        raise NoKeyring("no log key is in use; run manage.py rotate_key log")
    return log_key(ring.origin, entry.key).text()


@dataclass(frozen=True)
class _Chain:
    """Every version of the keyring, and the fingerprint of the root key that entry 0 names ("" before it)."""

    versions: tuple[Published, ...]
    fingerprint: str


def _chain() -> _Chain:
    return remembered("keyrings", _read)


def _read() -> _Chain:
    rows = KeyringVersion.objects.order_by("number").values_list("number", "envelope", "seq")
    stored = tuple(Published(number, bytes(envelope), seq) for number, envelope, seq in rows)
    try:
        leaves = ledger.leaves_of(PUBLISHING)
    except ledger.LeafCorrupt as altered:
        raise SignatureError(str(altered)) from None
    said = [(leaf.data.get("number", 1), leaf.data["keyring"], leaf.seq) for leaf in leaves]
    if said != [(each.number, sha256(each.envelope), each.seq) for each in stored]:
        raise SignatureError(
            f"found {len(stored)} keyrings stored and {len(said)} on the ledger, expected the same ones: forged or "
            "rolled back; run manage.py verify_ledger and restore a backup"
        )
    founding = leaves[0].data.get("root_fingerprint", "") if leaves and leaves[0].seq == 0 else ""
    return _Chain(stored, str(founding))


@lru_cache(maxsize=16)
def _open(versions: tuple[Published, ...], fingerprint: str) -> Keyring:
    rings = Keyring.open_chain([each.envelope for each in versions], fingerprint)
    before: Keyring | None = None
    for each, ring in zip(versions, rings, strict=True):
        if problem := back_dated(before, ring, each.seq):
            raise SignatureError(f"keyring {each.number} {problem}")
        before = ring
    return rings[-1]
