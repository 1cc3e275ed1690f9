"""What a brief report's pages must say of its documents: a line for each, and all of them."""

from governance.proof.checks.facts import Facts, at
from governance.proof.pages.compare import Expected, head_of, rows_of, says, tables_of
from governance.proof.pages.documents import SERVER, plausible
from governance.proof.pages.report import BRIEF, BRIEF_HEAD, STANDINGS, Report
from governance.proof.reading.text import Element
from governance.proof.words import running_text
from governance.proof.words.printed import capital, count

SECTIONS = (BRIEF, "Signatures", "Refusals", "Policies and other documents", "Signers and their roles", "Keys")
"""the sections that it must have beside its answers: what they rest on, and who agreed"""


def needed(report: Report) -> tuple[str, ...]:
    """Return the sections that a brief report cannot lack; where no document is told of, none lists them."""
    return SECTIONS if report.facts.printed else tuple(title for title in SECTIONS if title != BRIEF)


def lines(report: Report, section: Element) -> None:
    """Compare the documents line by line; those that are missing here must stand beside the lineage."""
    facts, found = report.facts, report.found
    tables = [table for table in tables_of(section) if head_of(table) == BRIEF_HEAD]
    texts = [part for part in section.kids if part.tag == "P"]
    elsewhere = [text for digest in facts.documents if (text := _elsewhere(facts, digest))] if facts.roots else []
    elsewhere = elsewhere or [running_text.each_in_brief(facts.size)]
    told = next((text for text in elsewhere if texts and says(texts[0], text)), next(iter(elsewhere), None))
    found.prose(section, [told], "documents in brief")
    if len(tables) != 1:
        found.wrong(section.page, f"found {len(tables)} tables of documents in brief, expected one")
        return
    rows: list[list[Expected]] = []
    for number, (digest, row) in enumerate(zip(facts.printed, rows_of(tables[0])[1:], strict=False), start=1):
        envelope, label, leaf = facts.documents[digest], facts.label(digest), facts.frozen.get(digest)
        rows.append(
            [
                str(number),
                f"{capital(label)} version {envelope.number}" if label else None,
                facts.title(digest),
                None,
                digest.removeprefix("sha256:"),
                f"{at(leaf)} {facts.who(leaf.actor)}" if leaf else None,
                count(leaf.seq) if leaf else None,
            ]
        )
        _standing(report, number, digest, row)
    found.rows(tables[0], rows, "documents in brief", ["Standing"])
    found.leave(BRIEF, SERVER)


def _elsewhere(facts: Facts, digest: str) -> str | None:
    """Return what is said of the report in which the rest is printed, where it is that on a document."""
    words, title = facts.words(digest), facts.title(digest)
    if words is None or title is None:
        return None
    return running_text.in_brief(words.report, running_text.named(words.label, title), digest, facts.size)


def _standing(report: Report, number: int, digest: str, row: list[Element]) -> None:
    said = row[3].text if len(row) == len(BRIEF_HEAD) else ""
    mark = _mark(said)
    if mark is None:
        report.found.wrong(row[0].page, f"document {number} has the standing {said!r}, which there is not")
        return
    report.standing[digest] = status(said)
    plausible(report, number, digest, row[0].page, status(said), mark)


def status(said: str) -> str:
    """Return the standing in words, of a cell that has its mark before it; nothing where it has none."""
    mark = _mark(said)
    return said.removeprefix(f"{mark} ") if mark is not None else ""


def _mark(said: str) -> str | None:
    return next((one for one in STANDINGS if said.startswith(f"{one} ")), None)
