"""The formats, and making one of a document's lineage as of a ledger size."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.errors import Invalid, NotFound, Unavailable
from governance.exports import attestations, cyclonedx, openlineage, prov
from governance.exports.parts import hexadecimal
from governance.models import Document, Report, User
from governance.reports.faults import Unreportable
from governance.reports.gathered import gather
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.selectors.attachments import Content

if TYPE_CHECKING:
    from governance.reports.gathered import Gathered


@dataclass(frozen=True)
class Format:
    """A format: `write` makes its bytes of what was gathered; `about` says what it holds and who reads it."""

    name: str
    label: str
    about: str
    ending: str
    write: Callable[["Gathered"], bytes]
    of_models: bool = False


FORMATS = {
    one.name: one
    for one in (
        Format(
            "cyclonedx",
            "CycloneDX 1.7 ML-BOM",
            "A model with its card, base model, data, files and licences, for inventories of software.",
            "cdx.json",
            cyclonedx.bill,
            of_models=True,
        ),
        Format(
            "prov",
            "W3C PROV (PROV-JSON)",
            "Documents, runs, sign-offs and people, and what came of what.",
            "prov.json",
            prov.provenance,
        ),
        Format(
            "openlineage",
            "OpenLineage run events",
            "Starts and ends of runs with what they took and made, one event a line.",
            "openlineage.jsonl",
            openlineage.run_events,
        ),
        Format(
            "in-toto",
            "Sign-offs as in-toto attestations",
            "The sign-offs as they were signed, one a line.",
            "intoto.jsonl",
            attestations.signoffs,
        ),
        Format(
            "slsa-vsa",
            "SLSA verification summaries",
            "One statement for each permit: that the gate was open for exactly these inputs.",
            "vsa.jsonl",
            attestations.summaries,
        ),
    )
}


def offered(document: Document) -> list[Format]:
    """Return the formats that a document's lineage can be had in."""
    tell = docs.kind_of(document).described
    of_model = tell is not None and tell(docs.display_body(document)).what in cyclonedx.MODELS
    return [one for one in FORMATS.values() if of_model or not one.of_models]


def export(user: User, document: Document, name: str, ledger_size: int | None = None) -> Content:
    """Return the lineage of a document that the person may see, in a format, as of a ledger size (default: now).

    The same document and size give the same bytes on any day, erased names aside. A document whose lineage holds one
    that the person may not see is not told of.

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
    return Content(file_name(document, chosen), chosen.write(found))


def file_name(document: Document, chosen: Format) -> str:
    """Return what to call the file of a document's lineage in a format."""
    return f"{document.kind}-v{document.number}-{hexadecimal(document.digest)[:12]}.{chosen.ending}"
