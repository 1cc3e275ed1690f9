"""Checkpoints that were kept of this ledger where a backup of its database does not reach, held against it.

A log that signs another history than it published is no log. Whoever brings an old backup back, on purpose or not,
would have the worker do just that; so the newest of what each place keeps is looked at before anything is signed.
"""

from dataclasses import dataclass

from governance import anchors
from governance.anchors.folder import Folder
from governance.models import Checkpoint
from governance.proof.formats.checkpoint import Checkpoint as TreeHead
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.note import Note
from governance.selectors import ledger
from governance.selectors.witnesses import contradicts


@dataclass(frozen=True)
class Kept:
    """A checkpoint of this log: where it lies, and its note. Nothing about it has been checked."""

    where: str
    note: str


def kept(origin: str) -> list[Kept]:
    """Return the newest checkpoint in each folder that can be read, in the database, and the newest cosigned one.

    Two queries. A place that keeps another log's checkpoints keeps none of this one.
    """
    folders = [anchor for anchor in anchors.configured() if isinstance(anchor, Folder)]
    there = [newest for one in folders if (newest := one.newest(origin)) is not None]
    found = [Kept(f"the file {path}", text) for path, text in there]
    signed = Checkpoint.objects.order_by("-size")
    cosigned = signed.filter(cosignatures__isnull=False)
    for rows, words in ((signed, "the newest checkpoint in the database"), (cosigned, "a cosigned checkpoint")):
        if (row := rows.first()) is not None:
            found.append(Kept(f"{words}, of {row.size} entries", row.note))
    return list({one.note: one for one in found}.values())


def trouble(one: Kept) -> str:
    """Return why a kept checkpoint is no beginning of this ledger, or nothing. Two queries."""
    try:
        head = TreeHead.from_text(Note.parse(one.note).text)
    except (ValueError, SignatureError) as problem:
        return f"it cannot be read as a checkpoint ({problem})"
    if not contradicts(head):
        return ""
    size = ledger.size()
    if head.size > size:
        return f"it is of {head.size} entries, and the ledger has {size}: its end was cut off"
    own = ledger.root(head.size).hex()
    return f"of {head.size} entries its root is {head.root.hex()}, and the ledger's was {own}: it was rewritten"
