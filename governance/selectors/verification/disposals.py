"""Supporting files and disposals: what was attached is there, and what is gone went under a signed disposal."""

from collections.abc import Iterator

from governance import disposal, events, store
from governance.models import Attachment, Document, LedgerOpening
from governance.proof.answers.inforce import Standing
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import Leaf
from governance.selectors import disposals, signoff
from governance.selectors.verification.chunk import Auditor, Chunk, beyond, both_ways
from governance.selectors.verification.outcome import Problem, differences


class Attachments(Auditor):
    """Compares supporting files with the leaves, both ways, and with the store."""

    def __init__(self, *, hashed: bool) -> None:
        super().__init__()
        self._hashed = hashed

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what differs for the files that these entries attached."""
        rows = chunk.rows(Attachment.objects.select_related("by"))
        leaves = chunk.of(events.FILE_ATTACHED)
        yield from both_ways(leaves, rows, "attachment")
        gone = disposals.files({row.sha256 for row in rows.values()})
        for seq in rows.keys() & leaves.keys():
            row, leaf = rows[seq], leaves[seq]
            place = f"attachment {row.pk}"
            yield from differences(
                place,
                {
                    "document": ([row.document_id], leaf.subjects),
                    "attachment": (str(row.pk), leaf.data.get("attachment")),
                    "file": (
                        (row.sha256, row.size, row.file_type),
                        tuple(leaf.data.get(n) for n in ("file", "size", "type")),
                    ),
                    "by": (row.by.actor, leaf.actor),
                    "at": (row.at, moment(leaf.time)),
                },
            )
            if gone.get(row.sha256, -1) < seq:
                yield from _stored(place, row.sha256, row.size, hashed=self._hashed)

    def finish(self, size: int) -> Iterator[Problem]:
        """Yield attachments that no leaf stands behind."""
        yield from beyond(Attachment.objects.all(), "seq", "attachment", size)


def _stored(place: str, sha256: str, size: int, *, hashed: bool) -> Iterator[Problem]:
    try:
        found = store.check(sha256) if hashed else store.path_of(sha256).stat().st_size
    except (store.BytesMissing, store.BytesCorrupt, OSError, ValueError) as problem:
        yield Problem(place, f"its bytes are missing or altered: {problem}")
        return
    yield from differences(place, {"bytes": (found, size)})


class Disposals(Auditor):
    """Checks that every disposal that was carried out lists what went, and was in force then; and that it is gone."""

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what is wrong with the disposals that these entries tell of."""
        leaves = chunk.of(*events.DISPOSING)
        papers = Document.objects.in_bulk([str(leaf.data.get("disposal")) for leaf in leaves.values()])
        for seq, leaf in leaves.items():
            self.seen += 1
            paper = papers.get(str(leaf.data.get("disposal")))
            if paper is None or paper.kind != disposal.KIND:
                yield Problem(f"entry {seq}", "it erases something under a disposal that is not there")
                continue
            yield from _listed(leaf, disposals.body(paper))
            standing = signoff.in_force(paper, seq, moment(leaf.time))
            if standing.standing is not Standing.IN_FORCE:
                yield Problem(f"entry {seq}", f"the disposal it names was {standing.standing.value} then")
            elif few := signoff.too_few(disposal.KIND, standing):
                yield Problem(f"entry {seq}", f"of the disposal it names, {few}")


def _listed(leaf: Leaf, body: disposal.DisposalBody) -> Iterator[Problem]:
    allowed = {
        *(f"entry:{seq}" for seq in body.openings),
        *(f"file:{digest}" for digest in body.files),
        *(f"user:{person}" for person in body.people),
    }
    if strange := [subject for subject in leaf.subjects[1:] if subject not in allowed]:
        yield Problem(f"entry {leaf.seq}", f"it took {strange[0]}, which its disposal does not list")
    entries = leaf.data.get("entries", [])
    still = LedgerOpening.objects.filter(entry_id__in=entries).values_list("entry_id", flat=True)
    for seq in still:
        yield Problem(f"opening of entry {seq}", f"entry {leaf.seq} says that it was erased, but it is there")
