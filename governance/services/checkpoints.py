"""Signed checkpoints of the ledger."""

from collections.abc import Sequence

from governance import anchors, keyfiles, second_key
from governance.anchors.folder import Folder
from governance.errors import Finding, Refused
from governance.models import Checkpoint
from governance.proof.formats.checkpoint import Checkpoint as TreeHead
from governance.proof.formats.checkpoint import open_checkpoint, sign_checkpoint
from governance.proof.formats.keyring import Keyring
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.note import Note
from governance.selectors import kept_checkpoints as history
from governance.selectors import ledger
from governance.selectors.keys import keyring
from governance.services.anchors import send
from governance.services.locked import ledger_lock


def checkpoint_make() -> Checkpoint:
    """Sign the ledger's head as it stands, keep it, write it to the folder, and return it.

    The same size gives the same checkpoint: nothing is signed twice. A checkpoint is no ledger entry, or every
    checkpoint would call for another.

    Raises:
        Refused: a checkpoint that was kept shows another history, so another signature would make a fork.
    """
    kept = history.kept(keyring().origin)
    with ledger_lock():
        _refuse_fork(kept)
        found = _signed(ledger.size())
    send(anchor=Folder(anchors.home()), checkpoint=found)
    return found


def checkpoint_at(size: int) -> Checkpoint:
    """Return the checkpoint of the ledger as it was at a past size, signing it if nobody has yet.

    Raises:
        ValueError: the ledger is not that large yet, or the size is no size.
        Refused: as `checkpoint_make`.
    """
    kept = history.kept(keyring().origin)
    with ledger_lock():
        _refuse_fork(kept)
        now = ledger.size()
        if not 0 < size <= now:
            raise ValueError(f"found the size {size}, expected one from 1 to the ledger's {now}")
        found = _signed(size)
    send(anchor=Folder(anchors.home()), checkpoint=found)
    return found


def _refuse_fork(kept: Sequence[history.Kept]) -> None:
    """Refuse when one of the checkpoints that were kept is no beginning of this ledger: it was rolled back."""
    for one in kept:
        if trouble := history.trouble(one):
            raise Refused(
                Finding(
                    "checkpoint",
                    f"{one.where}: {trouble}",
                    "a ledger that extends every checkpoint that was kept of it",
                    "Stop web process and worker, sign nothing, and follow docs/operations.md, “Backup and restore”: "
                    "bring the newest state back, or begin a new ledger.",
                    "the operator",
                )
            )


def _signed(size: int) -> Checkpoint:
    found, ring = Checkpoint.objects.filter(size=size).first(), keyring()
    if found is not None and _counts(found, ring):
        return found
    root = ledger.root(size)
    head = TreeHead(ring.origin, size, root)
    note = sign_checkpoint(head, ring.origin, keyfiles.signer("log"))
    if (second := second_key.cosigner(ring.origin)) is not None:
        note = Note.parse(note).with_lines([second.cosign(head, 0, stamped=False)]).to_text()
    signed = Checkpoint(size=size, root=f"sha256:{root.hex()}", note=note, at=ledger.time_of(size))
    if found is None:
        signed.save()
    return signed


def _counts(checkpoint: Checkpoint, ring: Keyring) -> bool:
    """Return whether its key still counts; if it was declared compromised, the size is signed anew, the row stays."""
    try:
        open_checkpoint(checkpoint.note, ring.origin, ring.telling_of("log", checkpoint.size))
    except SignatureError:
        return False
    return True


def latest() -> Checkpoint | None:
    """Return the newest checkpoint, or None."""
    return Checkpoint.objects.order_by("-size").first()
