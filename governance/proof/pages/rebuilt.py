"""The section in which a document tells of itself, made again from its bytes and compared part by part, in order.

The rule that says what stands there is the typesetter's own (`sections.derived`): a sentence, caption, table or chart
that is left out, added, moved or changed is found. In the slots stands one of the forms that they have; what those
leave open is the server's word.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby, pairwise

from governance.proof.checks.facts import Facts
from governance.proof.formats.leaf import Leaf
from governance.proof.pages import drawn_charts, section_rows
from governance.proof.pages.compare import Expected, head_of, lined, rows_of, says, shown
from governance.proof.pages.drawn_charts import Proved
from governance.proof.pages.report import Report
from governance.proof.pages.sentences import Accounts, Sentences
from governance.proof.reading.text import Element
from governance.proof.sections.blocks import (
    Commands,
    DataTable,
    FactsTable,
    Heading,
    KeyFigure,
    KeyFigures,
    Notice,
    Paragraph,
    value,
)
from governance.proof.sections.derived import LEADS, NOTICES, SECTIONS, WITHIN
from governance.proof.sections.dossiers import DECIDABLE, TO_GO_ON
from governance.proof.sections.slots import Drawn, Form, Labelled, Large, Part, Piece, Said, Shaped, Slot
from governance.proof.words.running_text import OVERTAKEN_STATUS
from governance.proof.words.style import SERIF_BOLD


@dataclass(frozen=True)
class Printed(Proved):
    """A document of the evidence as sections ask for it; see `sections.held.Told`."""

    report: Report | None = None

    @property
    def title(self) -> str:
        """What it is called by its own bytes."""
        return str(self.facts.title(self.digest))

    @property
    def number(self) -> int:
        """Which version of its series it is."""
        return self.facts.documents[self.digest].number

    @property
    def first(self) -> bool:
        """Whether there is no version before it."""
        return self.facts.documents[self.digest].previous is None

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles in which it names others."""
        return frozenset(link.role for link in self.facts.documents[self.digest].references)

    @property
    def acts(self) -> Facts:
        """What signatures and entries tell."""
        return self.facts

    @property
    def status(self) -> str | None:
        """How it stands, as its own part of the report prints it; None where it has none."""
        return statuses(self.report).get(self.digest) if self.report is not None else None

    @property
    def ok(self) -> bool | None:
        """Whether new acts may rest on it; None where that does not follow."""
        stood = self.report.standings.at(self.digest) if self.report is not None else None
        if stood is None:
            return None
        # A later version need not be in the evidence to overtake it.
        return stood.ok and not (self.status or "").startswith(OVERTAKEN_STATUS)

    def after(self, kind: str) -> list[tuple[str | None, Leaf]]:
        """Return the entries of later documents of a kind that name the subject, by the table of what rests on it."""
        told = section_rows.direct(self.report) if self.report is not None else ()
        found = [leaf for leaf in told if leaf.data.get("kind") == kind]
        return [(None, leaf) for leaf in sorted(found, key=lambda leaf: leaf.seq)]

    def at(self, digest: str) -> "Printed":
        """Return another document of the evidence."""
        return replace(self, digest=digest)

    def all_linked(self, role: str) -> "list[Printed]":
        """Return the documents that it names in a role, in its order."""
        links = self.facts.documents[self.digest].references
        return [replace(self, digest=link.digest) for link in links if link.role == role]


def rebuilt(report: Report, title: str, section: Element, digest: str, name: str) -> None:
    """Compare the section of a document with what it must say, by the name of its rule: in each of its versions."""
    problems = report.found.problems
    before, first = len(problems), list[str]()
    for rule in SECTIONS[name]:
        _Walk(report, title, section.kids[2:]).through(rule(Printed(report.facts, digest)), section.page)
        if len(problems) == before:
            return
        first = first or problems[before:]
        del problems[before:]
    problems += first


def blocks(report: Report, title: str, section: Element, parts: Iterable[Part]) -> None:
    """Compare a section with what it must say, part by part, in order, and no others."""
    _Walk(report, title, section.kids[1:]).through(parts, section.page)


def within(report: Report, title: str, section: Element, name: str) -> None:
    """Compare a section that a dossier tells of its own, by the name of its rule: all parts, in order, and no others.

    Between its groups, and in them, stand charts that follow from documents: these are compared by the names of their
    own (`drawn_charts.charts`).
    """
    walk = _Walk(report, title, section.kids[1:], compared=True)
    for parts in WITHIN[name](Printed(report.facts, report.facts.subject, report)):
        walk.among(parts, section.page)
    walk.over()


def lead(report: Report) -> list[tuple[str, Expected]]:
    """Return what page one of a dossier must say first; nothing of other reports."""
    facts = report.facts
    rule = LEADS.get(facts.documents[facts.subject].kind) if facts.dossier else None
    return list(rule(Printed(facts, facts.subject, report), _undecidable(report))) if rule is not None else []


def _undecidable(report: Report) -> list[str] | None:
    """Return the limits of which a plan's dossier says that cases cannot decide them; None: it cannot tell of any."""
    thresholds = report.facts.documents[report.facts.subject].body.get("thresholds", ())
    for section in report.sections:
        for caption, table in pairwise(section.kids):
            if caption.tag == "P" and says(caption, TO_GO_ON):
                rows = rows_of(table)[1:] if table.tag == "Table" else None
                told = zip(thresholds, rows or (), strict=False)
                return None if rows is None else [one["id"] for one, row in told if row[-1].text != DECIDABLE]
    return []


def statuses(report: Report) -> Mapping[str, str]:
    """Return how documents stand, by digest, as it is printed with each: compared there."""
    if not report.stated:
        report.stated = {**{one: status for one, (_, status) in section_rows.aside(report).items()}, **report.standing}
    return report.stated


def warned(report: Report, digest: str) -> list[Notice]:
    """Return what page one must warn of because of a document."""
    words = report.facts.words(digest)
    rule = NOTICES.get(words.printed) if words is not None else None
    return list(rule(Printed(report.facts, digest))) if rule is not None else []


class _Walk:
    """Goes through the parts of a section beside those that there should be; `compared`: its charts are already."""

    def __init__(self, report: Report, title: str, kids: Sequence[Element], *, compared: bool = False) -> None:
        self.compared = compared
        self.report, self.found, self.title, self.kids, self.at = report, report.found, title, kids, 0
        self.taken = set[int]()

    def through(self, parts: Iterable[Part], page: int) -> None:
        """Compare all parts; what stands where another belongs is named, and nothing after it is compared."""
        self._known(self.kids)
        if all(self._part(part, page) for part in parts) and self.at < len(self.kids):
            strange = self.kids[self.at]
            self.found.wrong(strange.page, f"{self.title} says more than its document: {strange.text[:200]!r}")

    def among(self, parts: Sequence[Piece], page: int) -> None:
        """Compare parts that stand together somewhere from here on."""
        begin = self.at
        while self.at < len(self.kids) and self._fitting(parts[0]) is None:
            self.at += 1
        if self.at == len(self.kids):
            self.at = begin
        all(self._part(part, page) for part in parts)

    def over(self) -> None:
        """Refuse what was passed over and is no chart under its caption."""
        for place, kid in enumerate(self.kids):
            after = self.kids[place + 1] if place + 1 < len(self.kids) else None
            drawn = kid.tag == "Div" or (kid.tag == "P" and after is not None and after.tag == "Div")
            if place not in self.taken and not drawn:
                self.found.wrong(kid.page, f"{self.title} says more than it should: {kid.text[:200]!r}")

    def _fitting(self, part: Piece) -> Sequence[Form] | None:
        forms = part.of if isinstance(part, Slot) else ((part,),)
        return next((one for one in forms if self._fit(one)), None)

    def _part(self, part: Piece, page: int) -> bool:
        """Compare one part; return whether it stands here."""
        fitting = self._fitting(part)
        if fitting is None:
            there = self.kids[self.at] if self.at < len(self.kids) else None
            says_ = f"{there.text[:200]!r} stands there" if there is not None else "it ends before"
            lacks = part.what if isinstance(part, Slot) else _called(part)
            self.found.wrong(there.page if there is not None else page, f"{self.title} lacks “{lacks}”: {says_}")
            return False
        for form in fitting:
            self._take(form, leaves=not isinstance(part, Slot))
        if isinstance(part, Slot):
            self.found.leave(self.title, part.what)
        return True

    def _known(self, kids: Iterable[Element]) -> None:
        self.found.known.update(id(each) for kid in kids for each in (kid, *kid.all("P", "H2", "LBody", "Figure")))

    def _fit(self, forms: Sequence[Form]) -> bool:
        """Return whether some forms stand here, one after the other, whatever is in them."""
        at = self.at
        for form in forms:
            size = self._size(form, at)
            if size is None:
                return False
            at += size
        return True

    def _size(self, form: Form, at: int) -> int | None:
        """Return how many parts a form takes from a place on; None where something else stands there."""
        kid, after = (self.kids[place] if place < len(self.kids) else None for place in (at, at + 1))
        match form:
            case FactsTable() | Labelled() if not form.rows and (kid is None or kid.tag != "Table" or kid.kids):
                return 0
            case _ if kid is None:
                return None
            case Paragraph() | Heading():
                tag = "P" if isinstance(form, Paragraph) else "H2"
                return 1 if kid.tag == tag and says(kid, form.text) else None
            case Said():
                return 1 if kid.tag == "P" and self._holds(form.sentence, kid) else None
            case FactsTable() | Labelled():
                return 1 if kid.tag == "Table" and not head_of(kid) and _labels(kid) == _wanted(form) else None
            case KeyFigures():
                return 1 if kid.tag == "L" and len(list(kid.all("LBody"))) == len(form.items) else None
            case Large():
                items = list(kid.all("LBody"))
                same = kid.tag == "L" and len(items) == len(form.items)
                return 1 if same and all(map(self._large, items, form.items)) else None
            case Commands():
                return None
            case DataTable():
                there = kid.tag == "P" and says(kid, form.caption) and after is not None
                return 2 if there and self._told(form, after) else None
            case Shaped():
                there = kid.tag == "P" and self._holds(form.caption, kid) and after is not None
                return 2 if there and self._told(form, after) else None
            case Drawn():
                drawn = after is not None and after.tag == "Div"
                return 2 if drawn and kid.tag == "P" and self._holds(form.caption, kid) else None
            case _:
                drawn = after is not None and after.tag == "Div"
                return 2 if drawn and kid.tag == "P" and says(kid, form.caption) else None

    def _told(self, form: DataTable | Shaped, after: Element | None) -> bool:
        """Return whether a table of the right heads, or that there is nothing in it, follows its caption."""
        if after is None:
            return False
        if after.tag == "P":
            return not form.rows and form.rows is not None and bool(form.empty) and says(after, form.empty)
        if after.tag != "Table":
            return False
        if isinstance(form, DataTable):
            heads: Sequence[str | None] = [column.title for column in form.columns]
        else:
            heads = form.heads if form.heads is not None else [None] * len(head_of(after))
        found = head_of(after)
        same = len(found) == len(heads) and all(
            wanted is None or says(cell, wanted) for cell, wanted in zip(after.kids[0].kids, heads, strict=True)
        )
        return (form.rows is None or bool(form.rows)) and same

    def _holds(self, sentence: str, kid: Element) -> bool:
        reader = Accounts(self.report.facts, self.found).reader
        return Sentences([sentence]).match(kid.text, reader) is not None

    def _take(self, form: Form, *, leaves: bool) -> None:
        """Compare what is in a form that stands here, and go on behind it; `leaves`: what it leaves open is named."""
        size = self._size(form, self.at) or 0
        kids = self.kids[self.at : self.at + size]
        self.taken.update(range(self.at, self.at + size))
        self.at += size
        self._known(kids)
        match form:
            case FactsTable() if kids:
                self.found.facts(kids[0], [(row.label, row.said) for row in form.rows], self.title)
            case Labelled() if kids:
                self.found.facts(kids[0], form.rows, self.title, leaves=leaves)
            case DataTable() if form.rows:
                self._rows(kids[1], [[value(cell) for cell in row] for row in form.rows], form.caption)
            case Shaped() if kids[1].tag == "Table":
                self.found.known.add(id(kids[1]))
                if form.rows is not None:
                    self._rows(kids[1], form.rows, form.caption, leaves=leaves)
                if form.last is not None:
                    self._last(kids[1], form.last, form.caption)
            case KeyFigures():
                self._figures(kids[0], form)
            case Drawn():
                drawn_charts.alone(self.report, self.title, kids[0], kids[1].kids, Sentences([form.caption]))
            case (
                Paragraph() | Heading() | Said() | Commands() | FactsTable() | Labelled() | DataTable() | Shaped()
                | Large()
            ):  # fmt: skip
                pass
            case _ if not self.compared:
                drawn_charts.same(self.report, kids[1].kids, form)

    def _rows(self, table: Element, rows: Sequence[Sequence[Expected]], caption: str, *, leaves: bool = False) -> None:
        elsewhere = () if leaves else head_of(table)
        self.found.rows(table, rows, f"{self.title}, “{caption}”", elsewhere=elsewhere)

    def _last(self, table: Element, wanted: Sequence[Expected], caption: str) -> None:
        """Compare the last row of a table."""
        row = table.kids[-1]
        if len(row.kids) != len(wanted):
            self.found.wrong(table.page, f"{self.title}, “{caption}” has a last row of {len(row.kids)} cells")
        for head, cell, value_ in zip(head_of(table), row.kids, wanted, strict=False):
            if value_ is not None and not says(cell, value_):
                what = f"{self.title}, “{caption}”, {head} of the last row"
                self.found.wrong(cell.page or table.page, f"{what} is printed as {cell.text!r}, expected {value_!r}")

    def _large(self, item: Element, wanted: KeyFigure | str) -> bool:
        if isinstance(wanted, str):
            return self._holds(wanted, item)
        return lined(item.lines, shown(_in_large(wanted), SERIF_BOLD))

    def _figures(self, listed: Element, form: KeyFigures) -> None:
        items = list(listed.all("LBody"))
        wanted = [_in_large(one) for one in form.items]
        for item, text in zip(items, wanted, strict=False):
            if not lined(item.lines, shown(text, SERIF_BOLD)):
                self.found.wrong(item.page, f"{self.title} says {item.text!r} in large type, expected {text!r}")


def _in_large(one: KeyFigure) -> str:
    return " ".join(filter(None, (one.value, one.label, one.note)))


def _labels(table: Element) -> list[str]:
    """Return the labels of a table of facts, without the white space at which lines are broken."""
    return ["".join(row[0].text.split()) for row in rows_of(table) if row]


def _wanted(form: FactsTable | Labelled) -> list[str]:
    """Return the labels that a table of facts should have: values of one that follow one another stand together."""
    rows = [row.label for row in form.rows] if isinstance(form, FactsTable) else [label for label, _ in form.rows]
    return ["".join(shown(label).split()) for label, _ in groupby(rows)]


def _called(form: Form) -> str:
    """Return how a part is named where it is missing."""
    match form:
        case Paragraph() | Heading():
            return form.text[:200]
        case FactsTable():
            return ", ".join(dict.fromkeys(row.label for row in form.rows))[:200]
        case Labelled():
            return ", ".join(dict.fromkeys(label for label, _ in form.rows))[:200]
        case KeyFigures() | Large():
            return "figures in large type"
        case Said():
            return form.sentence[:200]
        case Commands():
            return "commands"
        case _:
            return form.caption
