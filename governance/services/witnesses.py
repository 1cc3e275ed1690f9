"""Asking a witness to cosign a checkpoint, and keeping what it says once its signature has been checked."""

import logging
from datetime import UTC, datetime
from typing import NoReturn

from django.db import IntegrityError, transaction
from django.db.models import Max

from governance import events, witnesses
from governance.models import Checkpoint, Contradiction, Cosignature
from governance.proof.checks.checkpoints import open_head
from governance.proof.formats.add_checkpoint import AddCheckpoint
from governance.proof.formats.canonical import sha256
from governance.proof.formats.checkpoint import Checkpoint as TreeHead
from governance.proof.formats.cosignature import verify_cosignature
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.note import SignatureLine
from governance.selectors import ledger
from governance.selectors.keys import keyring
from governance.selectors.witnesses import contradicts, head_of
from governance.services import deliveries
from governance.services.ledger import Unchanged, mutation
from governance.witnesses import Unanswered, Witness

log = logging.getLogger(__name__)


def ask(*, witness: Witness, checkpoint: Checkpoint) -> bool:
    """Ask a witness to cosign; return whether its cosignature is there now. Nothing it does is an error of ours.

    What goes wrong is recorded (`Delivery`), and so is, on the ledger, a checkpoint of ours that it holds against us.
    """
    if Cosignature.objects.filter(checkpoint_id=checkpoint.size, key=witness.key.digest).exists():
        return True
    try:
        line = _cosigned(witness, checkpoint)
    except Unanswered as problem:
        deliveries.failed(target=witness.target, checkpoint=checkpoint, detail=str(problem))
        return False
    if line is None:
        return False
    cosignature_keep(witness=witness, checkpoint=checkpoint, line=line)
    deliveries.delivered(target=witness.target, checkpoint=checkpoint)
    return True


def cosignature_keep(*, witness: Witness, checkpoint: Checkpoint, line: SignatureLine) -> None:
    """Keep a signature line if it is the witness's over exactly this checkpoint. Raises SignatureError: it is not."""
    time = verify_cosignature(line, witness.key, head_of(checkpoint))
    row = Cosignature(
        checkpoint_id=checkpoint.size,
        name=witness.key.name,
        key=witness.key.digest,
        vkey=witness.key.text(),
        line=line.text(),
        at=_moment(time),
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        return  # another worker was faster; one line says all


def contradiction_record(*, witness: Witness, head: TreeHead, note: str) -> None:
    """Record that a witness holds `note`, a checkpoint that our log key signed and this ledger does not extend."""
    digest = sha256(note.encode())
    try:
        with mutation(actor=None, action="witness.contradict") as m:
            root = f"sha256:{head.root.hex()}"
            same = Contradiction.objects.filter(key=witness.key.digest, size=head.size, root=root)
            if same.exists():
                raise Unchanged
            seq = m.append(
                events.LOG_CONTRADICTED,
                data={"witness": witness.key.digest, "size": head.size, "root": root, "note": digest},
                private={"witness": witness.key.name},
            )
            Contradiction(
                name=witness.key.name, key=witness.key.digest, size=head.size, root=root, note=note, at=m.time, seq=seq
            ).save()
    except Unchanged:
        return
    log.critical(
        "witness %s holds a checkpoint of size %s, signed by the log key, that this ledger does not extend: the ledger "
        "was rewritten or cut off, or somebody else has the log key; run manage.py verify_ledger",
        witness.key.name,
        head.size,
    )


def _cosigned(witness: Witness, checkpoint: Checkpoint) -> SignatureLine | None:
    """Return the witness's line, or None where it is ahead of the checkpoint. Raises Unanswered."""
    known = Cosignature.objects.filter(key=witness.key.digest, checkpoint__lt=checkpoint.size)
    old: int = known.aggregate(Max("checkpoint_id"))["checkpoint_id__max"] or 0
    for _ in range(2):
        proof = tuple(ledger.consistency(old, checkpoint.size))
        answer = witnesses.submit(witness, AddCheckpoint(old, proof, checkpoint.note))
        if answer.status == 200:
            return _line(witness, checkpoint, answer.text)
        if answer.status == 422:
            _doubted(witness, "it says that this ledger is not the one it cosigned before")
        if answer.status != 409:
            raise Unanswered(f"refused: {answer.status} {answer.text.strip()[:300]}")
        old = _size(answer.text)
        if old > ledger.size():
            _doubted(witness, f"it says that it cosigned {old} entries, more than this ledger has")
        if old > checkpoint.size:
            return None  # it has seen a newer checkpoint already
    raise Unanswered("names another old size each time it is asked")


def _line(witness: Witness, checkpoint: Checkpoint, text: str) -> SignatureLine:
    try:
        for line in (SignatureLine.from_text(line) for line in text.removesuffix("\n").split("\n")):
            if witness.key.signed(line):
                verify_cosignature(line, witness.key, head_of(checkpoint))
                return line
    except SignatureError as error:
        raise Unanswered(f"answered with a false cosignature: {error}") from error
    raise Unanswered(f"answered without a cosignature by its key {witness.key.key_id.hex()}")


def _doubted(witness: Witness, why: str) -> NoReturn:
    """Have the witness show what it holds: a checkpoint by our log key proves it right, anything else is its word."""
    ring = keyring()
    note = witnesses.newest(witness, ring.origin)
    if note is not None:
        try:
            head = open_head(note, ring)
        except SignatureError as error:
            raise Unanswered(f"refused: {why}, but what it shows is not signed by the log key ({error})") from error
        if contradicts(head):
            contradiction_record(witness=witness, head=head, note=note)
            raise Unanswered(f"refused: {why}, and it shows a checkpoint of {head.size} entries signed by the log key")
    raise Unanswered(f"refused: {why}, but shows no checkpoint that contradicts it")


def _size(text: str) -> int:
    size = text.removesuffix("\n")
    if not size.isascii() or not size.isdigit() or len(size) > 16:
        raise Unanswered(f"answered 409 without a size: {size[:100]!r}")
    return int(size)


def _moment(time: int) -> datetime:
    try:
        return datetime.fromtimestamp(time, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise SignatureError(f"found the time {time} in a cosignature, expected one that a calendar knows") from error
