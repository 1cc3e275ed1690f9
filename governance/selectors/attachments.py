"""Supporting files of documents, as the ledger confirms them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from governance import events, store
from governance.errors import NotFound
from governance.file_types import TYPES, FileType
from governance.models import Attachment, Document
from governance.selectors import disposals, ledger


@dataclass(frozen=True)
class Attached:
    """A file attached to a document. `name` is None once it was erased; `disposed` once the bytes are gone."""

    row: Attachment
    name: str | None
    disposed: bool

    @property
    def type(self) -> FileType:
        """What the file is."""
        return TYPES[self.row.file_type]

    @property
    def shown(self) -> str:
        """What to call it."""
        return self.name or f"a file whose name was erased ({self.type.label})"


def of(documents: Iterable[Document]) -> dict[str, list[Attached]]:
    """Return the files attached to each document by digest, the first first. Constant queries.

    A row whose leaf does not say the same is left out.
    """
    found: dict[str, list[Attached]] = defaultdict(list)
    rows = Attachment.objects.filter(document__in=list(documents)).select_related("by", "document").order_by("seq")
    for one in confirmed(rows):
        found[one.row.document_id].append(one)
    return found


def confirmed(rows: Iterable[Attachment]) -> list[Attached]:
    """Return the attachments that the ledger confirms, in the order given."""
    given = list(rows)
    if not given:
        return []
    seqs = [row.seq for row in given]
    leaves, openings = ledger.leaves_at(seqs), ledger.openings(seqs)
    gone = disposals.files({row.sha256 for row in given})
    result = []
    for row in given:
        leaf = leaves.get(row.seq)
        if (
            leaf is not None
            and leaf.event == events.FILE_ATTACHED
            and leaf.subjects == [row.document_id]
            and dict(leaf.data)
            == {"attachment": str(row.pk), "file": row.sha256, "size": row.size, "type": row.file_type}
        ):
            name = openings.get(row.seq, {}).get("name")
            result.append(Attached(row, str(name) if name is not None else None, gone.get(row.sha256, -1) > row.seq))
    return result


def _told(row: Attachment) -> dict[str, object]:
    return {"attachment": str(row.pk), "file": row.sha256, "size": row.size, "type": row.file_type}


@dataclass(frozen=True)
class Content:
    """A file's bytes, checked, and the name to save it under."""

    name: str
    data: bytes


def content(row: Attachment) -> Content:
    """Return an attached file.

    Raises:
        NotFound: the ledger does not confirm it, or it was disposed of.
        BytesMissing, BytesCorrupt: the store does not hold what was attached.
    """
    found = confirmed([row])
    if not found or found[0].disposed:
        raise NotFound("there is no such file, or it was disposed of")
    plain = f"{row.sha256.removeprefix('sha256:')[:12]}{found[0].type.endings[0]}"
    return Content(found[0].name or plain, store.read(row.sha256))
