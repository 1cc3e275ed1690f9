"""A report's pages read once: what a change of what they say is found to be, without setting a page anew."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from typing import Any

import pikepdf

from governance.proof.checks.evidence import ATTACHMENT
from governance.proof.checks.facts import Facts
from governance.proof.checks.verify import examine
from governance.proof.formats.envelope import Link
from governance.proof.pages.claims import compare
from governance.proof.pages.compare import Comparison, head_of, rows_of
from governance.proof.pages.exceptions import exceptions
from governance.proof.pages.rebuilt import rebuilt, within
from governance.proof.pages.report import Report
from governance.proof.pages.sentences import allowed
from governance.proof.reading.text import Element, PageError, Piece, read_pages
from governance.proof.words.places import parts
from governance.reports import tasks
from governance.reports.gathered import Gathered

SEAL = "the visible seal has 0 lines"
BULLET = "–"


def reread(found: Gathered, fingerprint: str) -> "Reread":
    """Return what a report prints of what was gathered, read once."""
    pdf = tasks.unsealed(found)
    with pikepdf.open(BytesIO(pdf)) as opened:
        facts = examine(opened.attachments[ATTACHMENT].get_file().read_bytes(), fingerprint).facts
    assert facts is not None
    return Reread(pdf, facts)


class Reread:
    """The pages of one file, and the facts that they are compared with."""

    def __init__(self, pdf: bytes, facts: Facts) -> None:
        pages = read_pages(pdf)
        # Cells are parts of their own here, which can be told apart.
        self.pages, self.facts = replace(pages, root=copied(pages.root)), facts

    def wrong(self, root: Element | None = None) -> list[str]:
        """Return what is found wrong with the pages, or with others in their place."""
        try:
            report = Report(self.facts, replace(self.pages, root=root or copied(self.pages.root)))
            compare(report)
        except PageError as error:
            return [str(error)]
        return [problem for problem in report.found.problems if SEAL not in problem]

    def texts(self, *tags: str) -> list[Element]:
        """Return the parts of some tags, in reading order."""
        return list(self.pages.root.all(*tags))

    def exceptions(self, label: str) -> list[Element]:
        """Return the exceptions of page one that have a label."""
        listed = next(part for part in self.pages.root.kids[0].kids if part.tag == "L")
        return [part for part in listed.all("LBody") if part.text.startswith(f"{BULLET} {label}. ")]

    def warned(self) -> list[Element]:
        """Return the exceptions of page one."""
        return list(next(part for part in self.pages.root.kids[0].kids if part.tag == "L").all("LBody"))

    def otherwise(self, part: Element, *, says: str | None) -> list[str]:
        """Return what is found wrong where a part says something else or (None) is left out."""
        return self.wrong(copied(self.pages.root, part, says))

    def exchanged(self, one: Element, other: Element) -> list[str]:
        """Return what is found wrong where two parts say what the other does: each true, in the wrong place."""
        said = {id(one): other.text, id(other): one.text}

        def swapped(element: Element) -> Element:
            if id(element) in said:
                piece = Piece(element.page, element.tag, lines=[said[id(element)]], face=element.face)
                return Element(element.tag, [piece], element.alt, element.page)
            held = [swapped(each) if isinstance(each, Element) else each for each in element.held]
            return Element(element.tag, held, element.alt, element.page)

        return self.wrong(swapped(self.pages.root))

    def unnoticed(self, parts: list[Element], says: str = "All is well") -> Iterator[str]:
        """Yield each part that can say something else, or be left out, without anything being found."""
        assert not self.wrong()
        for part in parts:
            if not self.otherwise(part, says=says):
                yield f"said otherwise: {part.text}"
            if not self.otherwise(part, says=None):
                yield f"left out: {part.text}"


def in_places(facts: Facts, text: str, words: str) -> str | None:
    """Return a known sentence of a kind with other words in its places; None where it has none, or is none."""
    said = text.removeprefix(f"{BULLET} ").partition(" See document ")[0]
    found = (allowed(facts, None, what).like(said) for what in ("says", "warns"))
    sentence = next((one for one in found if one is not None and one not in said), None)
    return words.join(parts(sentence)[0]) if sentence else None


def copied(element: Element, but: Element | None = None, says: str | None = None) -> Element:
    """Return a tree anew; of one part without its text, or with another."""
    if element is but:
        lines = [BULLET, str(says)] if element.tag == "LBody" else [str(says)]
        piece = Piece(element.page, element.tag, lines=lines, face=element.face)
        return Element(element.tag, [piece], element.alt, element.page)
    held: list[Element | Piece] = []
    for one in element.held:
        if one is but and says is None:
            continue
        if isinstance(one, Element) and one.tag == "LI" and says is None and any(kid is but for kid in one.kids):
            continue
        held.append(copied(one, but, says) if isinstance(one, Element) else one)
    return Element(element.tag, held, element.alt, element.page)


def left_out(pages: Reread) -> tuple[int, list[str]]:
    """Return how many parts of documents' own sections were left out, put after the next, or said twice, and which of
    these nobody finds. Only the section is compared anew: the rest of the report stays as it is.
    """
    report = Report(pages.facts, pages.pages)
    compare(report)
    tried, missed = 0, list[str]()
    for title, section in zip(report.titles, report.sections, strict=True):
        tables = [kid for kid in section.kids if kid.tag == "Table"]
        named = rows_of(tables[0])[0] if tables and rows_of(tables[0]) else []
        digest = report.named(named[1].text) if len(named) == 2 and named[0].text == "Document" else None
        words = report.facts.words(digest) if digest is not None else None
        if digest is None or words is None:
            continue
        first, kids = list(section.kids[:2]), list(section.kids[2:])
        for place, kid in enumerate(kids):
            after = kids[place + 1] if place + 1 < len(kids) else None
            ways = {"left out": [*kids[:place], *kids[place + 1 :]], "twice": [*kids[: place + 1], *kids[place:]]}
            if after is not None and (after.tag, after.text) != (kid.tag, kid.text):
                ways["later"] = [*kids[:place], after, kid, *kids[place + 2 :]]
            for how, changed in ways.items():
                tried += 1
                report.found = Comparison(reader=report.found.reader)
                rebuilt(report, title, Element("Sect", [*first, *changed], page=section.page), digest, words.printed)
                if not any(title in problem for problem in report.found.problems):
                    missed.append(f"{title}, {how}: {kid.tag} {kid.text[:80]}")
    return tried, missed


def left_out_of_dossier(pages: Reread) -> tuple[int, list[str]]:
    """Return how many parts a dossier's own sections have, and which can be left out, or said twice,
    unnoticed: not charts that follow from documents, which are looked for by their own names.
    """
    report = Report(pages.facts, pages.pages)
    compare(report)
    tried, missed = 0, list[str]()
    for title, section in zip(report.titles, report.sections, strict=True):
        name = report.told.printed.get(title) if report.told is not None else None
        if name is None:
            continue
        report.found = Comparison(reader=report.found.reader)
        within(report, title, section, name)
        assert not report.found.problems
        drawn = {place for place, kid in enumerate(section.kids) if kid.tag == "Div"}
        drawn = {place for place in drawn if id(section.kids[place - 1]) not in report.found.known}
        for place in range(1, len(section.kids)):
            if place in drawn or place + 1 in drawn:
                continue
            kids, kid = section.kids, section.kids[place]
            for how, changed in {
                "left out": [*kids[:place], *kids[place + 1 :]],
                "twice": [*kids[: place + 1], *kids[place:]],
            }.items():
                tried += 1
                report.found = Comparison(reader=report.found.reader)
                within(report, title, Element("Sect", changed, page=section.page), name)
                if not any(title in problem for problem in report.found.problems):
                    missed.append(f"{title}, {how}: {kid.tag} {kid.text[:80]}")
    return tried, missed


def warnings_left_out(pages: Reread) -> tuple[int, list[str]]:
    """Return how many exceptions page one has, and which can be left out, or change places with the next, unnoticed.

    Only page one's exceptions are compared anew: what other pages say was read before.
    """
    report = Report(pages.facts, pages.pages)
    compare(report)
    items = pages.warned()
    ways = {f"left out: {one.text}": [*items[:n], *items[n + 1 :]] for n, one in enumerate(items)}
    pairs = enumerate(pairwise(items))
    ways |= {f"after the next: {one.text}": [*items[:n], after, one, *items[n + 2 :]] for n, (one, after) in pairs}
    missed, words = [], ("an exception that there is", "before what is graver")
    for how, changed in ways.items():
        report.found = Comparison(reader=report.found.reader)
        exceptions(report, changed)
        if not any(one in problem for problem in report.found.problems for one in words):
            missed.append(how)
    return len(items), missed


def dictated(pages: Reread, schema: str, body: dict[str, Any], **linked: dict[str, Any]) -> list[str]:
    """Return what page one is found to lack where a document of the lineage says something else than it did: a kind
    (its schema) and a body that call for warnings, with the bodies of what it names.
    """
    facts = pages.facts
    digest, *others = [one for one in facts.depths if one in facts.documents]
    names = dict(zip(linked, others, strict=False))
    links = [Link(role=role, digest=other) for role, other in names.items()]
    own = {"schema_name": schema, "body": body, "references": links}
    changed = {digest: facts.documents[digest].model_copy(update=own)}
    changed |= {
        other: facts.documents[other].model_copy(update={"schema_name": "evals.evaluation_set/1", "body": linked[role]})
        for role, other in names.items()
    }
    report = Report(replace(facts, documents={**facts.documents, **changed}), pages.pages)
    exceptions(report, [])
    return [one.partition("that there is: ")[2] for one in report.found.problems if "that there is: " in one]


def tables_told_otherwise(pages: Reread) -> tuple[int, dict[str, set[str]]]:
    """Return how many ways were tried to tell a table of a dossier's own sections otherwise, and those that nobody
    finds, by the table's caption: a row left out, said twice or in the next one's place, or (by its head) a cell. Of
    facts without a head the labels stand for the caption.
    """
    report = Report(pages.facts, pages.pages)
    compare(report)
    tried, missed = 0, dict[str, set[str]]()
    for title, section in zip(report.titles, report.sections, strict=True):
        name = report.told.printed.get(title) if report.told is not None else None
        for place, table in enumerate(section.kids):
            if name is None or table.tag != "Table":
                continue
            head = [cell.text for cell in rows_of(table)[0]] if head_of(table) else []
            called = section.kids[place - 1].text if head else ", ".join(row[0].text for row in rows_of(table))
            for how, rows in _rows_otherwise(table, head):
                tried += 1
                other = Element("Table", rows, table.alt, table.page)
                kids = [*section.kids[:place], other, *section.kids[place + 1 :]]
                report.found = Comparison(reader=report.found.reader)
                within(report, title, Element("Sect", kids, page=section.page), name)
                if not report.found.problems:
                    missed.setdefault(called, set()).add(how)
    return tried, missed


def _rows_otherwise(table: Element, head: list[str]) -> Iterator[tuple[str, list[Element | Piece]]]:
    """Yield what a table says otherwise, and how: every row, and the cells of its first and last."""
    rows, first = list(table.kids), 1 if head else 0
    for n in range(first, len(rows)):
        yield "left out", [*rows[:n], *rows[n + 1 :]]
        yield "twice", [*rows[: n + 1], *rows[n:]]
        if n + 1 < len(rows) and [c.text for c in rows[n].kids] != [c.text for c in rows[n + 1].kids]:
            yield "later", [*rows[:n], rows[n + 1], rows[n], *rows[n + 2 :]]
    for n in {first, len(rows) - 1} if len(rows) > first else ():
        for at, cell in enumerate(rows[n].kids if head else rows[n].kids[1:], start=0 if head else 1):
            piece = Piece(cell.page, cell.tag, lines=["otherwise"], face=cell.face)
            cells = [*rows[n].kids]
            cells[at] = Element(cell.tag, [piece], cell.alt, cell.page)
            other = Element("TR", [*cells], rows[n].alt, rows[n].page)
            yield head[at] if head else rows[n].kids[0].text, [*rows[:n], other, *rows[n + 1 :]]
