"""Renewed evidence of sealed reports: the way from the entry that records a file to the newest checkpoint."""

from governance.errors import NotFound
from governance.models import Checkpoint, Report
from governance.proof.checks.evidence import LeafEntry, TimeStamped
from governance.proof.checks.renewal import Renewal
from governance.proof.formats.fields import base64_text
from governance.proof.formats.leaf import REPORT_SEALED
from governance.selectors import ledger
from governance.selectors.anchors import newest_stamp
from governance.selectors.keys import envelopes
from governance.selectors.proofs import consistency, witnessed_after
from governance.selectors.witnesses import note_of


def renewal(file: str) -> Renewal:
    """Return the renewal of the report whose sealed file has the digest `file` ("sha256:…").

    It leads to the newest checkpoint that an authority stamped, or else to the newest one there is.

    Raises:
        NotFound: no such file was sealed here, or no checkpoint covers the entry yet.
    """
    row = Report.objects.filter(file_sha256=file, state=Report.State.READY).exclude(seq=None).first()
    leaf = ledger.leaves_at([row.seq]).get(row.seq) if row is not None and row.seq is not None else None
    if row is None or leaf is None or leaf.event != REPORT_SEALED or leaf.data.get("file") != file:
        raise NotFound("the ledger records no sealed report with that digest")
    stamp = newest_stamp(above=leaf.seq)
    head = stamp.checkpoint if stamp else Checkpoint.objects.filter(size__gt=leaf.seq).order_by("-size").first()
    if head is None:
        raise NotFound(f"no checkpoint covers entry {leaf.seq} yet; the worker signs one within a minute or so")
    stamps = [TimeStamped(checkpoint=head.note, reply=base64_text(bytes(stamp.receipt)), proof=[])] if stamp else []
    path = [node.hex() for node in ledger.inclusion(leaf.seq, head.size)]
    return Renewal(
        file=file,
        leaf=LeafEntry(leaf=base64_text(leaf.to_bytes()), index=leaf.seq, proof=path),
        checkpoint=note_of(head),
        consistency=consistency(leaf.data["ledger_size"], head.size),
        keyrings=[envelope.decode() for envelope in envelopes()],
        witnessed=witnessed_after(head.size),
        time_stamps=stamps,
    )
