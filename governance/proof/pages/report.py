"""One report's pages beside the facts of its evidence: its parts, and what each document is called on the pages."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from governance.proof.checks import periods
from governance.proof.checks.agreed import Standings
from governance.proof.checks.facts import Facts, Signed
from governance.proof.formats.fields import moment
from governance.proof.pages import incident_facts
from governance.proof.pages.compare import Comparison, head_of, rows_of, tables_of
from governance.proof.pages.incident_facts import Incident
from governance.proof.reading.text import Element, PageError, Pages
from governance.proof.words.vocabulary import LINEAGE, RECEIPT, brief, kinds, labels, telling

ONE_BY_ONE = "Documents, one by one"
BRIEF = "Documents, in brief"
BRIEF_HEAD = ["", "Document", "Title", "Standing", "SHA-256", "Frozen (UTC), by", "Entry"]
SIGNED, UNSIGNED, WITHDRAWN, RECORDED = "Signed", "Signatures missing", "No longer in force", "Recorded"
STANDINGS: Mapping[str, str] = {
    SIGNED: "signed",
    UNSIGNED: "unsigned",
    WITHDRAWN: "no longer in force",
    RECORDED: "recorded",
}
"""the standings of documents as they are printed, and as drawings are described by them"""
INCIDENT, CHANGE, PERIOD = "incident", "change", "project-change"
"""the kinds of reports that say what ran, and what changed"""
NUMBERED = re.compile(r"(\d+) +(.*)")


class Report:
    """The pages of one report in their parts, and the facts that they are compared with.

    Of a dossier, and of a report that is about no document and no signature, the documents are those that its pages
    print: the lineage must be among them. A `brief` report prints a line of each. `standing` collects what is said,
    `stated` that and what is said of documents beside them.

    Raises:
        PageError: the pages do not have the parts of a report.
    """

    def __init__(self, facts: Facts, pages: Pages) -> None:
        self.facts, self.pages, self.found = facts, pages, Comparison()
        parts = pages.root.kids
        if len(parts) < 3 or any(part.tag != "Sect" for part in parts):
            raise PageError(f"found {len(parts)} parts, expected page one, contents and sections")
        self.first, self.contents, self.sections = parts[0], parts[1], parts[2:]
        self.standing: dict[str, str] = {}
        self.stated: dict[str, str] = {}
        own = facts.documents[facts.subject].kind if facts.dossier else facts.evidence.report.kind
        self.told = telling().get(own) if facts.dossier or not facts.whole else None
        """what its pages can say of their own; None where they say nothing, or this version does not know them"""
        self.brief = facts.evidence.report.kind in brief()
        if not facts.whole or facts.dossier:
            self.facts = replace(facts, named=self._printed())
            lineage = self.facts.lineage if facts.dossier or self.brief else ()
            if missing := [digest for digest in lineage if digest not in self.facts.named]:
                raise PageError(f"the document {missing[0]} of the lineage is not printed")
        self.standings = Standings(self.facts)
        """how documents stood, as far as that follows from the evidence"""
        printed = next((part.text for part in self.first.kids if part.tag == "H1"), "")
        self.follows = self._title()
        self.title = self.follows or printed
        """what the report is called, as it follows from the evidence; where it does not, as page one says"""

    def _title(self) -> str | None:
        facts = self.facts
        if facts.receipt:
            names = [facts.title(digest) for digest in facts.roots]
            return f"{facts.receipt.said.printed_name}: {', '.join(map(str, names))}" if None not in names else None
        report = facts.evidence.report
        if report.kind in periods.OF_DAYS and facts.last is not None:
            days, until = periods.days_asked(report.parameters), moment(facts.last.time)
            return periods.title(report.kind, days, until)
        if report.kind == CHANGE:
            sides = (str(report.parameters.get("since")), facts.subject)
            named = [facts.versioned(one) for one in sides if one in facts.documents]
            return f"From {named[0]} to {named[1]}" if len(named) == 2 and None not in named else None
        if report.kind == INCIDENT:
            answer = self.incident
            return answer.headline.rstrip(".") if answer is not None else None
        if report.kind == PERIOD and facts.last is not None:
            return f"Changes, {periods.between(report.parameters).words(moment(facts.last.time))}"
        return facts.title(facts.subject) if facts.whole else None

    @cached_property
    def incident(self) -> Incident | None:
        """What an incident report must answer; None: its subject is no service that the evidence tells of."""
        return incident_facts.incident(self.facts, self.standings)

    def kind(self) -> str:
        """Return what sort of report it must be; of one that this version does not know, what page one says."""
        facts = self.facts
        if not facts.whole and (label := labels().get(facts.evidence.report.kind)):
            return label
        if not facts.whole:
            self.found.leave("page one", "what sort of report it is")
            kicker = next((part.text for part in self.first.kids if part.tag == "P"), "")
            called = " ".join(kicker.split()).removeprefix("Countersign · ")
            if called in {LINEAGE, RECEIPT, *(words.report for words in kinds().values())}:
                raise PageError(f"the report is called {called!r}, its evidence {facts.evidence.report.kind!r}")
            return called
        if facts.receipt:
            return RECEIPT
        words = facts.words(facts.subject) if facts.subject in facts.documents else None
        return words.report if words else LINEAGE

    def parts(self) -> list[Element]:
        """Return the parts in which the documents are printed one by one."""
        for section in self.sections:
            head = section.kids[0].text if section.kids else ""
            if (match := NUMBERED.fullmatch(head)) and match[2] == ONE_BY_ONE:
                return [part for part in section.kids if part.tag == "Sect"]
        return []

    def places(self) -> dict[int, int]:
        """Return the page on which each document is printed, by its number."""
        return {number: part.page for number, part in enumerate(self.parts(), start=1)}

    def marks(self) -> dict[int, str]:
        """Return the standing with which each document is printed, by its number."""
        marks = {}
        for number, part in enumerate(self.parts(), start=1):
            texts = [kid for kid in part.kids if kid.tag == "P"]
            if texts:
                marks[number] = texts[0].text.rpartition("·")[2].strip()
        return marks

    def named(self, text: str) -> str | None:
        """Return the document that a text names by its number."""
        match = NUMBERED.fullmatch(text)
        order = self.facts.printed
        return order[int(match[1]) - 1] if match and 0 < int(match[1]) <= len(order) else None

    def signatures_on(self, digest: str) -> list[Signed]:
        """Return the sign-offs that are printed with a document: all on it or, in a receipt, the receipt's own."""
        facts = self.facts
        if facts.receipt:
            return [facts.receipt]
        return [one for one in facts.signed if digest in {subject.digest for subject in one.statement.subjects}]

    def targets(self, digest: str) -> list[tuple[str, str]]:
        """Return what a document refers to, and as what."""
        found = self.facts.documents.get(digest)
        return [(link.digest, link.role.replace("_", " ")) for link in found.references] if found else []

    def _printed(self) -> list[str]:
        """Return the documents that are printed one by one, by the digests given there; each is in the evidence."""
        printed: list[str] = []
        parts = [(part.page, _digest(part)) for part in self.parts()]
        lines = [(row[4].page, f"sha256:{''.join(row[4].lines)}") for row in self.lines()] if self.brief else []
        for page, digest in (*parts, *lines):
            if digest not in self.facts.documents or digest in printed:
                raise PageError(f"page {page}: found the document {digest!r} twice, or it is not in the evidence")
            printed.append(digest)
        return printed

    def lines(self) -> list[list[Element]]:
        """Return the rows in which a brief report prints its documents."""
        tables = [table for section in self.sections for table in tables_of(section) if head_of(table) == BRIEF_HEAD]
        return [row for table in tables for row in rows_of(table)[1:] if len(row) == len(BRIEF_HEAD)]

    @cached_property
    def titles(self) -> list[str]:
        """Return the titles of the sections; each is numbered by its place."""
        titles = []
        for number, section in enumerate(self.sections, start=1):
            head = section.kids[0] if section.kids else section
            match = NUMBERED.fullmatch(head.text)
            if head.tag != "H1" or match is None or int(match[1]) != number:
                self.found.wrong(section.page, f"a section is called {head.text!r}, expected it to be number {number}")
            titles.append(match[2] if match else head.text)
        return titles


def _digest(part: Element) -> str:
    """Return the digest that a document's own entry gives."""
    return next(("".join(row[1].lines) for table in tables_of(part) for row in rows_of(table) if len(row) == 2), "")
