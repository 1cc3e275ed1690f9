"""What the section must say in which a document tells of itself: all that follows from its bytes, by its kind's rule.

A receipt prints what its signer saw, of which the tables are compared.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from governance.proof.pages.compare import Expected, head_of, lined, rows_of, says, tables_of
from governance.proof.pages.rebuilt import rebuilt
from governance.proof.pages.report import Report
from governance.proof.reading.text import Element
from governance.proof.sections.derived import SECTIONS
from governance.proof.words.printed import capital, count
from governance.proof.words.vocabulary import kinds

VERDICTS = re.compile(r"\b(?:PASS|FAIL|INCONCLUSIVE)\b")
FILES = ["File", "Bytes", "SHA-256"]


def _entries(body: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every file that a body names, wherever it does."""
    if isinstance(body, Mapping):
        if {"path", "size", "sha256"} <= body.keys():
            yield body
        for value in body.values():
            yield from _entries(value)
    elif isinstance(body, list):
        for value in body:
            yield from _entries(value)


def body_section(report: Report, title: str, section: Element) -> None:
    """Compare the section in which a document tells of itself: which one it is, and the tables of its kind."""
    facts, found = report.facts, report.found
    tables = list(tables_of(section))
    first = next(iter(rows_of(tables[0])), []) if tables else []
    digest = report.named(first[1].text if len(first) == 2 and first[0].text == "Document" else "")
    if digest is None:
        if facts.receipt or (report.told is None and not facts.whole):
            found.leave(title, "all of it")
        else:
            found.wrong(section.page, f"the section {title!r} is of no document, nor is there one in such a report")
        return
    number = facts.printed.index(digest) + 1 if facts.receipt else facts.numbers[digest]
    called, label = facts.title(digest), facts.label(digest)
    if called is None or label is None:
        found.leave(title, "all of it")
        return
    version = "" if facts.receipt else f", version {facts.documents[digest].number}"
    found.facts(tables[0], [("Document", f"{number} {called}{version}")], title)
    if not lined([title], f"{capital(label)}: {called}"):
        found.wrong(section.page, f"a section is called {title!r}, expected {capital(label)}: {called}")
    words = facts.words(digest)
    if words is not None and words.printed in SECTIONS and not facts.receipt:
        rebuilt(report, title, section, digest, words.printed)
        return
    for listed in words.tables if words else ():
        items = facts.documents[digest].body.get(listed.of, [])
        printed = [table for table in tables if head_of(table) == list(listed.columns)]
        expected = [[cell(item) if cell else None for cell in listed.cells] for item in items]
        # A receipt prints the content as its signer saw it, which is not always in such a table.
        if printed or not facts.receipt:
            _listed(report, printed, expected, f"{title}, {listed.of}")
    _files(report, title, digest, tables)
    _verdict(report, title, section, facts.documents[digest].body)


def quoted(report: Report, title: str, table: Element) -> bool:
    """Return whether a table is of a list that documents hold; each of its rows must then be in one of them."""
    head = head_of(table)
    lists = [
        (listed, envelope.body.get(listed.of) or [])
        for envelope in report.facts.documents.values()
        if envelope.kind in kinds()
        for listed in kinds()[envelope.kind].tables
        if list(listed.columns) == head
    ]
    wanted = [[cell(item) if cell else None for cell in listed.cells] for listed, items in lists for item in items]
    for row in rows_of(table)[1:] if lists else ():
        if not any(_row(row, one) for one in wanted):
            told = " | ".join(cell.text for cell in row)
            report.found.wrong(row[0].page, f"{title}: {told!r} is in no document of the evidence")
    return bool(lists)


def _verdict(report: Report, title: str, section: Element, body: Mapping[str, Any]) -> None:
    """Hold each verdict that a section prints by itself, or in a caption, to those in the document."""
    if "verdict" not in body and "verdicts" not in body:
        return
    judged = {str(line.get("verdict")) for line in body.get("verdicts") or () if isinstance(line, Mapping)}
    for part in section.all("LBody", "P", "H2"):
        for word in set(VERDICTS.findall(part.text)):
            alone = bool(part.lines) and part.lines[0] == word
            if word not in ({str(body.get("verdict"))} if alone else judged | {str(body.get("verdict"))}):
                report.found.wrong(part.page, f"{title}: it says {part.text!r}, the document does not hold {word}")


def _files(report: Report, title: str, digest: str, tables: list[Element]) -> None:
    """Compare tables of files: each row is a file that the document names."""
    named = {
        (count(int(entry["size"])), str(entry["sha256"]).removeprefix("sha256:"), str(entry["path"]))
        for entry in _entries(report.facts.documents[digest].body)
    }
    for table in (table for table in tables if head_of(table)[:3] == FILES):
        report.found.known.add(id(table))
        for row in rows_of(table)[1:]:
            size, sha256 = row[1].text, "".join(row[2].lines)
            if not any((size, sha256) == (n, d) and says(row[0], path) for n, d, path in named):
                report.found.wrong(
                    row[0].page, f"{title}: the file {row[0].text} {size} {sha256} is not in the document"
                )


def _listed(report: Report, tables: list[Element], expected: list[list[Expected]], what: str) -> None:
    """Compare a list that is printed in several tables, in an order of its own."""
    left = list(expected)
    for table in tables:
        report.found.known.add(id(table))
        for row in rows_of(table)[1:]:
            match = next((wanted for wanted in left if _row(row, wanted)), None)
            if match is None:
                told_ = " | ".join(cell.text for cell in row)
                report.found.wrong(row[0].page, f"{what}: {told_!r} is not in the document, or is printed twice")
            else:
                left.remove(match)
    for missing in left:
        told_ = " | ".join(str(value) for value in missing if value is not None)
        report.found.wrong(tables[0].page if tables else 1, f"{what}: {told_!r} is in the document and not printed")


def _row(row: list[Element], wanted: list[Expected]) -> bool:
    return len(row) == len(wanted) and all(v is None or says(c, v) for c, v in zip(row, wanted, strict=True))
