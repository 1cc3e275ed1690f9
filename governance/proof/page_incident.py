"""What an incident report answers: every table worked out again from the documents and entries in the evidence.

How documents stand is told of elsewhere; whose signatures count follows from policies, and is held to the signatures
that there are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from governance.proof import agreed, page_changes, safety, served
from governance.proof.behind import Behind
from governance.proof.incident_facts import Incident, incident
from governance.proof.page_compare import Expected, head_of, rows_of, shown, tables_of
from governance.proof.page_documents import IN_FORCE, tells
from governance.proof.page_facts import Signed, at, role
from governance.proof.page_report import Report
from governance.proof.page_sentences import own_section
from governance.proof.page_text import Element
from governance.proof.printed import count, second, short
from governance.proof.printed import moment as told

PAPERS = ("Document", "Kind", "Then", "As known", "Signed by", "Digest")
DATA = ("Dataset", "Rows", "Standing then", "Signed by", "Digest")
SIGNERS = ("Document", "Signed by", "Role", "How", "Time (UTC)", "Entry")
DOERS = ("Who", "Did", "Time (UTC)", "Entry")
BEFORE = ("What ran before", "From (UTC)", "To (UTC)", "Safe?")
SPANS = ("From (UTC)", "To (UTC)", "What ran", "Open")
EVENTS = ("So at (UTC)", "Recorded (UTC)", "What", "It ran then", "Reason", "Entry")
FILES = ("File", "Bytes", "SHA-256")
STANDS, NEVER = "in force", ("not submitted for signature", "waiting for signatures")
TOLD = ("Then", "Standing then", "As known", "Signed by", "Safe?")
"""columns that are held to what is told of a document elsewhere"""
NOBODY = "nobody"
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
    found = incident(report.facts)
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


def lead(report: Report) -> dict[str, str]:
    """Return what page one must say of the answers, by its labels."""
    found = incident(report.facts)
    if found is None:
        return {}
    said = {"Service": found.service, "Moment": told(found.time), "As known at": told(found.known)}
    if found.ran.state != "runs":
        return said
    (model,) = found.models
    rows = [int(report.facts.documents[digest].body["rows"]) for digest in model.datasets]
    data = [f"{found.called[digest]} ({number} rows)" for digest, number in zip(model.datasets, rows, strict=True)]
    said |= {"It ran": found.name(found.ran.candidates[0]), "Trained on": ", ".join(data) or "not known"}
    said |= {"Base model": found.called.get(model.base, "not known")}
    # The first row of the table of what stood is the release's, where there is one.
    stood = _rows(report, PEOPLE_OF + "?", PAPERS) if model.release else []
    said["Release signed by"] = stood[0][4].text if stood else "no release"
    before = next((row for row in _rows(report, SINCE, BEFORE) if row[-1].text == safety.SAFE), None)
    return said | {"Last safe version": before[0].text if before is not None else "none"}


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
                safe = safe or (what if row[-1].text == safety.SAFE else "")
        models = self.incident.models
        if self.incident.ran.state == "runs" and safe and models[0].serves:
            page_changes.between(self.report, title, section, safe, models[0].serves)

    def _judged(self, title: str, what: str, cell: Element) -> None:
        """Hold the reasons why something is not safe to those that follow; how its release stands is told elsewhere."""
        reasons, bare = self.incident.unsafe(what), _bare(cell.text)
        if missing := [one for one in reasons if _bare(one) not in bare]:
            self.report.found.wrong(cell.page, f"{title}: it does not say of {self.incident.name(what)}: {missing[0]}")
        if bare != _bare(safety.told(reasons)):
            self.report.found.leave(title, "why something is not safe, as far as it follows from standings")

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
        status = report.standing.get(digest)
        stood, then = agreed.stood(report.facts, digest, self.incident.time), row[2].text
        if (stood is False and then == STANDS) or (stood and then in NEVER):
            report.found.wrong(row[0].page, f"{title}: {row[0].text} cannot have been {then!r} then")
        if stood is None or then not in (STANDS, *NEVER):
            report.found.leave(title, "how documents stood then that were not in force")
        if head == PAPERS and status is not None and not tells(status, row[3].text):
            report.found.wrong(row[0].page, f"{title}: {row[0].text} is told of as {status!r}, not {row[3].text!r}")
        named, force = self._signers(digest, row[-2]), IN_FORCE.fullmatch(status or "")
        counted = agreed.signers(report.facts, digest, int(force[3])) if force else None
        if (
            counted is not None
            and named is not None
            and [one.leaf.seq for one in named] != [one.leaf.seq for one in counted]
        ):
            who = ", ".join(one.said.printed_name for one in counted)
            report.found.wrong(row[0].page, f"{title}: {row[0].text} was signed by {who}, not {row[-2].text!r}")
        if named is None:
            report.found.wrong(row[0].page, f"{title}: the evidence holds no such signatures as {row[-2].text!r}")

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
