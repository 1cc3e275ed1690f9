"""Verifying the database against its own ledger, in one pass and constant memory.

What rows say is compared with what leaves say, in both directions, and leaves with the tree they hash to. Against the
database's owner, who can rewrite both, stand the signed checkpoints and the root key's published fingerprint: pass
those that were kept elsewhere.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from governance import triggers
from governance.models import Checkpoint, KeyringVersion
from governance.proof.keyring import Keyring
from governance.proof.keys import SignatureError
from governance.selectors import ledger
from governance.selectors.keys import root_fingerprint
from governance.selectors.verification import (
    ceremonies,
    heads,
    papers,
    passkeys,
    people,
    runs,
    signoffs,
    tree,
    witnesses,
)
from governance.selectors.verification.chunk import Auditor, chunks
from governance.selectors.verification.outcome import LedgerVerification, Problem, Tally
from governance.selectors.witnesses import standing

__all__ = ["LedgerVerification", "NothingToVerify", "Problem", "Tally", "verify"]

Progress = Callable[[int, int], None]


class NothingToVerify(LookupError):
    """There is no ledger here, nor any trace that there should be one."""


@dataclass(frozen=True)
class _Part:
    tally: Tally
    auditor: Auditor


def verify(
    *,
    checkpoints: Iterable[Path] = (),
    fingerprint: str | None = None,
    hash_files: bool = False,
    progress: Progress = lambda done, size: None,
) -> LedgerVerification:
    """Return the outcome of every check on the entries the ledger has now; entries appended meanwhile are left out.

    `checkpoints` are files of signed notes; `fingerprint` is the root key's as published (without it entry 0 is
    believed); `hash_files` also hashes every file that documents name; `progress` is called with (entries done, size).

    Raises:
        NothingToVerify: the ledger is empty and no checkpoint says otherwise.
    """
    started = time.monotonic()
    size, files = ledger.size(), sorted(checkpoints)
    if size == 0 and not files and not Checkpoint.objects.exists():
        raise NothingToVerify("the ledger has no entries; set the installation up first")
    keys = Tally("keyrings", "entries searched for keyrings")
    found, ring = _keys(keys, fingerprint)
    parts = _parts(keys, found, ring, hash_files=hash_files)
    done = 0
    for chunk in chunks(size):
        for part in parts:
            part.tally.looked_at += len(chunk.entries)
            part.tally.add(part.auditor.chunk(chunk))
        done += len(chunk.entries)
        progress(done, size)
    for part in parts:
        part.tally.add(part.auditor.finish(size))
    head = Tally("checkpoints", "signed checkpoints")
    heads.check(head, ring, size, files)
    guards = Tally("triggers", "insert-only tables", looked_at=len(triggers.insert_only_tables()))
    guards.add(Problem("database", fault) for fault in triggers.faults())
    _notes(parts, head, ring)
    return LedgerVerification(
        size=size,
        root=ledger.root(size).hex(),
        fingerprint=found,
        checks=(*(part.tally for part in parts), head, guards),
        seconds=time.monotonic() - started,
    )


def _parts(keys: Tally, fingerprint: str, ring: Keyring | None, *, hash_files: bool) -> list[_Part]:
    return [
        _Part(Tally("tree", "entries hashed anew"), tree.Tree()),
        _Part(Tally("ledger index", "entries compared"), tree.Lookups()),
        _Part(Tally("private parts", "entries compared"), tree.PrivateParts()),
        _Part(keys, people.Keyrings(fingerprint)),
        _Part(Tally("people", "entries compared"), people.People()),
        _Part(Tally("passkeys", "entries compared"), passkeys.Passkeys()),
        _Part(Tally("documents", "entries compared"), papers.Documents()),
        _Part(Tally("document index", "entries compared"), papers.DocumentIndex()),
        _Part(Tally("files", "entries compared"), papers.Bytes(hashed=hash_files)),
        _Part(Tally("sign-offs", "entries compared"), signoffs.Signoffs(ring)),
        _Part(Tally("ceremonies", "entries compared"), ceremonies.Ceremonies(ring)),
        _Part(Tally("jobs", "entries compared"), runs.Jobs()),
        _Part(Tally("permits", "entries compared"), runs.Attempts(ring)),
        _Part(Tally("reports", "entries compared"), runs.Reports()),
        _Part(Tally("witnesses", "entries compared"), witnesses.Witnesses(ring)),
    ]


def _keys(tally: Tally, fingerprint: str | None) -> tuple[str, Keyring | None]:
    """Return the root fingerprint to go by and the newest keyring, or None when that cannot be trusted."""
    try:
        stated = root_fingerprint()
    except (SignatureError, ValueError, KeyError) as problem:
        tally.add([Problem("entry 0", f"it states no root fingerprint: {problem}")])
        return fingerprint or "", None
    if fingerprint is None:
        tally.note = "the root fingerprint is entry 0's own word; compare it with the published one"
    trusted = fingerprint or stated
    rows = KeyringVersion.objects.order_by("number").values_list("envelope", flat=True)
    try:
        return trusted, Keyring.open_chain([bytes(envelope) for envelope in rows], trusted)[-1]
    except SignatureError as problem:
        if stated != trusted:
            tally.add([Problem("entry 0", f"found root fingerprint {stated}, expected the published {trusted}")])
        tally.add([Problem("keyrings", str(problem))])
        return trusted, None


def _notes(parts: list[_Part], head: Tally, ring: Keyring | None) -> None:
    for part in parts:
        auditor = part.auditor
        if isinstance(auditor, tree.PrivateParts):
            part.tally.note = f"{auditor.erased:,} private parts erased"
        elif isinstance(auditor, papers.Bytes):
            part.tally.note = f"{auditor.files:,} files {auditor.looked}"
        elif isinstance(auditor, signoffs.Signoffs):
            part.tally.note = f"{auditor.signatures:,} signatures verified{_fallen(auditor.compromised)}"
        elif isinstance(auditor, witnesses.Witnesses):
            part.tally.note = f"{auditor.cosignatures:,} cosignatures verified{_troubled()}"
        elif isinstance(auditor, runs.Attempts) and auditor.compromised:
            part.tally.note = _fallen(auditor.compromised).removeprefix(", ")
    if ring is not None and (fallen := heads.untrusted(ring)):
        head.note = _fallen(fallen).removeprefix(", ")
    if not head.looked_at:
        head.note = "without one, nobody can tell whether the ledger's end was cut off"


def _fallen(count: int) -> str:
    return f", {count:,} of them with a key declared compromised by then: they count nowhere" if count else ""


def _troubled() -> str:
    """Say which configured witnesses do not follow: no fault of the database, and yet somebody should look."""
    try:
        found = standing()
    except ImproperlyConfigured as problem:
        return f"; {problem}"
    return "".join(f"; {w.name} {w.trouble}" for w in found.witnesses if w.trouble) if found else ""
