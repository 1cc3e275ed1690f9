"""Does what a report's pages say equal its evidence? Whoever holds the seal key can print a lie over true evidence.

What the pages must say is derived from the verified evidence and compared strictly, both ways: nothing false, nothing
missing, nothing added. Words that cannot be derived, such as the running text of a document's section, are named in one
line that holds nothing ("not compared"), by section.
"""

from collections import Counter
from collections.abc import Callable, Mapping

from governance.proof.checks.facts import HEX, HEX_DIGITS, Facts
from governance.proof.checks.outcome import CheckLine
from governance.proof.pages import (
    access,
    answers,
    brief,
    clauses,
    drawn_charts,
    extract,
    failures,
    findings,
    qualification,
    rebuilt,
    section_rows,
    sentences,
)
from governance.proof.pages import register as page_register
from governance.proof.pages.bodies import body_section, quoted
from governance.proof.pages.compare import MOST, Comparison, Expected, alike, head_of, rows_of, shown, tables_of
from governance.proof.pages.documents import REGISTER, documents, register
from governance.proof.pages.drawing import DRAWN, drawing
from governance.proof.pages.front import furniture, page_one
from governance.proof.pages.report import BRIEF, BRIEF_HEAD, ONE_BY_ONE, Report
from governance.proof.reading.object_streams import Places
from governance.proof.reading.text import Element, PageError, Pages, read_pages
from governance.proof.sections.derived import WITHIN
from governance.proof.words.printed import plural
from governance.proof.words.style import SERIF_BOLD
from governance.proof.words.vocabulary import Telling

PAGES = "pages"
NOT_COMPARED = "not compared"
GLANCE = "Documents at a glance"
VERIFY = "How to verify this report"
SHOWN = "What the signer was shown"
WITHOUT_DOCUMENTS: dict[str, Mapping[str, Callable[[Facts, Element, Comparison], None]]] = {
    access.KIND: access.SECTIONS,
    extract.KIND: {extract.TITLE: extract.entries},
    qualification.KIND: qualification.SECTIONS,
    page_register.KIND: page_register.SECTIONS,
}
"""the sections of reports that tell of no documents, by the kind of the report"""

AT_ONCE: Mapping[str, Callable[[Report, Element], None]] = {GLANCE: register, DRAWN: drawing}
"""the sections that tell of all documents at once"""


def page_lines(data: bytes, facts: Facts, places: Places | None = None) -> list[CheckLine]:
    """Return whether the pages of a report (the bytes of the file) say what its evidence does; see `read_pages`.

    One failing line for each thing that they say otherwise, or one that holds; one for each section of which something
    was not compared.
    """
    try:
        pages = read_pages(data, places)
    except PageError as error:
        return [CheckLine(PAGES, False, str(error))]
    return told_lines(pages, facts)


def told_lines(read: Pages, facts: Facts) -> list[CheckLine]:
    """Return what `page_lines` does of pages that were read."""
    try:
        report = Report(facts, read)
        compare(report)
    except PageError as error:
        return [CheckLine(PAGES, False, str(error))]
    # Pages and evidence are by whoever holds the keys: what makes no sense is not compared, and does not hold.
    except Exception as error:  # noqa: BLE001
        return [CheckLine(PAGES, False, f"they cannot be compared with the evidence ({type(error).__name__}: {error})")]
    found = report.found
    told = [CheckLine(PAGES, False, problem) for problem in found.problems[:MOST]]
    if len(found.problems) > MOST:
        told.append(CheckLine(PAGES, False, f"and {len(found.problems) - MOST} more differences"))
    if not told:
        pages = plural(report.pages.count, "page", "pages")
        told.append(CheckLine(PAGES, True, f"what {pages} print was compared with the evidence"))
    words = ((section, ", ".join(what)) for section, what in found.left.items())
    return [
        *told,
        *(CheckLine(NOT_COMPARED, None, f"{section}: {what}; that is the server's word") for section, what in words),
    ]


def compare(report: Report) -> None:
    """Compare everything that can be compared; note the rest."""
    _contents(report)
    for title, section in zip(report.titles, report.sections, strict=True):
        _section(report, title, section)
    if report.told is not None:
        answers.answers(report)
        _within(report, report.told)
    for title, section in zip(report.titles, report.sections, strict=True):
        _rest(report, title, section)
    furniture(report)
    drawn_charts.unexplained(report)
    _completeness(report)
    page_one(report)
    if report.facts.whole or report.told:
        sentences.sections(report, report.told)
    else:
        report.found.leave("everywhere", "running text, captions and headings within sections")
    _digests(report)
    _outline(report)


def _contents(report: Report) -> None:
    report.found.prose(report.contents, ["Contents"], "the table of contents")
    tables = list(tables_of(report.contents))
    expected: list[list[Expected]] = [
        [str(number), title, str(section.page)]
        for number, (title, section) in enumerate(zip(report.titles, report.sections, strict=True), start=1)
    ]
    rows = rows_of(tables[0]) if len(tables) == 1 else []
    if len(rows) != len(expected):
        report.found.wrong(report.contents.page, f"the contents list {len(rows)} sections, expected {len(expected)}")
        return
    for row, wanted in zip(rows, expected, strict=True):
        texts = [cell.text for cell in row]
        if len(row) != 3 or (texts[0], texts[2]) != (wanted[0], wanted[2]) or not alike(row[1].text, str(wanted[1])):
            report.found.wrong(report.contents.page, f"the contents list {' '.join(texts)!r}, expected {wanted}")
    report.found.known.update(id(table) for table in tables)


def _section(report: Report, title: str, section: Element) -> None:
    facts, found = report.facts, report.found
    known = section_rows.RECEIPT | section_rows.ASIDE if facts.receipt else section_rows.LINEAGE
    own = WITHOUT_DOCUMENTS.get(facts.evidence.report.kind)
    if own is not None:
        known = {**own, "Keys": section_rows.keys}
    if title == ONE_BY_ONE:
        documents(report, section)
    elif title == BRIEF and report.brief:
        brief.lines(report, section)
    elif title in AT_ONCE and not facts.receipt:
        AT_ONCE[title](report, section)
    elif title == findings.TITLE and own is None and not facts.receipt:
        findings.findings(facts, section, found)
    elif title in known:
        known[title](facts, section, found)
    elif title == VERIFY:
        section_rows.verifying(facts, section, found)
    elif facts.evidence.report.kind == failures.KIND and title in failures.TITLES:
        failures.section(report, title, section)
    elif facts.receipt and title == SHOWN:
        found.leave(title, "all of it")
    elif report.told and title in report.told.chapters and clauses.chapters(report):
        clauses.chapter(report, title, section)
    elif report.told and sentences.own_section(report, report.told, title):
        drawn_charts.charts(report, title, section)
    else:
        body_section(report, title, section)


def _within(report: Report, told: Telling) -> None:
    """Compare the sections that a report tells of its own, part by part: those that a rule of `sections` makes again.

    How documents stand must have been read before.
    """
    for title, section in zip(report.titles, report.sections, strict=True):
        if title not in told.chapters and (name := told.printed.get(title)) in WITHIN:
            rebuilt.within(report, title, section, str(name))


def _completeness(report: Report) -> None:
    """Note sections that are missing or there twice."""
    facts = report.facts
    told, kind = report.told, facts.evidence.report.kind
    needed = [ONE_BY_ONE, *(section_rows.RECEIPT if facts.receipt else (GLANCE, DRAWN, *section_rows.LINEAGE))]
    if not facts.whole:
        needed = [*(brief.needed(report) if report.brief else ["Keys"]), *WITHOUT_DOCUMENTS.get(kind, ())]
        needed += failures.TITLES if kind == failures.KIND else ()
        needed += section_rows.LINEAGE if told and not told.plain and not report.brief else ()
        if told is None and kind not in WITHOUT_DOCUMENTS:
            report.found.leave("everywhere", f"which sections a report of the kind “{kind}” must have")
    needed = list(dict.fromkeys([*needed, *(sentences.needed(report, told) if told else ()), VERIFY]))
    if facts.receipt and facts.receipt.said.conditions:
        needed.append("Conditions")
    if facts.whole and not facts.receipt and findings.of(facts):
        needed.append(findings.TITLE)
    counts = Counter(report.titles)
    for title in needed:
        if counts[title] != 1:
            report.found.wrong(2, f"the section {title!r} is there {counts[title]} times, expected once")
    for title, times in counts.items():
        if times > 1 and title not in needed and title in (*section_rows.ASIDE, VERIFY, SHOWN):
            report.found.wrong(2, f"the section {title!r} is there {times} times, expected once")


def _rest(report: Report, title: str, section: Element) -> None:
    """Note what of a section was not compared; a table that belongs elsewhere is refused."""
    for table in tables_of(section):
        if id(table) in report.found.known:
            continue
        head = head_of(table)
        if quoted(report, title, table):
            continue
        if head in section_rows.HEADS or head in (REGISTER, BRIEF_HEAD):
            report.found.wrong(
                table.page, f"the section {title!r} has a table of {', '.join(head)}, which belongs elsewhere"
            )
        elif title != SHOWN:
            report.found.leave(title, f"the table “{next(filter(None, head))} …”" if any(head) else "facts")


def _digests(report: Report) -> None:
    """Every SHA-256 that is printed anywhere must occur in the evidence."""
    facts, strange = report.facts, dict[str, int]()
    for element in report.pages.root.all("P", "TD", "TH", "LBody", "Code", "H1", "H2", "Figure"):
        lines = element.lines
        if sum(map(len, lines)) < HEX_DIGITS and not element.alt:
            continue
        told_ = {*HEX.findall("".join(lines)), *HEX.findall(" ".join(lines)), *HEX.findall(element.alt)}
        for digest in told_ - facts.digests:
            strange.setdefault(digest, element.page)
    for digest, page in strange.items():
        report.found.wrong(page, f"the digest {digest} is printed and occurs nowhere in the evidence")


def _outline(report: Report) -> None:
    """The bookmarks name what the headings say."""
    numbered = [f"{number} {title}" for number, title in enumerate(report.titles, start=1)]
    documents = [part.kids[0].text for part in report.parts() if part.kids]
    title = shown(report.title, SERIF_BOLD)
    expected = Counter("".join(text.split()) for text in (title, "Contents", *numbered, *documents))
    printed = Counter("".join(text.split()) for text in report.pages.outline)
    if printed != expected:
        strange = [*(printed - expected), *(expected - printed)]
        report.found.wrong(1, f"the bookmarks and the headings differ in {strange[0]!r}")
