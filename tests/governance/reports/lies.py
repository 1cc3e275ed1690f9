"""Lies that whoever holds the seal key can print over true evidence, and ways to hide what is printed."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

from pikepdf import Array, Dictionary, Name, Pdf, String

from governance.proof.charts.figures import CurveChart, ForestChart
from governance.proof.checks.evidence import ATTACHMENT
from governance.proof.checks.facts import Facts
from governance.proof.checks.verify import examine
from governance.proof.pages.claims import page_lines
from governance.proof.sections.blocks import Column, DataTable, Fact, FactsTable, Heading, Notice, Paragraph
from governance.reports import tasks
from governance.reports.build import build_pdf
from governance.reports.gathered import Gathered
from governance.reports.lineage import report_data
from governance.reports.model import ReportData, Section, Standing
from tests.governance.reports.sample import digest

Lie = Callable[[ReportData], ReportData]
STRANGE = digest("of nothing")
SEAL = "the visible seal has 0 lines"


class Told:
    """A report before it is sealed, and what its evidence tells of."""

    def __init__(self, found: Gathered, fingerprint: str) -> None:
        self.found = found
        self.data: ReportData = report_data(self.found)
        self.pdf = tasks.unsealed(self.found)
        with Pdf.open(BytesIO(self.pdf)) as opened:
            self.evidence = opened.attachments[ATTACHMENT].get_file().read_bytes()
        facts = examine(self.evidence, fingerprint).facts
        assert facts is not None
        self.facts: Facts = facts

    def lied(self, data: ReportData) -> list[str]:
        """Return what is found wrong with other pages over the same evidence."""
        return self.wrong(build_pdf(data, self.evidence))

    def wrong(self, pdf: bytes) -> list[str]:
        """Return what is found wrong with a file, but for the seal that it does not have yet."""
        lines = page_lines(pdf, self.facts)
        return [line.detail for line in lines if line.ok is False and SEAL not in line.detail]


def twice_signed(data: ReportData) -> int:
    """The place of the first document that two people signed."""
    return next(place for place, one in enumerate(data.nodes) if len(one.signatures) == 2)


def node(place: int | None, **changes: Any) -> Lie:
    """Another fact about one document, by its place or (None) about one that two people signed."""

    def told(data: ReportData) -> ReportData:
        nodes = list(data.nodes)
        where = twice_signed(data) if place is None else place
        nodes[where] = replace(nodes[where], **changes)
        return replace(data, nodes=tuple(nodes))

    return told


def signed(**changes: Any) -> Lie:
    """Another fact about a signature."""

    def told(data: ReportData) -> ReportData:
        first, *others = data.nodes[twice_signed(data)].signatures
        return node(None, signatures=(replace(first, **changes), *others))(data)

    return told


def signatures(change: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> Lie:
    """Other signatures on a document."""
    return lambda data: node(None, signatures=change(data.nodes[twice_signed(data)].signatures))(data)


def section(title: str, change: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> Lie:
    """Other blocks in the section of a title, which begins with these words."""

    def told(data: ReportData) -> ReportData:
        found = [s for s in data.sections if s.title.startswith(title)]
        assert found, [s.title for s in data.sections]
        sections = tuple(replace(s, blocks=change(s.blocks)) if s is found[0] else s for s in data.sections)
        return replace(data, sections=sections)

    return told


def rows(title: str, change: Callable[[list[tuple[Any, ...]]], list[tuple[Any, ...]]], place: int = 0) -> Lie:
    """Other rows in a table of a section."""

    def blocks(found: tuple[Any, ...]) -> tuple[Any, ...]:
        tables = [block for block in found if isinstance(block, DataTable)]
        told = replace(tables[place], rows=tuple(change(list(tables[place].rows))))
        return tuple(told if block is tables[place] else block for block in found)

    return section(title, blocks)


def fact(title: str, label: str, value: str) -> Lie:
    """Another value in the facts of a section."""

    def blocks(found: tuple[Any, ...]) -> tuple[Any, ...]:
        def told(block: Any) -> Any:
            if not isinstance(block, FactsTable):
                return block
            return FactsTable(tuple(replace(row, value=value) if row.label == label else row for row in block.rows))

        return tuple(told(block) for block in found)

    return section(title, blocks)


def cell(title: str, row: int, column: int, value: Any, place: int = 0) -> Lie:
    """Another value in one cell of a table."""

    def change(found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        found[row] = (*found[row][:column], value, *found[row][column + 1 :])
        return found

    return rows(title, change, place)


def extra(data: ReportData) -> ReportData:
    """A table of signatures where none belongs."""
    columns = tuple(Column(name) for name in ("Signed by", "Meaning and reason", "Time (UTC)", "Method"))
    table = DataTable("Signatures.", columns, (("Mallory Owner", "I approve.", "now", "passkey"),))
    return replace(data, sections=(*data.sections, Section("Later signatures", (table,))))


def without(title: str) -> Lie:
    """A section is left out."""
    return lambda data: replace(data, sections=tuple(s for s in data.sections if s.title != title))


def _captioned(block: Any, caption: str) -> Any:
    return replace(block, caption=caption)


def _charted(block: Any, **changes: Any) -> Any:
    """Other rows in a chart of verdicts."""
    if not isinstance(block, ForestChart):
        return block
    return replace(block, rows=tuple(replace(row, **changes) for row in block.rows))


def own(change: Callable[[list[Section]], list[Section]]) -> Lie:
    """Other sections of the report's own kind."""
    return lambda data: replace(data, first=tuple(change(list(data.first))))


# By name: the lie, and words of the line that finds it.
LIES: dict[str, tuple[Lie, str]] = {
    "the title": (lambda d: replace(d, title="A better title"), "the title is printed as"),
    "the sort of report": (lambda d: replace(d, kind="Release dossier"), "it begins"),
    "the kind of the subject": (lambda d: replace(d, subject_kind="Release"), "it is said to be"),
    "the number of entries": (lambda d: replace(d, ledger_size=d.ledger_size + 1), "its footer says"),
    "the root": (lambda d: replace(d, checkpoint_root=digest("root")[7:]), "occurs nowhere in the evidence"),
    "the time": (lambda d: replace(d, generated_at=d.generated_at.replace(year=2020)), "page one, As of"),
    "that it is a demonstration": (lambda d: replace(d, demo=False), "there is: Demonstration"),
    "a revocation that there was not": (
        lambda d: replace(d, exceptions=(*d.exceptions, Notice("Revoked", "The sign-off was revoked."))),
        "an exception 'Revoked.",
    ),
    "refusals kept quiet": (
        lambda d: replace(d, exceptions=tuple(n for n in d.exceptions if n.label != "Refused")), "there is: Refused."
    ),
    "what it proves": (
        lambda d: replace(d, proves=(*d.proves[:3], "That the model is safe.")), "it says that it proves"
    ),
    "what it does not prove": (lambda d: replace(d, does_not_prove=d.does_not_prove[1:]), "things that it does not"),
    "a standing there is not": (node(1, status="in force for ever"), "is called"),
    "a sentence more": (section("Keys", lambda b: (Paragraph("No key was ever lost."), *b)), "'No key was ever lost.'"),
    "a caption": (
        section("Refusals", lambda b: (replace(b[0], caption="Acts that were repeated and allowed."),)),
        "'Acts that were repeated and allowed.'",
    ),
    "a document's title": (node(1, title="Another"), "document 2, its title"),
    "a document's kind": (node(1, kind="Release"), "document 2, its kind"),
    "a document's version": (node(1, number=7), "document 2, its kind"),
    "a document's author": (node(1, author="Mallory"), "document 2, Author"),
    "a document's day": (lambda d: node(1, created_at=d.generated_at.replace(year=2020))(d), "document 2, Frozen"),
    "a standing without signatures": (
        lambda d: node(None, status=d.nodes[twice_signed(d)].status.replace("2 signatures", "3 signatures"))(d),
        "is said to be",
    ),
    "a standing in two ways": (node(None, standing=Standing.UNSIGNED), "is called"),
    "a standing that asks nobody": (
        node(None, standing=Standing.RECORDED, status="recorded; no signature is asked for"), "that cannot be"
    ),
    "a revocation nobody made": (
        node(None, standing=Standing.WITHDRAWN, status="not in force: the sign-off was revoked"), "that cannot be"
    ),
    "a mark without cause": (lambda d: replace(d, mark="REVOKED"), "the mark along its edge is"),
    "contributors": (node(0, facts=(Fact("Contributors", "none"), Fact("Ledger entry", "3"))), "Contributors"),
    "an arrow left out": (lambda d: replace(d, edges=d.edges[1:]), "Rests on is printed as"),
    "who signed": (signed(printed_name="Mallory"), "signed by is printed as"),
    "in which role": (signed(role="Owner"), "signed by is printed as"),
    "meaning what": (signed(meaning="I was here."), "meaning and reason is printed as"),
    "why": (signed(reason="Everything was tested."), "meaning and reason is printed as"),
    "when": (lambda d: signed(at=d.generated_at.replace(year=2020))(d), "time (utc) is printed as"),
    "by which method": (signed(method="passkey (user verified)"), "method is printed as"),
    "a signature left out": (signatures(lambda s: s[1:]), "the evidence holds 2"),
    "a signature added": (
        signatures(lambda s: (*s, replace(s[0], printed_name="Mallory"))), "the evidence holds 2"
    ),
    "signatures changed places": (signatures(lambda s: s[::-1]), "signed by is printed as"),
    "a row of signatures left out": (rows("Signatures", lambda r: r[1:]), "rows, expected"),
    "a row of signatures added": (rows("Signatures", lambda r: [*r, r[0]]), "rows, expected"),
    "a name in the signatures": (cell("Signatures", 0, 1, "Mallory, owner"), "the table of signatures, Signed by"),
    "an entry's number": (cell("Signatures", 0, 0, 999), "the table of signatures, Entry"),
    "what was opened": (cell("Signatures", 0, 3, "Fine."), "the table of signatures, Meaning"),
    "a role": (cell("Signers and their roles", 0, 3, "auditor in the organisation"), "the table of roles, Role"),
    "a role left out": (rows("Signers and their roles", lambda r: r[:-1]), "the table of roles has"),
    "an event": (cell("Ledger entries", 3, 2, "signoff:document:signed"), "the table of ledger entries, Event"),
    "an actor": (cell("Ledger entries", 3, 3, "Mallory"), "the table of ledger entries, By"),
    "entries left out": (rows("Ledger entries", lambda r: r[:5] + r[6:]), "the table of ledger entries has"),
    "entries changed places": (rows("Ledger entries", lambda r: [r[1], r[0], *r[2:]]), "the table of ledger entries"),
    "why something was refused": (cell("Refusals", 0, 4, "nothing"), "the table of refusals, Found"),
    "a refusal left out": (rows("Refusals", lambda r: r[1:]), "the table of refusals has"),
    "a policy": (cell("Policies and other documents", 0, 1, "A laxer policy, version 1"), "Title is printed as"),
    "a policy's digest": (cell("Policies and other documents", 0, 2, STRANGE[7:]), "beside the lineage are printed"),
    "the fingerprint": (fact("Keys", "Root fingerprint", STRANGE), "keys, Root fingerprint"),
    "a key": (cell("Keys", 1, 2, STRANGE[7:]), "the table of keys, Key"),
    "since when a key counts": (cell("Keys", 1, 3, "from entry 40"), "the table of keys, Counts"),
    "a section left out": (without("Refusals"), "'Refusals' is there 0 times"),
    "a table of signatures elsewhere": (extra, "belongs elsewhere"),
    "a digest in running text": (
        section("Keys", lambda blocks: (Paragraph(f"Trust {STRANGE}."), *blocks)), "occurs nowhere in the evidence"
    ),
    "a threshold's limit": (cell("Acceptance thresholds", 0, 4, "0.1"), "Limit is printed as '0.1'"),
    "a threshold's weight": (cell("Acceptance thresholds", 0, 1, "soft, release"), "Weight is printed as 'soft,"),
    "a threshold left out": (rows("Acceptance thresholds", lambda r: r[1:]), "has 2 rows, expected 3"),
    "another document's section": (
        fact("Acceptance thresholds", "Document", "2  Chapter as JSON, version 1"),
        "Document is printed as",
    ),
}  # fmt: skip

# Those about the words of a report of a kind: what it is, what it says of itself, which sections it has.
OF_A_KIND: dict[str, tuple[Lie, str]] = {
    "the sort of report": (lambda d: replace(d, kind="Signing receipt"), "it begins"),
    "the title": (lambda d: replace(d, title="All is well"), "All is well"),
    "what it is about": (lambda d: replace(d, subject_kind="Approval"), "as no such report is"),
    "what it proves": (lambda d: replace(d, proves=(*d.proves, "That all is well.")), "'That all is well.'"),
    "what it does not prove": (lambda d: replace(d, does_not_prove=d.does_not_prove[:-1]), "it does not say that it"),
    "another exception": (
        lambda d: replace(d, exceptions=(*d.exceptions, Notice("All is well", "Nothing happened."))),
        "it tells of an exception",
    ),
    "an exception told otherwise": (
        lambda d: replace(d, exceptions=tuple(replace(n, text="Nobody is anything.") for n in d.exceptions)),
        "it tells of an exception",
    ),
    "a section left out": (own(lambda found: found[1:]), "is there 0 times"),
    "a section more": (own(lambda found: [*found, Section("Approved by all", (Paragraph("Yes."),))]), "of no document"),
    "a sentence": (
        own(lambda found: [replace(found[0], blocks=(*found[0].blocks, Paragraph("All is well."))), *found[1:]]),
        "says 'All is well.'",
    ),
    "a caption": (
        own(lambda found: [replace(found[0], blocks=(_captioned(found[0].blocks[0], "No role."),)), *found[1:]]),
        "says 'No role.'",
    ),
}  # fmt: skip

# Those that need a run and a result.
OF_A_RESULT: dict[str, tuple[Lie, str]] = {
    "a verdict": (cell("Evaluation result: Result of the tuned", 0, 0, "FAIL"), "Verdict is printed as 'FAIL'"),
    "a measured value": (cell("Evaluation result: Result of the tuned", 0, 3, "0.99"), "Value is printed as '0.99'"),
    "a verdict left out": (rows("Evaluation result: Result of the tuned", lambda r: r[1:]), "has 2 rows, expected 3"),
    "a verdict in a heading": (
        section("Evaluation result: Result of the tuned", lambda b: (*b, Heading("In short: FAIL"))),
        "says more than its document: 'In short: FAIL'",
    ),
    "what a run was bound to": (fact("Runs under permits", "Inputs bound", "1 file, 3 bytes"), "Inputs bound"),
    "how a run ended": (fact("Runs under permits", "Outcome", "succeeded at once"), "Outcome"),
    "what a run relied on": (fact("Runs under permits", "Relied on", "ledger entries none"), "Relied on"),
    "a permit's digest": (fact("Runs under permits", "Permit", STRANGE), "Permit"),
    "a value in a chart": (
        section("Evaluation result: Result of the tuned", lambda b: tuple(_charted(x, verdict="FAIL") for x in b)),
        "each limit as signed. Shares.” is described as",
    ),
    "a chart left out": (
        section("Run record", lambda b: tuple(x for x in b if not isinstance(x, CurveChart))), "lacks “Loss as"
    ),
    "a lost attempt kept quiet": (
        section("Runs under permits", lambda b: tuple(x for x in b if "fell silent" not in str(x))), "tables, expected"
    ),
}  # fmt: skip


def edited(pdf: bytes, change: Callable[[Pdf], None]) -> bytes:
    """The file with something changed in it."""
    out = BytesIO()
    with Pdf.open(BytesIO(pdf)) as opened:
        change(opened)
        opened.save(out)
    return out.getvalue()


def drawn(lines: str, page: int = 1) -> Callable[[Pdf], None]:
    """More content at the end of a page (from 0)."""

    def change(pdf: Pdf) -> None:
        found = pdf.pages[page]
        found.obj.Contents = pdf.make_stream(found.obj.Contents.read_bytes() + b"\n" + lines.encode())

    return change


def instead(old: bytes, new: bytes, page: int = 1) -> Callable[[Pdf], None]:
    """Other content on a page (from 0)."""

    def change(pdf: Pdf) -> None:
        found = pdf.pages[page]
        before = found.obj.Contents.read_bytes()
        assert old in before, before[:3000]
        found.obj.Contents = pdf.make_stream(before.replace(old, new, 1))

    return change


def _artifact(*lines: str) -> str:
    return "\n".join(["/Artifact BMC", *lines, "EMC"])


def _text(words: str, x: float = 100, y: float = 300, size: float = 9) -> str:
    return f"BT 1 0 0 1 {x} {y} Tm /F1+0 {size} Tf 12 TL ({words}) Tj T* ET"


def _optional(pdf: Pdf) -> None:
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("hidden")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=Dictionary(OFF=Array([group])))


def _annotation(pdf: Pdf) -> None:
    look = pdf.make_stream(b"1 1 1 rg 0 0 400 40 re f")
    look.Type, look.Subtype, look.BBox = Name.XObject, Name.Form, Array([0, 0, 400, 40])
    note = Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=Array([60, 300, 460, 340]), AP=Dictionary(N=look))
    pdf.pages[1].obj.Annots.append(pdf.make_indirect(note))


def _image(pdf: Pdf) -> None:
    image = pdf.make_stream(b"\xff", Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1, BitsPerComponent=8,
                            ColorSpace=Name.DeviceGray)  # fmt: skip
    pdf.pages[1].obj.Resources.XObject = Dictionary({"/Im": image, **dict(pdf.pages[1].obj.Resources.XObject)})
    drawn(_artifact("q", "400 0 0 100 60 300 cm", "/Im Do", "Q"))(pdf)


def _element(pdf: Pdf, tag: str) -> Any:
    return next(each for each in pdf.objects if isinstance(each, Dictionary) and each.get("/S") == Name(f"/{tag}"))


def _actual_text(pdf: Pdf) -> None:
    _element(pdf, "TD").ActualText = String("something else")


def _alternative(pdf: Pdf) -> None:
    _element(pdf, "TD").Alt = String("something else")


def _script(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def _outwards(pdf: Pdf) -> None:
    note = pdf.pages[1].obj.Annots[0]
    note.A = Dictionary(S=Name.URI, URI=String("https://example.org"))


def _cropped(pdf: Pdf) -> None:
    pdf.pages[1].obj.CropBox = Array([0, 300, 595, 842])


def _other_paper(pdf: Pdf) -> None:
    pdf.pages[1].obj.MediaBox = Array([0, 0, 612, 792])


def _untagged(pdf: Pdf) -> None:
    """A row of a table is printed and read to nobody."""
    table = next(e for e in pdf.objects if isinstance(e, Dictionary) and e.get("/S") == Name.Table and len(e.K) > 3)
    del table.K[2]


def _swapped_cells(pdf: Pdf) -> None:
    """Two rows are read in another order than they are seen."""
    table = next(e for e in pdf.objects if isinstance(e, Dictionary) and e.get("/S") == Name.Table and len(e.K) > 3)
    first, second = table.K[1], table.K[2]
    table.K[1], table.K[2] = second, first


def _pages_swapped(pdf: Pdf) -> None:
    pages = list(pdf.pages)
    del pdf.pages[2:4]
    pdf.pages.insert(2, pages[3])
    pdf.pages.insert(3, pages[2])


def _page_left_out(pdf: Pdf) -> None:
    del pdf.pages[2]


def _forgotten(pdf: Pdf) -> None:
    """Something that is seen on the drawing is covered."""
    drawn(_artifact("1 1 1 rg", "n 60 200 400 400 re f*"), page=2)(pdf)


# By name: the change, and words of the line that finds it.
HIDDEN: dict[str, tuple[Callable[[Pdf], None], str]] = {
    "marks of its own": (drawn("/P <</MCID 900>> BDC\n" + _text("A signature") + "\nEMC"), "marked content 900"),
    "white on white": (instead(b".086275 .094118 .113725 rg", b"1 1 1 rg"), "cannot be read"),
    "white furniture": (drawn(_artifact("1 1 1 rg", _text("A signature", y=830))), "stands outside"),
    "white text in the footer": (drawn(_artifact("1 1 1 rg", _text("and true", x=440, y=46))), "cannot be read"),
    "render mode 3": (drawn(_artifact("BT 3 Tr 1 0 0 1 100 40 Tm /F1+0 9 Tf (Hidden) Tj ET")), "3 Tr"),
    "a box over text": (drawn(_artifact("1 1 1 rg", "n 60 300 470 300 re f*")), "is covered"),
    "the upper ends of letters covered": (drawn(_artifact("1 1 1 rg", "n 60 59.3 300 1 re f*")), "is covered"),
    "a line through text": (drawn(_artifact("0 0 0 RG", "1 w", "n 62 57 m 300 57 l S")), "struck through"),
    "a thick white line": (drawn(_artifact("1 1 1 RG", "40 w", "n 60 500 m 500 500 l S")), "points thick"),
    "an image": (_image, "Im"),
    "tiny text": (drawn(_artifact(_text("and more", x=440, y=46, size=0.5))), "cannot be read"),
    "clipped text": (drawn(_artifact("n 0 0 1 1 re W n", _text("and more", 300, 40))), "which no report"),
    "text outside the page": (drawn(_artifact(_text("and more", x=-300, y=40))), "stands outside"),
    "text that a Letter sheet cuts off": (drawn(_artifact(_text("and more", x=300, y=40))), "stands outside"),
    "a page of another size": (_other_paper, "expected A4"),
    "a running title more": (drawn(_artifact("0 0 0 rg", _text("Approved", x=330, y=789.9))), "running title is"),
    "text beside the report": (drawn(_artifact(_text("Released by everybody", y=200))), "without being part"),
    "text over text": (drawn(_artifact(_text("Passed", 66, 55))), "is printed over"),
    "an optional group": (_optional, "OCProperties"),
    "an optional mark": (drawn("/OC /hidden BDC\n" + _text("Hidden") + "\nEMC"), "expected a tag"),
    "an annotation": (_annotation, "Stamp"),
    "another word for a cell": (_actual_text, "ActualText"),
    "an alternative for a cell": (_alternative, "words that stand for it"),
    "an alternative in the content": (instead(b"<</MCID 3>>", b"<</MCID 3 /ActualText (Ada)>>"), "expected a tag"),
    "a script": (_script, "OpenAction"),
    "a link out": (_outwards, "annotation /Link"),
    "a page cut off": (_cropped, "CropBox"),
    "a row that is not read": (_untagged, "belongs to no part"),
    "rows in another order": (_swapped_cells, "another order"),
    "pages swapped": (_pages_swapped, ""),
    "a page left out": (_page_left_out, ""),
    "text turned over": (drawn(_artifact("q", "-1 0 0 1 300 40 cm", _text("and", 0, 0), "Q")), "turned or mirrored"),
    "a mark of its own": (drawn(_artifact("q", "0 1 -1 0 46 300 cm", _text("and", 0, 0), "Q")), "is not the mark"),
    "a font from elsewhere": (drawn(_artifact(_text("and more").replace("F1+0", "F99+0"))), "does not have"),
    "transparency": (drawn(_artifact("/GS0 gs", _text("and more", x=300, y=40))), "which no report of ours draws"),
    "a comment in the content": (drawn("% nothing to see"), "which no report of ours draws"),
    "a drawing that is covered": (_forgotten, "is covered"),
}  # fmt: skip

# Of a report whose subject was revoked: the same.
MARKS: dict[str, tuple[Lie, str]] = {
    "no mark": (lambda d: replace(d, mark=""), "page one tells of"),
    "a milder mark": (lambda d: replace(d, mark="OVERTAKEN"), "the mark along its edge is"),
    "no mark, and a standing that asks for none": (
        lambda d: node(0, standing=Standing.RECORDED, status="recorded; no signature is asked for")(
            replace(d, mark="")
        ),
        "that cannot be",
    ),
    "waiting only": (
        lambda d: node(0, standing=Standing.UNSIGNED, status="not in force: 0 signatures; still missing: 1 × owner")(
            replace(d, mark="NOT SIGNED OFF")
        ),
        "that cannot be",
    ),
}


def exceptions(change: Callable[[Notice], Notice | None], label: str = "Open finding") -> Lie:
    """Other exceptions of a label on page one; None: left out."""

    def told(data: ReportData) -> ReportData:
        found = (change(one) if one.label == label else one for one in data.exceptions)
        return replace(data, exceptions=tuple(one for one in found if one is not None))

    return told


def _headings(change: Callable[[str], str]) -> Lie:
    title = "Findings of auditors"
    return section(title, lambda found: tuple(
        replace(one, text=change(one.text)) if isinstance(one, Heading) else one for one in found
    ))  # fmt: skip


OF_FINDINGS: dict[str, tuple[Lie, str]] = {
    "open ones left out": (exceptions(lambda one: None), "Open finding"),
    "one told less gravely": (
        exceptions(lambda one: replace(one, text=one.text.replace("major", "minor"))), "Open finding",
    ),
    "other words of one": (
        exceptions(lambda one: replace(one, text=one.text.replace("wrong", "right"))), "Open finding",
    ),
    "one that is open called mended": (_headings(lambda text: text.replace("open", "mended")), "findings says"),
    "an answer that nobody gave": (
        rows("Findings of auditors", lambda r: [*r, (9, r[0][1], "Owner answered", "All is well.")]),
        "acts on finding 1",
    ),
    "another answer": (cell("Findings of auditors", 1, 3, "Never.", place=1), "acts on finding 2"),
    "another owner": (fact("Findings of auditors", "Answers for it", "Nobody"), "Answers for it"),
    "another record": (fact("Findings of auditors", "On", "the run 1"), "On is printed"),
    "no section": (without("Findings of auditors"), "'Findings of auditors' is there 0 times"),
}  # fmt: skip
"""of a report with findings of which the second is closed"""

_INK = b".541176 .564706 .603922 rg"
UNMARKED: dict[str, tuple[Callable[[Pdf], None], str]] = {
    "left off one page": (instead(b"TL (REVOKED   ", b"TL (  "), "the mark along"),
    "moved inwards": (instead(b"0 1 -1 0 46 ", b"0 1 -1 0 300 "), "is not the mark along the edge"),
    "white": (instead(_INK, b"1 1 1 rg"), "is not the mark along the edge"),
    "covered": (drawn(_artifact("1 1 1 rg", "n 20 80 30 680 re f*")), "is covered or struck through"),
    "struck through": (drawn(_artifact("1 1 1 RG", "3 w", "n 40 80 m 40 760 l S")), "is covered or struck through"),
}
