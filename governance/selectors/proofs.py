"""Proofs that leave: one entry with everything an outsider needs to check it off line."""

from governance.errors import NotFound
from governance.models import Checkpoint, LedgerEntry
from governance.proof.tlog_proof import TlogProof
from governance.selectors import ledger
from governance.selectors.witnesses import note_of, witnessed_from


def tlog_proof(seq: int) -> str:
    """Return the proof (C2SP tlog-proof) of an entry in the first witnessed checkpoint, or else in the newest signed.

    Raises:
        NotFound: there is no such entry, or no checkpoint covers it yet.
    """
    leaf = LedgerEntry.objects.filter(seq=seq).values_list("leaf", flat=True).first()
    if leaf is None:
        raise NotFound(f"the ledger has no entry {seq}")
    checkpoint = witnessed_from(seq + 1) or Checkpoint.objects.filter(size__gt=seq).order_by("-size").first()
    if checkpoint is None:
        raise NotFound(f"no checkpoint covers entry {seq} yet; the worker signs one within a minute or so")
    path = tuple(ledger.inclusion(seq, checkpoint.size))
    return TlogProof(seq, path, note_of(checkpoint), bytes(leaf)).to_text()
