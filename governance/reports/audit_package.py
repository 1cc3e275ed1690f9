"""The auditor's package: every report sealed in a period, with an index and the proof that none is missing.

It says on which releases, plans and services of the period there is none, as nobody asked: few reports do not mean that
there is little to report. What is kept from some people is named in it, and left out: a package goes from hand to hand.

Which reports there were is read from the ledger's own entries of their sealing; the files are those that the entries
name. Everything in it can be checked without the server.
"""

from collections.abc import Callable, Mapping
from functools import partial

from governance import events, store
from governance.models import Document, Report
from governance.proof.files.package_index import (
    INDEX,
    KEPT_BACK,
    PAGE,
    READ_ME,
    READ_ME_TEXT,
    Index,
    Listed,
    Looked,
    Unreported,
)
from governance.proof.files.proved_zip import AROUND, CHECKPOINT, CONSISTENCY, KEYRINGS, PERIOD
from governance.proof.formats import canonical
from governance.proof.formats.leaf import Leaf
from governance.proof.history.unreported import looked_at
from governance.registry import KINDS, REPORTS, ReportKind, Wanted
from governance.reports.days_asked import DaysAsked
from governance.reports.faults import Unreportable
from governance.reports.gather_evidence import goes_on, proved
from governance.reports.gathered import next_to
from governance.reports.whole import Whole
from governance.reports.zipped import Zipped
from governance.selectors import keys, ledger

NAME = "audit-package"
LARGEST = 256 * 1024 * 1024  # bytes of all reports together


def _asked(report: Report) -> DaysAsked:
    return DaysAsked.model_validate_json(report.parameters)


def build(report: Report, note: str, tell: Callable[[str], None]) -> bytes:
    """Return the ZIP; `note` is the signed checkpoint of exactly the report's ledger size.

    Raises:
        Unreportable: a report that was sealed cannot be told from the rows, or all of them are too large together.
        LeafCorrupt: stored bytes were altered.
    """
    size = report.ledger_size
    if not 0 < size <= ledger.size():
        raise Unreportable(f"the package asks for ledger size {size}, the ledger has {ledger.size()} entries")
    tell("reading the period")
    project = str(report.project_id) if report.project_id else None
    whole = Whole(_asked(report).span(size), project)
    sealed, frozen = list[Leaf](), list[Leaf]()
    for leaf in whole.values():
        if project is None or leaf.project == project:
            sealed += [leaf] if leaf.event == events.REPORT_SEALED else []
            frozen += [leaf] if leaf.event == events.DOCUMENT_FROZEN else []
    rows = Report.objects.select_related("subject", "project").in_bulk([str(leaf.data["report"]) for leaf in sealed])
    known = {str(key): row for key, row in rows.items()}
    listed: list[Listed] = []
    with Zipped() as package:
        for number, leaf in enumerate(sealed, start=1):
            tell(f"report {number} of {len(sealed)}")
            listed.append(_add(package, leaf, known))
        given = whole.given(size)
        package.add(PERIOD, canonical.dumps(given.model_dump() if given else {}))
        beside = ledger.leaves_at(sorted(next_to(whole.span, report, size) - set(whole.span)))
        package.add(AROUND, canonical.dumps([entry.model_dump() for entry in proved(beside.values(), size)]))
        told_of = sorted({one.ledger_size for one in listed if one.file} - {size})
        package.add(CONSISTENCY, canonical.dumps([goes_on(old, size).model_dump() for old in told_of]))
        package.add(CHECKPOINT, note.encode())
        package.add(KEYRINGS, b"".join(envelope + b"\n" for envelope in keys.envelopes()))
        there = [leaf for leaf, one in zip(sealed, listed, strict=True) if one.file]
        looked = looked_at(frozen, there, {kind.name: kind.wanted for kind in KINDS.values() if kind.wanted})
        index = Index(
            about=report.told_of,
            project=project,
            parameters=report.asked,
            period=_asked(report).words(ledger.time_of(size)),
            ledger_size=size,
            entries=len(whole.span),
            hidden=len(whole.hidden),
            reports=listed,
            looked_for=[
                Looked(kind=kind.name, called=kind.label, reports=dict(kind.wanted))
                for _, kind in sorted(KINDS.items())
                if kind.wanted
            ],
            looked_at=len(looked),
            unreported=_unreported([leaf for leaf, reported in looked if not reported]),
        )
        package.add(PAGE, index.page())
        package.add(READ_ME, READ_ME_TEXT.encode())
        files = dict(sorted(package.listed.items()))
        package.add(INDEX, index.model_copy(update={"files": files}).to_bytes())
        return package.close()


def _unreported(frozen: list[Leaf]) -> list[Unreported]:
    titled = Document.objects.select_related("series").in_bulk([leaf.subjects[0] for leaf in frozen])
    return [
        Unreported(
            digest=leaf.subjects[0],
            kind=str(leaf.data["kind"]),
            called=KINDS[str(leaf.data["kind"])].label,
            about=str(titled[leaf.subjects[0]]),
            frozen_in=leaf.seq,
            frozen_at=leaf.time,
        )
        for leaf in frozen
    ]


def _add(package: Zipped, leaf: Leaf, known: Mapping[str, Report]) -> Listed:
    """Add a sealed report, or say why it is left out."""
    identifier, digest = str(leaf.data["report"]), str(leaf.data["file"])
    row = known.get(identifier)
    if row is None or row.file_sha256 != digest:
        raise Unreportable(f"ledger entry {leaf.seq} records the sealed report {identifier}, of which no row is left")
    kind, size = REPORTS.get(row.kind), row.file_size or 0
    told = partial(
        Listed,
        report=identifier,
        kind=row.kind,
        called=kind.label if kind else "Signing receipt",
        about=row.told_of,
        ledger_size=row.ledger_size,
        sealed_in=leaf.seq,
        sealed_at=leaf.time,
        sha256=digest,
        size=size,
    )
    if row.kind == NAME:
        return told(file="", left_out="a package itself")
    if kind is not None and kind.kept_from:
        return told(file="", left_out=KEPT_BACK)
    if package.weight + size > LARGEST:
        raise Unreportable(f"the reports of the period are larger than {LARGEST} bytes together; ask for a shorter one")
    try:
        content = store.read(digest)
    except store.BytesMissing:
        return told(file="", left_out="not in the store any more")
    name = f"reports/{leaf.seq:08}-{row.filename.removeprefix('countersign-')}"
    package.add(name, content)
    return told(file=name, left_out="")


KIND = ReportKind(
    name=NAME,
    label="Auditor’s package (ZIP)",
    about="Every report sealed in a period, what none is on, and the proof that none is missing.",
    asks=DaysAsked,
    of=frozenset({"project", "organisation"}),
    want=lambda report: Wanted(),
    pages=None,
    action="ledger.report",
    check=lambda report: _asked(report).check(),
    file=build,
)
