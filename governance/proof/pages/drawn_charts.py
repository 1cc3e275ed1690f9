"""The figures of a report: each is the chart that follows from the evidence, in words and as it is drawn.

What follows from documents is drawn again and compared: its alternative text, every text in it, and where each line
and mark lies. Charts that no document tells of are the server's word; what is drawn must then be what is said.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby, zip_longest
from typing import Self

from governance.proof.charts.derived import DERIVED
from governance.proof.charts.drawn import Chart, picture
from governance.proof.charts.pen import Record
from governance.proof.charts.picture import Picture, RowPicture
from governance.proof.charts.said import read
from governance.proof.checks.facts import Facts
from governance.proof.pages.compare import says
from governance.proof.pages.report import Report
from governance.proof.pages.sentences import Accounts, Sentences, allowed
from governance.proof.reading.content import Run, Shape
from governance.proof.reading.text import Element
from governance.proof.words.style import LEFT
from governance.proof.words.vocabulary import bodies

NEAR = 0.02
"""points by which a place may differ: places are written in so many digits"""
AS_TOLD = 1.5
"""and of what is read back from words, which have one place after the decimal point"""
ALONE = "charts that no document tells of; that each shows what it says was compared"


@dataclass(frozen=True)
class Proved:
    """A document of the evidence, with those around it; see `charts.held.Held`."""

    facts: Facts
    digest: str

    @cached_property
    def body(self) -> dict[str, object]:
        """What it says."""
        return self.facts.documents[self.digest].body

    def linked(self, role: str) -> Self | None:
        """Return the document that it names in a role."""
        links = self.facts.documents[self.digest].references
        named = next((link.digest for link in links if link.role == role), "")
        return replace(self, digest=named) if named in self.facts.documents else None

    def named_by(self, role: str) -> list[Self]:
        """Return the documents of the evidence that name it in a role, in ledger order."""
        found = [
            digest
            for digest, one in self.facts.documents.items()
            if any((link.role, link.digest) == (role, self.digest) for link in one.references)
        ]
        frozen = self.facts.frozen
        return [replace(self, digest=one) for one in sorted(found, key=lambda one: frozen[one].seq)]


def charts(report: Report, title: str, section: Element) -> None:
    """Compare the figures of a section that a report tells of its own."""
    facts, found, told = report.facts, report.found, report.told
    name = told.charts.get(title, "") if told is not None else ""
    expected = list(DERIVED[name](Proved(facts, facts.subject))) if name in DERIVED else []
    known = allowed(facts, told, "draws")
    for caption, figures in _groups(section):
        place = next((n for n, one in enumerate(expected) if says(caption, one.caption)), None)
        if place is not None:
            _missing(report, title, section, expected[:place])
            found.known.add(id(caption))
            same(report, figures, expected[place])
            expected = expected[place + 1 :]
        else:
            alone(report, title, caption, figures, known)
    _missing(report, title, section, expected)


def unexplained(report: Report) -> None:
    """Refuse every figure that nothing else compared, but for what a later version may have."""
    facts = report.facts
    later = any(one.kind not in bodies() for one in facts.documents.values()) or (not facts.whole and not report.told)
    for figure in report.pages.root.all("Figure"):
        if id(figure) in report.found.known:
            continue
        if later:
            report.found.leave("everywhere", "charts")
        else:
            report.found.wrong(figure.page, f"there is a figure where none belongs: {figure.alt[:200]!r}")


def _groups(section: Element) -> Iterator[tuple[Element, Sequence[Element]]]:
    """Yield the figures of a section, those of one chart together, each with the caption before it."""
    before: Element | None = None
    for kid in section.kids:
        figures = list(kid.kids) if kid.tag == "Div" else []
        if figures and before is not None and before.tag == "P" and all(one.tag == "Figure" for one in figures):
            yield before, figures
        before = kid


def _missing(report: Report, title: str, section: Element, charts: Sequence[Chart]) -> None:
    for chart in charts:
        report.found.wrong(section.page, f"{title} lacks the chart “{chart.caption}”")


def alone(report: Report, title: str, caption: Element, figures: Sequence[Element], known: Sentences) -> None:
    """Hold a chart that no document tells of to what it says, under a caption that is known."""
    found, words = report.found, caption.text
    found.known.update(map(id, figures))
    if known.match(words, Accounts(report.facts, found).reader) is None:
        if any(one.kind not in bodies() for one in report.facts.documents.values()):
            found.leave(title, f"the chart “{words}”")
        else:
            found.wrong(caption.page, f"{title} draws a chart {words!r}, which does not follow from the evidence there")
        return
    chart = read(words, [figure.alt for figure in figures])
    if chart is None:
        found.wrong(caption.page, f"the chart {words!r} is described as none of ours is: {figures[0].alt[:200]!r}")
        return
    found.leave(title, ALONE)
    same(report, figures, chart, AS_TOLD)


def same(report: Report, figures: Sequence[Element], chart: Chart, near: float = NEAR) -> None:
    """Compare the figures of one chart with it: each with the rows that it tells of, all rows in turn."""
    whole, found = picture(chart), report.found
    found.known.update(map(id, figures))
    parts = _parts(whole, figures)
    for figure, part in zip_longest(figures, parts):
        if figure is None or part is None:
            wanted = whole.told()
            said = f"is described as {figure.alt[:200]!r}" if figure is not None else "does not show all its rows"
            found.wrong(figures[0].page, f"the chart “{chart.caption}” {said}, expected {wanted[:200]!r}")
            return
        if problem := differs(figure, part, near):
            found.wrong(figure.page, f"the chart “{chart.caption}” {problem}")


def _parts(whole: Picture, figures: Sequence[Element]) -> list[Picture]:
    """Return the parts of a picture that figures tell of, up to the first that tells of none; none twice, none left."""
    if not isinstance(whole, RowPicture):
        return [whole] if [figure.alt for figure in figures] == [whole.told()] else []
    found, at = list[Picture](), 0
    for figure in figures:
        ends = range(at + 1, len(whole.rows) + 1)
        part = next((one for one in (whole.of(whole.rows[at:end]) for end in ends) if one.told() == figure.alt), None)
        if part is None:
            return found
        found.append(part)
        at += len(part.rows)
    # What is left belongs to a figure that is not there.
    return found if at == len(whole.rows) else [*found, whole.of(whole.rows[at:])]


def differs(figure: Element, wanted: Picture, near: float = NEAR) -> str:
    """Return how a figure differs from a picture as it is drawn, by more than some points; "" where it does not."""
    pieces, record = list(figure.pieces()), Record()
    wanted.paint(record)
    if len(pieces) != 1 or not pieces[0].written:
        return f"is drawn in {len(pieces)} pieces, expected one with words"
    texts, shapes = _joined(pieces[0].written), pieces[0].shapes
    up = texts[0].y - record.texts[0].y
    for text, other in zip_longest(texts, record.texts):
        if text is None or other is None or not _same_text(text, other, up):
            said, expected = (repr(one.text) if one is not None else "nothing" for one in (text, other))
            there = ", in another place or another type" if said == expected else ""
            return f"says {said}, expected {expected}{there}"
    for number, (shape, mark) in enumerate(zip_longest(shapes, record.shapes)):
        if shape is None or mark is None or not _same_shape(shape, mark, up, near):
            # What is written before a mark says where it is.
            before = record.texts[min((mark or shape).placed, len(texts)) - 1].text if (mark or shape).placed else ""
            where = f"after {before!r} " if before else ""
            return f"draws something else {where}than what it tells: mark {number + 1} of {len(record.shapes)}"
    return ""


def _joined(runs: Sequence[Run]) -> list[Run]:
    """Return texts as they were written: letters that one font does not hold come in runs of their own."""
    told = []
    for _, group in groupby(runs, key=lambda run: run.line):
        first, *others = group
        text = first.text + "".join(one.text for one in others)
        told.append(Run(text, first.x, first.y, 0, 0, first.size, first.face, first.ink, None, 0))
    return told


def _same_text(text: Run, other: Run, up: float) -> bool:
    return (text.text, text.face, text.ink) == (other.text, other.face, other.ink) and all(
        abs(one - wanted) <= NEAR
        for one, wanted in ((text.x, other.x + LEFT), (text.y, other.y + up), (text.size, other.size))
    )


def _same_shape(shape: Shape, other: Shape, up: float, near: float) -> bool:
    """Return whether two are of one ink and lead through the same points: of a line its box does not say which way."""
    left, low, right, high = other.box
    wanted = [left + LEFT, low + up, right + LEFT, high + up, *_flat(other.points, LEFT, up)]
    found = [*shape.box, *_flat(shape.points, 0, 0)]
    return (shape.filled, shape.ink, len(found)) == (other.filled, other.ink, len(wanted)) and all(
        abs(one - two) <= near for one, two in zip(found, wanted, strict=True)
    )


def _flat(points: Sequence[tuple[float, float]], right: float, up: float) -> list[float]:
    return [place for x, y in points for place in (x + right, y + up)]
