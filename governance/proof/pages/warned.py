"""What page one must warn of by what other pages print where no document tells, and by signatures and entries.

What the server alone knows stands in a section. Page one can then neither leave it out nor say it otherwise: whoever
hides it must hide it in both places, and in the section there is a line for each threshold, session and calibration.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from governance.proof.answers import talks
from governance.proof.checks.facts import at
from governance.proof.formats.leaf import CONDITION_MET, JOB_ADMITTED, JOB_ARMED, Leaf
from governance.proof.pages.compare import BULLET, head_of, lined, rows_of, says, shown
from governance.proof.pages.report import Report
from governance.proof.reading.text import Element
from governance.proof.sections import besides, dossiers, people, plan_dossiers, plans
from governance.proof.sections.blocks import Notice
from governance.proof.words.style import SERIF

THRESHOLDS, CALIBRATION, SESSION = "evals.thresholds", "evals.judge_calibration", "evals.session_spec"
SHOWS, CONFUSION, RED_TEAM = "plan, shows", "release, confusion", "release, red team"
"""the rules of the sections that dossiers tell of their own (`sections.derived.WITHIN`)"""
UNDECIDED = frozenset({"Undecidable", "Signed though undecidable"})


@dataclass(frozen=True)
class Warned:
    """An exception: its label, and the texts any one of which is true. `must`: it may not be missing.

    `loose`: where its lines are broken is not known, since it was read from another page.
    """

    label: str
    texts: tuple[str, ...]
    must: bool = True
    loose: bool = False

    def said_by(self, item: Element) -> bool:
        """Return whether an item of page one is this exception."""
        return any(self._is(item, shown(f"{self.label}. {text}", SERIF)) for text in self.texts)

    def _is(self, item: Element, wanted: str) -> bool:
        if self.loose:
            return _bare(item.text.removeprefix(BULLET)) == _bare(wanted)
        return item.lines[:1] == [BULLET] and lined(item.lines[1:], wanted)


class Told:
    """What the pages of one report tell, and what page one must then say; `spared` are documents it is silent on."""

    def __init__(self, report: Report, spared: Iterable[str]) -> None:
        self.report, self.facts = report, report.facts
        self.digests = [one for one in self.facts.depths if one in self.facts.documents and one not in set(spared)]
        self.found, self.own, self.labels = list[Warned](), list[Warned](), set[str]()
        """the exceptions; those that a dossier tells first, in its order; and the labels under which are no others"""
        self._thresholds()
        rules = set(report.told.printed.values()) if report.told is not None else set()
        if report.facts.dossier:
            self._calibrations()
        if RED_TEAM in rules:
            self._release()
        if SHOWS in rules:
            self._plan()

    @property
    def all(self) -> list[Warned]:
        """All exceptions that follow."""
        return [*self.own, *self.found]

    def _see_also(self, notice: Notice, digest: str) -> None:
        """Add what is told of a document; its reasons were read from another page."""
        self.found.append(Warned(notice.label, (notice.text + self.facts.see(digest),), loose=True))

    def _first(self, notice: Notice, *, must: bool = True) -> None:
        self.own.append(Warned(notice.label, (notice.text,), must))

    def _sections(self, rule: str = "") -> Iterator[tuple[str, Element]]:
        """Yield the sections with their titles: all, or those that a dossier tells of its own by a rule."""
        printed = self.report.told.printed if self.report.told is not None else {}
        for title, section in zip(self.report.titles, self.report.sections, strict=True):
            if not rule or printed.get(title) == rule:
                yield title, section

    def _thresholds(self) -> None:
        """Thresholds that their cases cannot decide: a table says of each what it can show."""
        told: dict[str, Element] = {}
        for title, section in self._sections():
            if (after := _under(section, plans.FORETOLD)) is not None:
                own = any(title == one for one, _ in self._sections(SHOWS))
                digest = self.facts.subject if own else self._document(section)
                told |= {digest: after} if digest is not None else {}
        plans_ = [one for one in self.facts.of_kind(THRESHOLDS) if one in self.digests]
        for digest in plans_:
            if digest in told:
                body = self.facts.documents[digest].body
                ids = [str(one["id"]) for one in body["thresholds"]]
                for notice in besides.undecided(body, _reasons(told[digest], ids)):
                    self._see_also(notice, digest)
        if all(one in told for one in plans_) and not self.report.brief:
            self.labels |= UNDECIDED

    def _document(self, section: Element) -> str | None:
        tables = [kid for kid in section.kids if kid.tag == "Table"]
        first = rows_of(tables[0])[0] if tables and tables[0].kids else []
        return self.report.named(first[1].text) if len(first) == 2 and first[0].text == "Document" else None

    def _calibrations(self) -> None:
        """Grades that a calibration does not rest on: beside each it stands what came since."""
        known = self.facts.of_kind(CALIBRATION)
        tables = [kid for _, one in self._sections() for kid in one.kids if kid.tag == "Table" and not head_of(kid)]
        said = [row[1] for one in tables for row in rows_of(one) if len(row) == 2 and row[0].text == people.SINCE]
        if len(said) != len(known):
            self.report.found.wrong(1, f"it tells of {len(said)} calibrations what came since, there are {len(known)}")
            return
        for digest, cell in zip(known, said, strict=True):
            if digest in self.digests and not says(cell, people.NO_ROUND):
                self._see_also(besides.since_notice(cell.text), digest)
        self.labels.add("Rounds")

    def _release(self) -> None:
        """What a release dossier warns of by its own sections, and conditions of the release."""
        for _, section in self._sections(CONFUSION):
            if any(kid.tag == "P" and says(kid, dossiers.UNREAD) for kid in section.kids):
                self._first(besides.UNREADABLE_ANSWERS)
        for title, section in self._sections(RED_TEAM):
            self._red_team(title, section)
        subject = self.facts.subject
        unmet = self._unmet([subject])
        for one in self.report.signatures_on(subject):
            for each in one.said.conditions:
                if unmet is None or each.text not in unmet:
                    notice = besides.condition(one.said.printed_name, each.text, each.due)
                    self._first(notice, must=unmet is not None)
        labels = (besides.UNREADABLE_ANSWERS, besides.critical([]), besides.altered([]))
        self.labels |= {*(one.label for one in labels), besides.condition("", "", None).label}

    def _red_team(self, title: str, section: Element) -> None:
        """Compare how sessions went with the ledger's entries, and warn of what was graded critical or is altered."""
        facts, found, specs = self.facts, self.report.found, self.facts.of_kind(SESSION)
        after = _under(section, dossiers.SESSIONS)
        rows = rows_of(after)[1:] if after is not None and after.tag == "Table" else []
        if len(rows) != len(specs):
            found.wrong(section.page, f"{title} tells of {len(rows)} sessions, expected {len(specs)}")
            return
        grave, altered = list[str](), list[str]()
        for digest, row in zip(specs, rows, strict=True):
            name, story = facts.title(digest) or "", self._story(digest)
            graded = talks.exchanges(story)
            worst = [one.number for one in graded if one.worst == talks.CRITICAL]
            begun = at(story[0]) if story else dossiers.NEVER
            cells = [name, begun, len(graded), sum(bool(one.worst) for one in graded), len(worst)]
            for cell, wanted in zip(row, cells, strict=False):
                found.text(cell, str(wanted), f"{title}, a session")
            faults = _faults(row[-1], worst)
            if faults is None:
                found.wrong(row[-1].page, f"{title} names the exchanges {row[-1].text!r}, expected {worst} and faults")
            grave += [besides.exchange(name, number) for number in worst]
            altered += [besides.exchange(name, number) for number in faults or ()]
        if grave:
            self._first(besides.critical(grave))
        if altered:
            self._first(besides.altered(altered))

    def _story(self, spec: str) -> list[Leaf]:
        """Return the entries about the last session by a specification, from its beginning; none if it never began."""
        last = list[Leaf]()
        for _, story in self.facts.stories():
            for place, leaf in enumerate(story):
                asked = leaf.data.get("spec"), leaf.data.get("purpose")
                if leaf.event in (JOB_ADMITTED, JOB_ARMED) and asked == (spec, talks.PURPOSE):
                    last = story[place:]
                    break
        return last

    def _plan(self) -> None:
        """Conditions that a part of the plan was signed under."""
        facts = self.facts
        links = facts.documents[facts.subject].references
        parts = [facts.subject, *(link.digest for role in plan_dossiers.PARTS for link in links if link.role == role)]
        unmet = self._unmet(parts)
        met = {str(leaf.data["condition"]): leaf for leaf in facts.of(CONDITION_MET)}
        for one in facts.signed:
            about = [each.digest for each in one.statement.subjects]
            if not set(about) & set(parts):
                continue
            known = all(digest in facts.documents for digest in about)
            named = [(facts.label if d in parts else facts.title)(d) or "" for d in about if d in facts.documents]
            for each in one.said.conditions:
                if unmet is None or each.text not in unmet:
                    leaf = met.get(each.id)
                    state = besides.state((leaf.seq, at(leaf)) if leaf is not None else None, each.due)
                    said = besides.given(one.said.printed_name, ", ".join(named))
                    notice = besides.signed_on(said, each.text, state)
                    self._first(notice, must=unmet is not None and known)
        if unmet is not None:
            self.labels.add(besides.signed_on("", "", "").label)

    def _unmet(self, digests: Iterable[str]) -> set[str] | None:
        """Return the conditions that page one warns of already; None: the evidence does not tell."""
        stood = [self.report.standings.at(digest) for digest in digests]
        known = [one for one in stood if one is not None]
        return {each.text for one in known for each in one.unmet} if len(known) == len(stood) else None


def _under(section: Element, caption: str) -> Element | None:
    """Return what stands in a section under a caption; None where it is not there, or nothing is."""
    pairs = zip(section.kids, section.kids[1:], strict=False)
    return next((after for kid, after in pairs if kid.tag == "P" and says(kid, caption)), None)


def _reasons(told: Element, ids: list[str]) -> dict[str, str] | None:
    """Return why thresholds cannot be decided, of those that cannot; None where no table tells of them."""
    if told.tag != "Table":
        return None
    found = {}
    for name, row in zip(ids, rows_of(told)[1:], strict=False):
        said, lead = _bare(row[-1].text), _bare(plans.CANNOT)
        if said.startswith(lead):
            end = min(at_ for one in plans.CAVEATS if (at_ := f"{said}.{_bare(one)}".find(f".{_bare(one)}")) >= 0)
            found[name] = said[len(lead) : end].removesuffix(".")
    return found


def _faults(cell: Element, worst: list[int]) -> list[str] | None:
    """Return the numbers of exchanges that a cell says are not as the ledger tells; None: it says something else."""
    fault = "|".join(re.escape(_bare(one)) for one in talks.FAULTS)
    said, lead = _bare(cell.text), ",".join(map(str, worst))
    rest = said.removeprefix(lead)
    one = rf"exchange(\d+):(?:{fault})"
    if not said.startswith(lead) or (rest and not re.fullmatch(rf"{',' if worst else ''}{one}(?:,{one})*", rest)):
        return None
    return [match[1] for match in re.finditer(one, rest)]


def _bare(text: str) -> str:
    return "".join(text.split())
