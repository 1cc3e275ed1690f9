"""The auditor's package: every report sealed in a period, with an index and the proof that none is missing.

Which reports there were is read from the ledger's own entries of their sealing; the files are those that the entries
name. Everything in it can be checked without the server.
"""

import html
from collections.abc import Callable, Mapping
from typing import Any

from governance import events, store
from governance.models import Report
from governance.proof import canonical
from governance.proof.leaf import Leaf
from governance.registry import REPORTS, ReportKind, Wanted
from governance.reports.days_asked import DaysAsked
from governance.reports.faults import Unreportable
from governance.reports.whole import Whole
from governance.reports.zipped import Zipped
from governance.selectors import keys, ledger

NAME = "audit-package"
LARGEST = 256 * 1024 * 1024  # bytes of all reports together

READ_ME = """AUDITOR'S PACKAGE

index.html      what is in here: open it in a browser
index.json      the same for machines
reports/        the sealed files, as they were taken away by others
period.json     every ledger entry of the period, with the proof that none is missing (countersign: range proof);
                each "report:file:sealed" of the project that index.json names, or of all, has its line there
checkpoint      the ledger's state, signed by the log
keyrings.jsonl  all versions of the organisation's keys

Check a report:  countersign verify --root FINGERPRINT reports/NAME.pdf
Get the fingerprint from the organisation by another way than this package.
"""


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
    here = (leaf for leaf in whole.values() if project is None or leaf.project == project)
    sealed = [leaf for leaf in here if leaf.event == events.REPORT_SEALED]
    rows = Report.objects.select_related("subject", "project").in_bulk([str(leaf.data["report"]) for leaf in sealed])
    known = {str(key): row for key, row in rows.items()}
    package, listed = Zipped(), []
    for number, leaf in enumerate(sealed, start=1):
        tell(f"report {number} of {len(sealed)}")
        listed.append(_add(package, leaf, known))
    given = whole.given(size)
    package.add("period.json", canonical.dumps(given.model_dump() if given else {}))
    package.add("checkpoint", note.encode())
    package.add("keyrings.jsonl", b"".join(envelope + b"\n" for envelope in keys.envelopes()))
    index: dict[str, Any] = {
        "about": report.told_of,
        "project": project,
        "period": _asked(report).words(ledger.time_of(size)),
        "ledger_size": size,
        "entries": len(whole.span),
        "hidden": len(whole.hidden),
        "reports": listed,
    }
    package.add("index.html", _page(index).encode())
    package.add("README.txt", READ_ME.encode())
    package.add("index.json", canonical.dumps({**index, "files": dict(sorted(package.listed.items()))}))
    return package.close()


def _add(package: Zipped, leaf: Leaf, known: Mapping[str, Report]) -> dict[str, Any]:
    """Add a sealed report, or say why it is left out."""
    identifier, digest = str(leaf.data["report"]), str(leaf.data["file"])
    row = known.get(identifier)
    if row is None or row.file_sha256 != digest:
        raise Unreportable(f"ledger entry {leaf.seq} records the sealed report {identifier}, of which no row is left")
    kind = REPORTS.get(row.kind)
    told: dict[str, Any] = {
        "report": identifier,
        "kind": row.kind,
        "called": kind.label if kind else "Signing receipt",
        "about": row.told_of,
        "ledger_size": row.ledger_size,
        "sealed_in": leaf.seq,
        "sealed_at": leaf.time,
        "sha256": digest,
        "size": row.file_size or 0,
        "file": "",
        "left_out": "",
    }
    if row.kind == NAME:
        return {**told, "left_out": "a package itself"}
    if package.weight + told["size"] > LARGEST:
        raise Unreportable(f"the reports of the period are larger than {LARGEST} bytes together; ask for a shorter one")
    try:
        content = store.read(digest)
    except store.BytesMissing:
        return {**told, "left_out": "not in the store any more"}
    name = f"reports/{leaf.seq:08}-{row.filename.removeprefix('countersign-')}"
    package.add(name, content)
    return {**told, "file": name}


def _page(index: Mapping[str, Any]) -> str:
    """Return the index as a page that needs nothing else."""

    def cells(*values: object, tag: str = "td") -> str:
        return "".join(f"<{tag}>{html.escape(str(value))}</{tag}>" for value in values)

    rows = []
    for one in index["reports"]:
        name = html.escape(f"{one['called']}: {one['about']}")
        link = f'<a href="{html.escape(one["file"])}">{name}</a>' if one["file"] else f"{name} ({one['left_out']})"
        told = cells(one["ledger_size"], one["sealed_at"], one["sealed_in"], one["sha256"])
        rows.append(f'<tr><th scope="row">{link}</th>{told}</tr>')
    facts = (
        ("About", index["about"]), ("Period", index["period"]), ("Reports", len(rows)),
        ("Ledger", f"{index['entries']} entries, {index['hidden']} of them as hashes; as of {index['ledger_size']}"),
    )  # fmt: skip
    head = cells("Report", "As of entries", "Sealed (UTC)", "In entry", "SHA-256", tag="th")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Auditor’s package</title><style>'
        "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
        "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #999;padding:.3rem .6rem;"
        "text-align:left;vertical-align:top;overflow-wrap:anywhere;font-weight:normal}</style></head><body>"
        "<h1>Auditor’s package</h1><table>"
        + "".join(f"<tr>{cells(*pair)}</tr>" for pair in facts)
        + "</table><h2>Reports sealed in the period</h2><p>Each with the SHA-256 that the ledger holds. README.txt "
        f"says how to check them.</p><table><tr>{head}</tr>{''.join(rows)}</table></body></html>\n"
    )


KIND = ReportKind(
    name=NAME,
    label="Auditor’s package (ZIP)",
    about="Every report sealed in a period, with an index and the proof that none is missing.",
    asks=DaysAsked,
    of=frozenset({"project", "organisation"}),
    want=lambda report: Wanted(),
    pages=None,
    action="ledger.report",
    check=lambda report: _asked(report).check(),
    file=build,
)
