"""Making a document's lineage in a format, for somebody who may see it, as of a ledger size."""

from governance.errors import Invalid, NotFound, Unavailable
from governance.models import Document, Report, User
from governance.proof.files.lineage.formats import FORMATS, Format
from governance.proof.files.lineage.parts import hexadecimal
from governance.reports.faults import Unreportable
from governance.reports.for_programs import lineage_of
from governance.reports.gathered import gather
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.selectors.attachments import Content


def offered(document: Document) -> list[Format]:
    """Return the formats that a document's lineage can be had in."""
    tell = docs.kind_of(document).described
    described = tell(docs.envelope(document).body) if tell is not None else None
    return [one for one in FORMATS.values() if one.tells_of(described)]


def export(user: User, document: Document, name: str, ledger_size: int | None = None) -> Content:
    """Return the lineage of a document that the person may see, in a format, as of a ledger size (default: now).

    The same document and size give the same bytes on any day, erased names aside: those that a report of that size has
    attached. A document whose lineage holds one that the person may not see is not told of.

    Raises:
        NotFound: there is no such format, or something in the lineage is hidden from the person.
        Invalid: the format has no word for such a document, or the ledger was or is not of that size then.
        Unavailable: stored rows contradict the ledger.
    """
    if name not in FORMATS:
        raise NotFound(f"there is no such format; there are {', '.join(FORMATS)}")
    chosen, now = FORMATS[name], ledger.size()
    size = now if ledger_size is None else ledger_size
    if not document.seq < size <= now:
        raise Invalid(
            "ledger_size", f"found {size}, expected {document.seq + 1} (the document is there) to {now} (now)"
        )
    if chosen not in offered(document):
        raise Invalid("format", f"found a {docs.kind_of(document).label}, expected a model or a release of one")
    try:
        report = Report(kind="lineage", subject=document, project=document.project, ledger_size=size)
        found = gather(report, alone=True)
    except Unreportable as problem:
        raise Unavailable(f"it cannot be exported: {problem}") from problem
    told = [paper.digest for paper in found.lineage]
    if docs.visible(user).filter(pk__in=told).count() != len(told):
        raise NotFound("it rests on a document that you may not see; somebody who may can export it")
    return Content(file_name(document, chosen), chosen.write(lineage_of(found)))


def file_name(document: Document, chosen: Format) -> str:
    """Return what to call the file of a document's lineage in a format."""
    return f"{document.kind}-v{document.number}-{hexadecimal(document.digest)[:12]}.{chosen.ending}"
