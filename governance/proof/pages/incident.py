"""What an incident report answers: every table worked out again from the documents and entries in the evidence.

How documents stand is told of elsewhere; whose signatures count follows from policies, and is held to the signatures
that there are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from governance.proof.answers import approval, safety, served
from governance.proof.answers.behind import Behind
from governance.proof.answers.inforce import Standing
from governance.proof.answers.unknown import of_service
from governance.proof.checks.facts import Signed, at, role
from governance.proof.pages import changes
from governance.proof.pages import exceptions as page_exceptions
from governance.proof.pages.compare import Expected, beginning, head_of, rows_of, says, shown, tables_of
from governance.proof.pages.documents import named_so
from governance.proof.pages.incident_facts import Incident
from governance.proof.pages.report import INCIDENT, Report
from governance.proof.pages.sentences import own_section
from governance.proof.reading.text import Element
from governance.proof.words.printed import count, second, short
from governance.proof.words.printed import moment as told

PAPERS = ("Document", "Kind", "Then", "As known", "Signed by", "Digest")
DATA = ("Dataset", "Rows", "Standing then", "Signed by", "Digest")
SIGNERS = ("Document", "Signed by", "Role", "How", "Time (UTC)", "Entry")
DOERS = ("Who", "Did", "Time (UTC)", "Entry")
BEFORE = ("What ran before", "From (UTC)", "To (UTC)", "Safe?")
SPANS = ("From (UTC)", "To (UTC)", "What ran", "Open")
EVENTS = ("So at (UTC)", "Recorded (UTC)", "What", "It ran then", "Reason", "Entry")
FILES = ("File", "Bytes", "SHA-256")
TOLD = ("Then", "Standing then", "As known", "Signed by", "Safe?")
"""columns that are held to what is told of a document elsewhere"""
NOBODY = "nobody"
OWN = ("Not approved", "Not in force", "Not known")
"""the exceptions of page one that follow from the answer"""
DATA_OF, PEOPLE_OF, BASE_OF = (
    "Which data was it trained on", "Who evaluated it, and who approved it", "Which base model underpins it",
)  # fmt: skip
SINCE, HISTORY = "What changed since the last safe version?", "What ran here, and what was recorded of it"
OF_DATA, CONTRACTS, APPROVAL = "The data of the run.", "Under these data contracts.", "Inside this standing approval."
SIGNATURES = "Release, waivers and plan, with names as signers printed them."
DID, THERE = "Who did the work, by the ledger.", "What ran there before, the last first."
RAN, RECORDED = "What ran, the last first.", "What was recorded: when it was so, and when it became known."
STOOD, BASE = "How these stood at the moment, and stand.", "The base model."

Compare = Callable[[str, Element], None]


@dataclass(frozen=True)
class Block:
    """A table with its caption, and what is said in place of one without rows; or (no head) a sentence alone."""

    caption: str
    head: tuple[str, ...] = ()
    rows: Sequence[Sequence[Expected]] = ()
    empty: str = "None is on record."


def answers(report: Report) -> None:
    """Compare all answers; how documents stand must have been read before."""
    found = report.incident
    if found is None:
        report.found.wrong(1, "its subject is no service of which the evidence tells")
        return
    wanted = dict(_Page(report, found).wanted())
    for title, section in zip(report.titles, report.sections, strict=True):
        if title in wanted:
            wanted.pop(title)(title, section)
        elif report.told is not None and own_section(report, report.told, title):
            report.found.wrong(section.page, f"there is a section {title!r}, which answers nothing that was asked")
    for title in wanted:
        report.found.wrong(2, f"there is no section {title!r}")


def lead(report: Report) -> dict[str, Sequence[str]]:
    """Return what page one must say of the answers, by its labels: of each thing that may have run, in order."""
    found = report.incident
    if found is None:
        return {}
    models = zip(found.ran.candidates, found.models, strict=True)
    told_of = [_lead(report, found, what, model) for what, model in models]
    said: dict[str, Sequence[str]] = {"Service": [found.service], "Moment": [told(found.time)]}
    said["As known at"] = [told(found.known)]
    for label in told_of[0] if told_of else ():
        if all(one[label] is not None for one in told_of):
            said[label] = [str(one[label]) for one in told_of]
    before = next((row for row in _rows(report, SINCE, BEFORE) if safety.is_safe(row[-1].text)), None)
    return said | {"Last safe version": [before[0].text if before is not None else "none"]}


def _lead(report: Report, found: Incident, what: str, model: Behind) -> dict[str, str | None]:
    bodies = report.facts.documents
    data = [f"{found.called[digest]} ({int(bodies[digest].body['rows'])} rows)" for digest in model.datasets]
    one = found.ran.state == "runs"
    # The first row of the table of what stood is the release's, where there is one.
    stood = _rows(report, PEOPLE_OF + _if(found, model), PAPERS) if model.release else []
    return {
        "It ran" if one else "It may have been": found.name(what),
        "Approved": _approval(report, found, model),
        "Trained on": ", ".join(data) or "not known",
        "Release signed by": stood[0][4].text if stood else "no release",
        "Base model": found.called.get(model.base, "not known"),
    }


def _if(found: Incident, model: Behind) -> str:
    """Return how a section's title ends: of something that may have run, with its name."""
    return "?" if found.ran.state == "runs" else f", if it was {found.name(model.serves)}?"


def exceptions(report: Report, items: Sequence[Element]) -> list[Element]:
    """Compare what page one tells of what was not approved, not in force or is not known; return the other items.

    All of it must be there, in this order, and nothing else of the kind.
    """
    found = report.incident
    if report.facts.evidence.report.kind != INCIDENT or found is None:
        return list(items)
    own = [item for label in OWN for item in beginning(items, label)]
    listed = [item for item in items if item in own]
    expected = _expected(report, found)
    if expected is None:
        report.found.leave("page one", "what was not approved, not in force or is not known")
        return list(items)
    page_exceptions.exactly(report, listed, expected, "the answer")
    return [item for item in items if item not in own]


def _expected(report: Report, found: Incident) -> list[str] | None:
    facts, said = report.facts, list[str]()
    for model, name in zip(found.models, map(found.name, found.ran.candidates), strict=True):
        if not model.serves:
            continue
        approved = _approval(report, found, model)
        stood, whole = found.stood(model.serves, report.standings.moment(found.time))
        if approved is None or not whole:
            return None
        if approved not in (approval.APPROVED, approval.PARTLY):
            said.append(f"Not approved. {approval.refused(name)}{facts.see(model.serves)}")
        for digest in approval.shaken(model, facts.documents, stood):
            told_so = approval.rested(name, found.called[digest], stood[digest])
            said.append(f"Not in force. {told_so}{facts.see(digest)}")
    safe = [safety.is_safe(row[-1].text) for row in _rows(report, SINCE, BEFORE)]
    gaps = [*of_service(found.ran, [found.name(what) for what in found.ran.candidates], safe)]
    for model, what in zip(found.models, found.ran.candidates, strict=True):
        gaps += found.unknown(model, found.name(what))
    return [*said, *(f"Not known. {gap.words}" for gap in gaps)]


def _approval(report: Report, found: Incident, model: Behind) -> str | None:
    """Return whether something that ran was approved, in words; None where that does not follow.

    That a later version was agreed need not show: then it is as the table of what stood says.
    """
    if not model.serves:
        return approval.NO_RELEASE
    stood, whole = found.stood(model.serves, report.standings.moment(found.time))
    if not whole:
        return None
    release = stood.get(model.release)
    rows = _rows(report, PEOPLE_OF + _if(found, model), PAPERS)
    if release is not None and rows and rows[0][2].text == Standing.SUPERSEDED.value:
        release = replace(release, standing=Standing.SUPERSEDED)
    proven = model.base == model.serves or model.record in found.made
    shaken = bool(approval.shaken(model, report.facts.documents, stood))
    return approval.word(model, release, proven=proven, shaken=shaken)


def _rows(report: Report, title: str, head: tuple[str, ...]) -> list[list[Element]]:
    """Return the rows of the table with a head in a section; none where it is not there."""
    sections = [one for named, one in zip(report.titles, report.sections, strict=True) if named == title]
    tables = [table for one in sections for table in tables_of(one) if tuple(head_of(table)) == head]
    return [row for row in rows_of(tables[0])[1:] if len(row) == len(head)] if tables else []


@dataclass
class _Page:
    report: Report
    incident: Incident

    def wanted(self) -> Iterator[tuple[str, Compare]]:
        """Yield each section that there must be, and what compares it."""
        one = self.incident.ran.state == "runs"
        for what, model in zip(self.incident.ran.candidates, self.incident.models, strict=True):
            name = "?" if one else f", if it was {self.incident.name(what)}?"
            yield DATA_OF + name, partial(self._blocks, self._data(model))
            yield PEOPLE_OF + name, partial(self._people, model)
            yield BASE_OF + name, partial(self._blocks, self._base(model))
        yield SINCE, self._since
        yield HISTORY, partial(self._blocks, self._history())

    def _data(self, model: Behind) -> list[Block]:
        documents = self.report.facts.documents
        rows = [
            (self.incident.called[digest], count(int(documents[digest].body["rows"])), None, None, short(digest))
            for digest in model.datasets
        ]
        found = [Block(OF_DATA, DATA, rows, "None: nothing was trained here.")]
        found += [self._papers(CONTRACTS, model.contracts)] if model.contracts else []
        return found + ([self._papers(APPROVAL, [model.standing_approval])] if model.standing_approval else [])

    def _people(self, model: Behind, title: str, section: Element) -> None:
        facts, papers = self.report.facts, [*([model.release] if model.release else []), *model.waivers, *model.plan]
        verdict = self.incident.verdict(model)
        stood = [table for table in tables_of(section) if tuple(head_of(table)) == PAPERS]
        named = rows_of(stood[0])[1:] if len(stood) == 1 else []
        signed: list[list[Expected]] = []
        for digest, row in zip(papers, named, strict=False):
            for one in self._signers(digest, row[4]) or [] if len(row) == len(PAPERS) else []:
                said = one.said
                who = (self.incident.called[digest], said.printed_name, role(said.role), said.method.label)
                signed.append([*who, at(one.leaf)[:16], count(one.leaf.seq)])
        done = [(facts.who(d.person), d.did, at(d.leaf)[:16], count(d.leaf.seq)) for d in self.incident.doers(model)]
        blocks = [
            Block(f"Verdict: {verdict}." if verdict else "No verdict is on record."),
            Block(SIGNATURES, SIGNERS, signed, "Nobody signed."),
            self._papers(STOOD, papers),
            Block(DID, DOERS, done, "Nobody is on record."),
        ]
        self._blocks(blocks, title, section)

    def _base(self, model: Behind) -> list[Block]:
        found = [self._papers(BASE, [model.base] if model.base else [])]
        if not model.base:
            return found
        body = self.report.facts.documents[model.base].body
        if (hosted := body.get("hosted")) is not None:
            words = f"Hosted by {hosted['provider']} as {hosted['snapshot']}: no files are held here."
            found.append(Block(words))
        files = [(str(e["path"]), count(int(e["size"])), str(e["sha256"])[7:]) for e in body.get("files") or []]
        return found + ([Block("The files of its weights.", FILES, files)] if files else [])

    def _history(self) -> list[Block]:
        events = [
            (second(e.at), second(e.known_at), e.what, self.incident.name(e.now), e.reason, count(e.seq))
            for e in reversed(self.incident.events)
        ]
        return [
            Block(RAN, SPANS, served.span_rows(self.incident.spans, self.incident.called)),
            Block(RECORDED, EVENTS, events, "No event."),
        ]

    def _since(self, title: str, section: Element) -> None:
        """Compare what ran before, and what changed since the first of it that is said to be safe."""
        ran, found = self.incident.before, self.report.found
        rows = [
            (self.incident.name(what), second(span.begins)[:16], second(span.ends)[:16] if span.ends else "", None)
            for what, span in ran.items()
        ]
        texts = [part for part in section.kids if part.tag == "P"]
        tables = [table for table in tables_of(section) if tuple(head_of(table)) == BEFORE]
        expected = [THERE, *([] if rows else ["Nothing else ran there before."])]
        for part, wanted in zip(texts, expected, strict=False):
            found.text(part, wanted, f"{title}, what ran before")
        if len(tables) != (1 if rows else 0) or len(texts) < len(expected):
            found.wrong(section.page, f"{title}: {len(tables)} tables of what ran before, expected {1 if rows else 0}")
            return
        safe = ""
        if tables:
            found.rows(tables[0], rows, title, TOLD)
            for what, row in zip(ran, rows_of(tables[0])[1:], strict=False):
                self._judged(title, what, row[-1])
                safe = safe or (what if safety.is_safe(row[-1].text) else "")
        models = self.incident.models
        if self.incident.ran.state == "runs" and safe and models[0].serves:
            changes.between(self.report, title, section, safe, models[0].serves)

    def _judged(self, title: str, what: str, cell: Element) -> None:
        """Hold what is said of something that ran before, safe or not and why, to what follows."""
        told_so, whole = self.incident.unsafe(what, self.incident.before[what])
        if not whole:
            self.report.found.leave(title, "why something is not safe, where its standing does not follow")
        elif not says(cell, told_so):
            name = self.incident.name(what)
            self.report.found.wrong(cell.page, f"{title}: {name} is told of as {cell.text!r}, expected {told_so!r}")

    def _papers(self, caption: str, digests: Sequence[str]) -> Block:
        facts = self.report.facts
        rows = [(self.incident.called[one], facts.label(one), None, None, None, short(one)) for one in digests]
        return Block(caption, PAPERS, rows)

    def _blocks(self, blocks: Sequence[Block], title: str, section: Element) -> None:
        """Compare a section with what it must say: exactly these sentences and tables, in this order."""
        found = self.report.found
        said: list[Expected] = []
        for one in blocks:
            said += [one.caption, *([one.empty] if one.head and not one.rows else [])]
        found.prose(section, said, title)
        expected, tables = [one for one in blocks if one.rows], list(tables_of(section))
        if [tuple(head_of(table)) for table in tables] != [one.head for one in expected]:
            found.wrong(section.page, f"{title}: it has other tables than the {len(expected)} that follow")
            found.known.update(id(table) for table in tables)
            return
        for one, table in zip(expected, tables, strict=True):
            found.rows(table, one.rows, title, TOLD)
            if one.head in (PAPERS, DATA):
                for row in rows_of(table)[1:]:
                    self._stands(title, one.head, row)

    def _stands(self, title: str, head: tuple[str, ...], row: list[Element]) -> None:
        """Hold the standing and the signers that are printed of a document to what is told of it elsewhere."""
        report = self.report
        digest = next((one for one in report.facts.documents if short(one) == "".join(row[-1].lines)), None)
        if digest is None or len(row) != len(head):
            return
        standings, called = report.standings, row[0].text
        then, now = standings.at(digest, standings.moment(self.incident.time)), standings.at(digest)
        for stood, cell in ((then, row[2]), (now, row[3])) if head == PAPERS else ((then, row[2]),):
            if not named_so(report, stood, cell.text):
                follows = stood.standing.value if stood else ""
                report.found.wrong(cell.page, f"{title}: {called} is told of as {cell.text!r}, expected {follows!r}")
        named = self._signers(digest, row[-2])
        if named is None:
            report.found.wrong(row[0].page, f"{title}: the evidence holds no such signatures as {row[-2].text!r}")
        elif now is not None and [one.leaf.seq for one in named] != [one.seq for one in now.signatures]:
            who = ", ".join(one.said.printed_name for one in standings.signed(now)) or NOBODY
            report.found.wrong(row[0].page, f"{title}: {called} was signed by {who}, not {row[-2].text!r}")

    def _signers(self, digest: str, cell: Element) -> list[Signed] | None:
        """Return whose signatures on a document a cell lists, each once; None where the evidence does not hold them."""
        text = _bare(cell.text)
        return [] if text == NOBODY else _taken(text, self.report.signatures_on(digest))


def _taken(text: str, left: Sequence[Signed]) -> list[Signed] | None:
    for place, one in enumerate(left):
        label = _bare(shown(f"{one.said.printed_name} ({role(one.said.role)})"))
        if text == label:
            return [one]
        if text.startswith(f"{label},"):
            others = _taken(text[len(label) + 1 :], [*left[:place], *left[place + 1 :]])
            if others is not None:
                return [one, *others]
    return None


def _bare(text: str) -> str:
    return "".join(text.split())
