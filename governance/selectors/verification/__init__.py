"""Verifying the database against its own ledger, in constant memory, by as many processes as there are processors.

What rows say is compared with what leaves say, in both directions, and leaves with the tree they hash to. Against the
database's owner, who can rewrite both, stand the signed checkpoints and the root key's published fingerprint: pass
those that were kept elsewhere.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from governance import triggers
from governance.models import Checkpoint, KeyringVersion
from governance.proof.formats.keyring import Keyring
from governance.proof.formats.keys import SignatureError
from governance.selectors import ledger
from governance.selectors.anchors import stamp_coverage
from governance.selectors.keys import root_fingerprint
from governance.selectors.verification import heads, segments
from governance.selectors.verification.outcome import LedgerVerification, Problem, Tally
from governance.selectors.verification.segments import Search
from governance.selectors.witnesses import standing

__all__ = ["LedgerVerification", "NothingToVerify", "Problem", "Tally", "verify"]

Progress = Callable[[int, int], None]


class NothingToVerify(LookupError):
    """There is no ledger here, nor any trace that there should be one; or no beginning that could be believed."""


def verify(
    *,
    checkpoints: Iterable[Path] = (),
    since: Path | None = None,
    fingerprint: str | None = None,
    hash_files: bool = False,
    processes: int = 1,
    progress: Progress = lambda done, size: None,
) -> LedgerVerification:
    """Return the outcome of every check on the entries the ledger has now; entries appended meanwhile are left out.

    `checkpoints` are files of signed notes; `fingerprint` is the root key's as published (without it entry 0 is
    believed); `hash_files` also hashes every file that documents name, and judges anew what passkeys' devices said of
    themselves; `progress` is called with (entries done, size).
    `since` is a checkpoint that was kept elsewhere after a verification that held: entries before it are then not read
    again, only the root of their stored hashes is compared with the checkpoint's.

    Raises:
        NothingToVerify: the ledger is empty and no checkpoint says otherwise; or `since` is no checkpoint of this log.
    """
    started = time.monotonic()
    size, files = ledger.size(), sorted(checkpoints)
    if size == 0 and not files and since is None and not Checkpoint.objects.exists():
        raise NothingToVerify("the ledger has no entries; set the installation up first")
    keys = Tally("keyrings", "entries searched for keyrings")
    found, ring = _keys(keys, fingerprint)
    first, before = 0, Tally("entries before", "entries by their root alone")
    if since is not None:
        first = _since(before, since, ring, size)
    search = Search(fingerprint=found, keyring=ring, hash_files=hash_files)
    tallies = segments.searched(search, first, size, processes=processes, progress=progress)
    keys.join(tallies["keyrings"])
    tallies["keyrings"] = keys
    for rest in segments.loose(search, size):
        tallies[rest.name].join(rest)
    tallies["witnesses"].note = _seen_from_outside(size)
    head = Tally("checkpoints", "signed checkpoints")
    heads.check(head, ring, size, files)
    head.compromised = heads.untrusted(ring) if ring is not None else 0
    if not head.looked_at:
        head.note = "without one, nobody can tell whether the ledger's end was cut off"
    guards = Tally("triggers", "insert-only tables", looked_at=len(triggers.insert_only_tables()))
    guards.add(Problem("database", fault) for fault in triggers.faults())
    return LedgerVerification(
        size=size,
        since=first,
        root=ledger.root(size).hex(),
        fingerprint=found,
        checks=(*([before] if since else []), *tallies.values(), head, guards),
        seconds=time.monotonic() - started,
    )


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


def _seen_from_outside(size: int) -> str:
    """Say which witnesses do not follow, and what no time stamp covers: no fault of the database, but worth a look."""
    try:
        found, stamps = standing(), stamp_coverage(size)
    except ImproperlyConfigured as problem:
        return str(problem)
    troubled = [f"{w.name} {w.trouble}" for w in found.witnesses if w.trouble] if found else []
    return "; ".join([*troubled, *filter(None, [stamps])])


def _since(tally: Tally, file: Path, ring: Keyring | None, size: int) -> int:
    """Return the size that `file` speaks of, having compared its root with that of the stored hashes."""
    try:
        head = heads.opened(file.read_text(encoding="utf-8"), ring)
    except (OSError, UnicodeDecodeError, SignatureError) as problem:
        raise NothingToVerify(f"{file} is no checkpoint to begin from: {problem}") from problem
    tally.looked_at = head.size
    tally.note = "their leaves and rows were not read again: verify without a beginning from time to time"
    if head.size > size:
        tally.add([Problem(f"checkpoint {file.name}", f"it had {head.size} entries; now there are {size}: cut off")])
        return size
    try:
        root = ledger.frontier(head.size).root()
    except ledger.LeafCorrupt as problem:
        tally.add([Problem(f"the first {head.size} entries", str(problem))])
        return head.size
    if root != head.root:
        tally.add([Problem(f"the first {head.size} entries", f"found root {root.hex()}, expected {head.root.hex()}")])
    return head.size
