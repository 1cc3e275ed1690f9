"""The pages of a qualification: every table, count and exception as it follows from the findings in the evidence."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from governance.proof.checks import qualification
from governance.proof.checks.facts import Facts
from governance.proof.checks.qualification import KIND, Listed, Pairs, Part, Qualification
from governance.proof.pages.compare import BULLET, Comparison, head_of, lined, shown, tables_of
from governance.proof.pages.exceptions import exactly
from governance.proof.pages.report import Report
from governance.proof.reading.text import Element
from governance.proof.words.style import SERIF

__all__ = ["KIND", "SECTIONS", "claims", "exceptions", "lead"]

NEWEST = "that no backup is newer, and no check of it, than those named"


def _found(facts: Facts) -> Qualification:
    return qualification.read(facts.evidence.findings or "")


def lead(report: Report) -> dict[str, str]:
    """Return what page one of a qualification must say first, by its labels; nothing of other reports."""
    asked = report.facts.evidence.report
    if asked.kind != KIND:
        return {}
    return qualification.lead(_found(report.facts), str(asked.parameters.get("findings")))


def exceptions(report: Report, items: Sequence[Element]) -> list[Element]:
    """Compare the exceptions of a qualification: all of them, in order, and no other; of other reports return all."""
    if report.facts.evidence.report.kind != KIND:
        return list(items)
    expected = [". ".join(one) for one in qualification.exceptions(_found(report.facts), report.facts.leaves)]
    exactly(report, items, expected, "the findings")
    return []


def claims(report: Report, proves: Sequence[Element]) -> None:
    """Compare whether page one says that the entries on a backup are proved: where there are some, and only there."""
    if report.facts.evidence.report.kind != KIND:
        return
    said, there = any(_says(item, qualification.BACKED_UP) for item in proves), bool(_found(report.facts).backup)
    if said is not there:
        words = "says" if said else "does not say"
        report.found.wrong(1, f"it {words} that entries on a backup are proved, the findings name {there and 'some'}")


def _says(item: Element, text: str) -> bool:
    return item.lines[:1] == [BULLET] and lined(item.lines[1:], shown(text, SERIF))


def _section(title: str, facts: Facts, section: Element, found: Comparison) -> None:
    parts = qualification.sections(_found(facts), facts.leaves)[title]
    found.prose(section, [text for part in parts for text in _texts(part)], title)
    expected = [part for part in parts if not isinstance(part, str) and part.rows]
    tables = list(tables_of(section))
    if len(tables) != len(expected) or any(section.all("Figure")):
        found.wrong(section.page, f"{title} has {len(tables)} tables and drawings, expected {len(expected)} tables")
        return
    for table, part in zip(tables, expected, strict=True):
        if isinstance(part, Pairs):
            found.facts(table, part.rows, title)
        elif head_of(table) != list(part.heads):
            found.wrong(table.page, f"{title} has a table of {', '.join(head_of(table))}, expected {part.heads}")
        else:
            found.rows(table, part.rows, f"{title}, {part.caption.rstrip('.').lower()}")
    if title == qualification.OPERATION:
        found.leave(title, NEWEST)


def _texts(part: Part) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, Listed):
        yield part.caption
        if not part.rows:
            yield part.empty


SECTIONS: dict[str, Callable[[Facts, Element, Comparison], None]] = {
    title: partial(_section, title)
    for title in (
        qualification.INSTALLATION,
        qualification.OPERATION,
        qualification.REQUIREMENTS,
        qualification.PACKAGES,
    )
}
