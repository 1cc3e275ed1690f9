"""What is on record of signers against the leaves, both ways."""

from collections.abc import Iterator

from governance.models import SignerRecord
from governance.proof.fields import moment
from governance.selectors.signers import EVENTS
from governance.selectors.verification.chunk import Auditor, Chunk, beyond, both_ways
from governance.selectors.verification.outcome import Problem, differences


class Signers(Auditor):
    """Compares every record of a signer with its leaf."""

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what differs."""
        rows = chunk.rows(SignerRecord.objects.select_related("user", "by"))
        leaves = chunk.of(*EVENTS.values())
        yield from both_ways(leaves, rows, "signer's record")
        for seq in sorted(rows.keys() & leaves.keys()):
            row, leaf = rows[seq], leaves[seq]
            pairs: dict[str, tuple[object, object]] = {
                "record": (str(row.pk), leaf.data.get("record")),
                "kind": (EVENTS[SignerRecord.Kind(row.kind)], leaf.event),
                "by": (row.by.actor, leaf.actor),
                "about": ([f"user:{row.user.actor}"], leaf.subjects),
                "at": (row.at, moment(leaf.time)),
            }
            yield from differences(f"signer's record {row.pk}", pairs)

    def finish(self, size: int) -> Iterator[Problem]:
        """Yield rows that no leaf stands behind."""
        yield from beyond(SignerRecord.objects.all(), "seq", "signer's record", size)
