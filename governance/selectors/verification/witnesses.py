"""What witnesses said, against the ledger: a checkpoint that one of them holds is as good as one kept elsewhere."""

from collections.abc import Iterator

from governance import anchors, events
from governance.anchors import Undelivered
from governance.models import Contradiction, Cosignature, Delivery
from governance.proof.checks.checkpoints import open_head
from governance.proof.formats.canonical import sha256
from governance.proof.formats.keyring import Keyring
from governance.proof.formats.keys import SignatureError
from governance.selectors import witnesses
from governance.selectors.verification.chunk import CHUNK, Auditor, Chunk, beyond, both_ways
from governance.selectors.verification.outcome import Problem, differences


class Witnesses(Auditor):
    """Checks every cosignature, and names every witness that holds another history signed by the log key."""

    def __init__(self, keyring: Keyring | None) -> None:
        super().__init__()
        self._keyring = keyring

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what differs between contradictions and their entries."""
        rows = chunk.rows(Contradiction.objects.all())
        leaves = chunk.of(events.LOG_CONTRADICTED)
        yield from both_ways(leaves, rows, "contradiction")
        for seq in sorted(rows.keys() & leaves.keys()):
            row, said = rows[seq], leaves[seq].data
            pair = {
                "witness": (row.key, said.get("witness")),
                "size": (row.size, said.get("size")),
                "root": (row.root, said.get("root")),
                "note": (sha256(row.note.encode()), said.get("note")),
            }
            yield from differences(f"contradiction in entry {seq}", pair)

    def finish(self, size: int) -> Iterator[Problem]:
        """Yield each contradiction, cosignatures and time stamps that do not hold, and rows without an entry."""
        yield from beyond(Contradiction.objects.all(), "seq", "contradiction", size)
        for found in Contradiction.objects.order_by("seq"):
            yield from self._standing(found)  # each time, however late verification begins: it does not pass
        rows = Cosignature.objects.select_related("checkpoint").order_by("id")
        for row in rows.iterator(chunk_size=CHUNK):
            self.seen += 1
            if fault := witnesses.fault_of(row, row.checkpoint):
                place = f"cosignature of checkpoint {row.checkpoint_id} by {row.name}"
                yield Problem(place, f"it was verified before it was kept, and does not hold now: {fault}")
        yield from self._time_stamps()

    def _time_stamps(self) -> Iterator[Problem]:
        """Yield the kept time stamps that do not hold; only those of the authority whose root is configured."""
        authority = anchors.time_stamps()
        if authority is None:
            return
        kept = Delivery.objects.filter(target=authority.name, outcome=Delivery.Outcome.DELIVERED)
        for row in kept.select_related("checkpoint").order_by("id").iterator(chunk_size=CHUNK):
            self.seen += 1
            try:
                authority.time_of(bytes(row.receipt), row.checkpoint.note)
            except Undelivered as problem:
                yield Problem(f"time stamp on checkpoint {row.checkpoint_id}", str(problem))

    def _standing(self, row: Contradiction) -> Iterator[Problem]:
        place = f"witness {row.name}"
        try:
            if self._keyring is None:
                raise SignatureError("no keyring can be trusted")
            head = open_head(row.note, self._keyring)
        except SignatureError as problem:
            yield Problem(place, f"what it is said to hold is not signed by the log key: {problem}")
            return
        if witnesses.contradicts(head):
            yield Problem(
                place,
                f"it holds a checkpoint of {head.size} entries with root {head.root.hex()}, signed by the log key, "
                "that this ledger does not extend: it was rewritten or cut off, or somebody else has the log key",
            )
