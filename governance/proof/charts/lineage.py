"""The lineage drawn: boxes with kind, title, version and short digest, marks that read without colour, arrows."""

from collections.abc import Sequence
from dataclasses import dataclass

from governance.proof.charts import graph
from governance.proof.charts.lettering import clip, few, printable, width
from governance.proof.charts.pen import Pen, Scaled
from governance.proof.words.printed import plural, short
from governance.proof.words.style import BLUE, DRAWN_DEPTH, GREY, INK, MEASURE, MONO, PALE, SANS, SANS_BOLD, WHITE

SIGNED, UNSIGNED, WITHDRAWN, RECORDED = "signed", "unsigned", "no longer in force", "recorded"
"""how a document can stand"""
LEGEND = (
    (SIGNED, "signed, in force"),
    (UNSIGNED, "signatures missing"),
    (WITHDRAWN, "no longer in force"),
    (RECORDED, "recorded: no signature asked for"),
)
LEGEND_DEPTH = 26.0
"""height kept for the legend below the drawing"""


@dataclass(frozen=True, slots=True)
class Document:
    """A box: what it says of a document, which `number` names everywhere in the report."""

    number: int
    digest: str
    kind: str
    title: str
    version: int
    standing: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """What is drawn: documents in the order of their numbers, the nearest to the subject first, and what names what.

    `edges` run from the digest of a document to that of one it rests on; those to others are not drawn.
    """

    title: str
    subject: str
    documents: Sequence[Document]
    edges: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Manner:
    """How much a box says. `least` is the smallest scale at which its text can still be read (5 pt)."""

    size: graph.Size
    title_lines: int
    face: float
    least: float


FULL = Manner(graph.Size(122.0, 52.0, 11.0, 25.0, 3.0), title_lines=2, face=7.4, least=0.72)
SHORT = Manner(graph.Size(104.0, 38.0, 8.0, 18.0, 3.0), title_lines=1, face=7.2, least=0.72)
BRIEF = Manner(graph.Size(84.0, 27.0, 7.0, 14.0, 3.0), title_lines=0, face=6.8, least=0.72)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is drawn, how, and at which scale."""

    placement: graph.Placement
    manner: Manner
    scale: float
    drawn: tuple[Document, ...]
    """all documents, or the nearest to the subject when the page cannot hold all"""


def plan(lineage: Lineage, across: float, depth: float) -> Plan:
    """Choose the layout that fits the room at the largest scale: full boxes if legible, else shorter, else fewer."""
    documents = lineage.documents
    for manner in (FULL, SHORT, BRIEF):
        beside, below = _capacity(manner, across, depth)
        if len(documents) <= beside * below:
            found = _fit(documents, lineage, manner, across, depth)
            if found.scale >= manner.least:
                return found
    beside, below = _capacity(BRIEF, across, depth)
    documents = documents[: beside * below]
    while True:
        documents = documents[: max(1, len(documents) * 4 // 5)]
        found = _fit(documents, lineage, BRIEF, across, depth)
        if found.scale >= BRIEF.least or len(documents) == 1:
            return found


def _capacity(manner: Manner, across: float, depth: float) -> tuple[int, int]:
    """How many boxes could stand side by side, and how many layers, at the smallest legible scale."""
    size = manner.size
    beside = (across / manner.least + size.beside) // (size.width + size.beside)
    below = (depth / manner.least + size.between) // (size.height + size.between)
    return max(1, int(beside)), max(1, int(below))


def _fit(documents: Sequence[Document], lineage: Lineage, manner: Manner, across: float, depth: float) -> Plan:
    """The layout of these documents that needs the least shrinking, over all widths that could be legible."""
    names = [one.digest for one in documents]
    kept = set(names)
    edges = [(source, target) for source, target in lineage.edges if source in kept and target in kept]
    most, below = _capacity(manner, across, depth)

    def tried(beside: int) -> Plan:
        placement = graph.place(names, edges, manner.size, beside)
        scale = min(1.0, across / placement.width, depth / placement.height)
        return Plan(placement, manner, scale, tuple(documents))

    # The first of equals, so that the choice never depends on more than the facts.
    return max((tried(n) for n in range(min(most, -(-len(documents) // below)), most + 1)), key=lambda p: p.scale)


class LineagePicture:
    """The drawing and its legend, on the page that it has."""

    def __init__(self, lineage: Lineage) -> None:
        self.lineage = lineage
        self.plan = plan(lineage, MEASURE, DRAWN_DEPTH - LEGEND_DEPTH)
        self.height = self.plan.placement.height * self.plan.scale + LEGEND_DEPTH

    def told(self) -> str:
        """Return the drawing in words, for readers who cannot see it: every document with what it rests on."""
        lineage, drawn = self.lineage, self.plan.drawn
        numbers = {one.digest: one.number for one in drawn}
        parts = [f"Lineage of {lineage.title}: {plural(len(drawn), 'document', 'documents')}."]
        for one in drawn:
            edges = {target for source, target in lineage.edges if source == one.digest and target in numbers}
            under = ", ".join(map(str, sorted(numbers[target] for target in edges)))
            rests = f"rests on {under}" if under else "rests on nothing further"
            parts.append(f"{one.number}, {one.kind}, {one.title}, {one.standing}, {rests}.")
        return " ".join(parts)

    def boxes(self) -> list[tuple[Document, tuple[float, float, float, float]]]:
        """Return where each document's box is, left, bottom, right and top."""
        scale, placed = self.plan.scale, self.plan.placement.boxes
        found = []
        for one in self.plan.drawn:
            box = placed[one.digest]
            left, top = self._left + box.x * scale, self.height - box.y * scale
            found.append((one, (left, top - box.height * scale, left + box.width * scale, top)))
        return found

    @property
    def _left(self) -> float:
        return (MEASURE - self.plan.placement.width * self.plan.scale) / 2

    def paint(self, pen: Pen) -> None:
        """Draw it, from (0, 0) to the measure and its height."""
        routes = self.plan.placement.routes
        scaled = Scaled(pen, self.plan.scale, self._left, self.height)
        for edge in sorted(routes):
            _arrow(scaled, routes[edge])
        for one in self.plan.drawn:
            self._box(scaled, one, self.plan.placement.boxes[one.digest])
        _legend(pen)

    def _box(self, pen: Pen, one: Document, box: graph.Box) -> None:
        left, top, face = box.x, -box.y, self.plan.manner.face
        subject = one.digest == self.lineage.subject
        pen.fill(PALE if subject else WHITE)
        pen.stroke(INK if one.standing != RECORDED else GREY)
        pen.thick(1.5 if subject else 0.8)
        pen.dash(*((3, 2) if one.standing in (UNSIGNED, WITHDRAWN) else ()))
        pen.rounded(left, top - box.height, box.width, box.height, 2.5, stroke=True, fill=True)
        pen.dash()
        _mark(pen, one.standing, left + box.width - 9.5, top - 9.5, 3.4)
        pen.fill(BLUE)
        kind = printable(f"{one.number}  {one.kind}", SANS_BOLD)
        _string(pen, kind, SANS_BOLD, face, left + 6.5, top - 11.5, box.width - 24)
        pen.fill(INK)
        y = top - 11.5
        if self.plan.manner.title_lines:
            lines = self.plan.manner.title_lines
            for line in few(printable(one.title, SANS), SANS, face, box.width - 13, lines):
                y -= face + 2.2
                _string(pen, line, SANS, face, left + 6.5, y, box.width - 13)
        pen.fill(GREY)
        foot = f"v{one.version}  {short(one.digest)}"
        _string(pen, foot, MONO, face - 0.8, left + 6.5, top - box.height + 6.0, box.width - 13)


def _mark(pen: Pen, standing: str, x: float, y: float, r: float) -> None:
    """Full disc with a tick, open circle, crossed circle, small square: told apart by shape alone."""
    pen.stroke(INK)
    pen.thick(0.9)
    pen.fill(INK)
    if standing == RECORDED:
        pen.fill(GREY)
        pen.rect(x - r * 0.6, y - r * 0.6, r * 1.2, r * 1.2, fill=True)
        return
    pen.circle(x, y, r, stroke=True, fill=standing == SIGNED)
    if standing == SIGNED:
        pen.stroke(WHITE)
        pen.thick(1.0)
        low = (x - r * 0.1, y - r * 0.45)
        pen.path([[(x - r * 0.5, y), low], [low, (x + r * 0.55, y + r * 0.45)]], stroke=True)
    elif standing == WITHDRAWN:
        d = r * 0.7
        pen.path([[(x - d, y - d), (x + d, y + d)], [(x - d, y + d), (x + d, y - d)]], stroke=True)


def _arrow(pen: Pen, points: Sequence[tuple[float, float]]) -> None:
    """Straight down beside a box, an S-curve between layers, a head that touches the target."""
    pen.stroke(GREY)
    pen.fill(GREY)
    pen.thick(0.7)
    x, y = points[0]
    start, pieces, last = (x, -y), list[Sequence[tuple[float, float]]](), len(points) - 1
    for index in range(1, len(points)):
        nx, ny = points[index]
        end = ny - (4.0 if index == last else 0.0)
        if index % 2 == 1:
            bend = (end - y) * 0.55
            pieces.append([(x, -(y + bend)), (nx, -(end - bend)), (nx, -end)])
        else:
            pieces.append([(nx, -end)])
        x, y = nx, end
    pen.curves(start, pieces, stroke=True)
    x, y = points[-1]
    pen.path([[(x, -y), (x - 2.1, -y + 5.0), (x + 2.1, -y + 5.0)]], fill=True, close=True)


def _legend(pen: Pen) -> None:
    x = 0.0
    for standing, text in LEGEND:
        _mark(pen, standing, x + 4, 5.6, 3.4)
        pen.fill(GREY)
        _string(pen, text, SANS, 7.8, x + 11, 3.0, 200)
        x += 11 + width(text, SANS, 7.8) + 18


def _string(pen: Pen, text: str, face: str, size: float, x: float, y: float, room: float) -> None:
    pen.text(clip(text, face, size, room), x, y, size, face)
