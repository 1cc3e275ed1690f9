"""Documents: their bytes, the columns that repeat them, the leaves that froze them, and the indexes over them."""

from collections.abc import Iterator, Mapping

from django.db.models import Exists, F, OuterRef, Subquery

from governance import events, store
from governance.models import Document, Draft, LedgerEvent, Reference, Series
from governance.proof.formats.canonical import sha256
from governance.proof.formats.envelope import SHELF, Envelope
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import Leaf
from governance.proof.formats.manifest import FileEntry
from governance.registry import KINDS
from governance.selectors import disposals
from governance.selectors.verification.chunk import Auditor, Chunk, beyond, both_ways
from governance.selectors.verification.outcome import Problem, differences

SYSTEM = "system"


class Documents(Auditor):
    """Compares every document with its own bytes, with the leaf that froze it, and with who wrote its draft."""

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what is wrong with the documents these entries froze."""
        rows = chunk.rows(Document.objects.select_related("created_by"))
        leaves = chunk.of(events.DOCUMENT_FROZEN)
        yield from both_ways(leaves, rows, "document")
        envelopes: dict[str, Envelope] = {}
        for seq, row in rows.items():
            place = f"document {row.digest}"
            content = bytes(row.content)
            if sha256(content) != row.digest:
                yield Problem(place, f"its bytes were altered: they hash to {sha256(content)}")
                continue
            try:
                envelopes[row.digest] = Envelope.from_bytes(content)
            except ValueError as problem:
                yield Problem(place, str(problem).splitlines()[0])
                continue
            yield from _columns(place, row, envelopes[row.digest])
            if seq in leaves:
                yield from _frozen(place, row, envelopes[row.digest], leaves[seq])
        yield from _previous(envelopes)
        yield from _authors(envelopes)

    def finish(self, size: int) -> Iterator[Problem]:
        """Yield documents that no entry froze."""
        yield from beyond(Document.objects.all(), "seq", "document", size)


def _columns(place: str, row: Document, envelope: Envelope) -> Iterator[Problem]:
    kind = KINDS.get(envelope.kind)
    pairs: dict[str, tuple[object, object]] = {
        "kind": (f"{row.kind}/{row.version}", envelope.schema_name),
        "series": (str(row.series_id), envelope.series),
        "number": (row.number, envelope.number),
        "project": (str(row.project_id) if row.project_id else SHELF, envelope.project),
    }
    if kind is not None:  # the title is what people see when they sign
        pairs["title"] = (row.title, str(kind.title(dict(envelope.body)))[:300] or f"untitled {kind.label}")
    yield from differences(place, pairs)


def _frozen(place: str, row: Document, envelope: Envelope, leaf: Leaf) -> Iterator[Problem]:
    yield from differences(
        place,
        {
            "leaf's digest": ([row.digest], leaf.subjects),
            "leaf's kind": (envelope.kind, leaf.data.get("kind")),
            "leaf's series": (envelope.series, leaf.data.get("series")),
            "leaf's number": (envelope.number, leaf.data.get("number")),
            "leaf's project": (envelope.project, leaf.project or SHELF),
            "created_at": (row.created_at, moment(leaf.time)),
            "created_by": (row.created_by.actor if row.created_by else SYSTEM, leaf.actor),
        },
    )


def _previous(envelopes: Mapping[str, Envelope]) -> Iterator[Problem]:
    named = {e.previous for e in envelopes.values() if e.previous}
    before = {d.digest: d for d in Document.objects.filter(pk__in=named).only("digest", "series_id", "number")}
    for digest, envelope in envelopes.items():
        if envelope.previous is None:
            continue
        row = before.get(envelope.previous)
        if row is None or (str(row.series_id), row.number) != (envelope.series, envelope.number - 1):
            yield Problem(
                f"document {digest}", f"the version before it, {envelope.previous}, is not there or of another series"
            )


def _authors(envelopes: Mapping[str, Envelope]) -> Iterator[Problem]:
    """Yield documents whose contributors leave out somebody whom the ledger saw write their draft."""
    frozen = Draft.objects.filter(frozen__in=envelopes).values_list("pk", "frozen_id")
    drafts = {f"draft:{pk}": str(document) for pk, document in frozen}
    wrote = LedgerEvent.objects.filter(
        event__in=(events.DRAFT_CREATED, events.DRAFT_EDITED), entry__subject_index__subject__in=drafts
    )
    for subject, actor in wrote.values_list("entry__subject_index__subject", "actor").distinct():
        digest = drafts[subject]
        if actor not in envelopes[digest].contributors:
            yield Problem(f"document {digest}", f"{actor} wrote its draft but is not among its contributors")


class DocumentIndex(Auditor):
    """Compares the rows of series and references with the documents they are derived from."""

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what differs for the documents of these entries."""
        rows = {d.digest: d for d in chunk.rows(Document.objects.select_related("series")).values()}
        found: dict[str, set[tuple[str, str]]] = {digest: set() for digest in rows}
        for source, role, target in Reference.objects.filter(source__in=rows).values_list("source", "role", "target"):
            found[str(source)].add((role, str(target)))
        named: set[str] = set()
        for digest, row in rows.items():
            try:
                envelope = Envelope.from_bytes(bytes(row.content))
            except ValueError:
                continue  # said by Documents
            links = {(link.role, link.digest) for link in envelope.references}
            named |= {target for _, target in links}
            pair = (sorted(found[digest]), sorted(links))
            yield from differences(f"references of document {digest}", {"index": pair})
            owner = (row.series.kind, str(row.series.project_id) if row.series.project_id else SHELF)
            expected = (envelope.kind, envelope.project)
            yield from differences(f"series {row.series_id}", {"kind and project": (owner, expected)})
        there = set(Document.objects.filter(pk__in=named).values_list("pk", flat=True))
        for digest in sorted(named - there):
            yield Problem(f"document {digest}", "other documents refer to it, but it is not there: deleted?")

    def finish(self, size: int) -> Iterator[Problem]:
        """Yield index rows that no document stands behind."""
        newest = Document.objects.filter(series=OuterRef("pk")).order_by("-number").values("title")[:1]
        for series, title, expected in (
            Series.objects.annotate(newest=Subquery(newest))
            .exclude(title=F("newest"), newest__isnull=False)
            .values_list("pk", "title", "newest")[:1000]
        ):
            if expected is None:
                yield Problem(f"series {series}", "no document belongs to it; run manage.py rebuild_indexes")
            else:
                yield from differences(f"series {series}", {"title": (title, expected)})
        sources = Document.objects.filter(pk=OuterRef("source_id"))
        for pk, source in Reference.objects.filter(~Exists(sources)).values_list("pk", "source_id")[:1000]:
            yield Problem(f"reference {pk}", f"its document {source} is not there: deleted?")


class Bytes(Auditor):
    """Checks that the files documents name lie in the store at their size; with `hashed`, that they are those bytes."""

    def __init__(self, *, hashed: bool) -> None:
        super().__init__()
        self._hashed = hashed

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield files that are missing, of another size, or altered."""
        named: list[tuple[Document, FileEntry]] = []
        for row in chunk.rows(Document.objects.all()).values():
            kind = KINDS.get(row.kind)
            try:
                named += [(row, e) for e in (kind.files(Envelope.from_bytes(bytes(row.content)).body) if kind else [])]
            except ValueError:
                continue  # said by Documents
        gone = disposals.files({entry.sha256 for _, entry in named})
        for row, entry in named:
            if gone.get(entry.sha256, -1) < row.seq:  # else it went under a signed disposal
                self.seen += 1
                place = f"document {row.digest}, file {entry.path}"
                yield from differences(place, {"bytes": (self._found(entry.sha256), entry.size)})

    def _found(self, sha256: str) -> int | str:
        try:
            return store.check(sha256) if self._hashed else store.path_of(sha256).stat().st_size
        except (store.BytesMissing, FileNotFoundError):
            return "nothing"
        except store.BytesCorrupt as problem:
            return str(problem)
