"""Proofs that leave: of one entry, and that one state of the ledger goes on from an older one, to check off line."""

from governance.errors import Invalid, NotFound
from governance.models import Checkpoint, LedgerEntry
from governance.proof.checks.evidence import Witnessed
from governance.proof.checks.kept_checkpoints import Consistency
from governance.proof.formats.tlog_proof import TlogProof
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


def witnessed_after(size: int) -> Witnessed | None:
    """Return the first later checkpoint that enough witnesses cosigned, unless they cosigned the one of this size."""
    later = witnessed_from(size)
    if later is None or later.size == size:
        return None
    proof = [node.hex() for node in ledger.consistency(size, later.size)]
    return Witnessed(checkpoint=note_of(later), proof=proof)


def consistency(old: int, new: int | None = None) -> Consistency:
    """Return the proof that the ledger of `new` entries (default: all) goes on from the ledger of `old`.

    Raises:
        Invalid: there is no such older or newer state.
    """
    now = ledger.size()
    new = now if new is None else new
    if not 0 <= old <= new <= now:
        raise Invalid("new", f"found sizes {old} and {new}, expected old at most new, and new at most {now}")
    return Consistency(
        old=old,
        new=new,
        old_root=ledger.root(old).hex(),
        new_root=ledger.root(new).hex(),
        proof=[node.hex() for node in ledger.consistency(old, new)],
    )
