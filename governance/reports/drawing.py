"""The lineage drawn: boxes with kind, title, version and short digest, marks that read without colour, arrows."""

from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.platypus import Flowable

from governance.reports import fonts, graph, style, words
from governance.reports.model import Node, ReportData, Standing
from governance.reports.tags import Element, TaggedCanvas

LEGEND = 26.0
"""height kept for the legend below the drawing"""


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
    nodes: tuple[Node, ...]
    """those drawn: all, or the nearest to the subject when the page cannot hold all"""


def plan(data: ReportData, width: float, height: float) -> Plan:
    """Choose the layout that fits the room at the largest scale: full boxes if legible, else shorter, else fewer."""
    nodes = sorted(data.nodes, key=lambda node: (node.depth, data.by_digest[node.digest]))
    for manner in (FULL, SHORT, BRIEF):
        across, down = _capacity(manner, width, height)
        if len(nodes) <= across * down:
            found = _fit(nodes, data, manner, width, height)
            if found.scale >= manner.least:
                return found
    across, down = _capacity(BRIEF, width, height)
    nodes = nodes[: across * down]
    while True:
        nodes = nodes[: max(1, len(nodes) * 4 // 5)]
        found = _fit(nodes, data, BRIEF, width, height)
        if found.scale >= BRIEF.least or len(nodes) == 1:
            return found


def _capacity(manner: Manner, width: float, height: float) -> tuple[int, int]:
    """How many boxes could stand side by side, and how many layers, at the smallest legible scale."""
    size = manner.size
    across = (width / manner.least + size.beside) // (size.width + size.beside)
    down = (height / manner.least + size.between) // (size.height + size.between)
    return max(1, int(across)), max(1, int(down))


def _fit(nodes: Sequence[Node], data: ReportData, manner: Manner, width: float, height: float) -> Plan:
    """The layout of these nodes that needs the least shrinking, over all widths that could be legible."""
    names = [node.digest for node in nodes]
    kept = set(names)
    edges = [(edge.source, edge.target) for edge in data.edges if edge.source in kept and edge.target in kept]
    most, down = _capacity(manner, width, height)

    def tried(across: int) -> Plan:
        placement = graph.place(names, edges, manner.size, across)
        scale = min(1.0, width / placement.width, height / placement.height)
        return Plan(placement, manner, scale, tuple(nodes))

    # The first of equals, so that the choice never depends on more than the facts.
    return max((tried(across) for across in range(min(most, -(-len(nodes) // down)), most + 1)), key=lambda p: p.scale)


class Lineage(Flowable):
    """The drawing and its legend as one figure; each box leads to its document's section."""

    def __init__(self, data: ReportData, tag: Element, height: float) -> None:
        super().__init__()
        self.data = data
        self.plan = plan(data, style.MEASURE, height - LEGEND)
        self.figure = tag.child("Figure", alt=alternative(data, self.plan))
        self.height = self.plan.placement.height * self.plan.scale + LEGEND

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        return style.MEASURE, self.height

    def draw(self) -> None:
        canvas: TaggedCanvas = self.canv
        placement, scale = self.plan.placement, self.plan.scale
        with canvas.marked(self.figure):
            canvas.saveState()
            canvas.translate((style.MEASURE - placement.width * scale) / 2, self.height)
            canvas.scale(scale, scale)
            for edge in sorted(placement.routes):
                _arrow(canvas, placement.routes[edge])
            for node in self.plan.nodes:
                self._box(canvas, node, placement.boxes[node.digest])
            canvas.restoreState()
            _legend(canvas)

    def _box(self, canvas: TaggedCanvas, node: Node, box: graph.Box) -> None:
        left, top, face = box.x, -box.y, self.plan.manner.face
        subject = node.digest == self.data.subject
        canvas.setFillColor(style.PALE if subject else "white")
        _outline(canvas, node.standing, subject)
        canvas.roundRect(left, top - box.height, box.width, box.height, 2.5, fill=1)
        canvas.setDash()
        _mark(canvas, node.standing, left + box.width - 9.5, top - 9.5, 3.4)
        number = f"{self.data.by_digest[node.digest]}"
        canvas.setFillColor(style.BLUE)
        kind = fonts.printable(f"{number}  {node.kind}", fonts.SANS_BOLD)
        _string(canvas, kind, fonts.SANS_BOLD, face, left + 6.5, top - 11.5, box.width - 24)
        canvas.setFillColor(style.INK)
        y = top - 11.5
        if self.plan.manner.title_lines:
            title = fonts.wrap(fonts.printable(node.title, fonts.SANS), fonts.SANS, face, box.width - 13)
            last = self.plan.manner.title_lines - 1
            # What is left over is joined to the last line, which is then cut with an ellipsis.
            for line in [*title[:last], " ".join(title[last:])]:
                y -= face + 2.2
                _string(canvas, line, fonts.SANS, face, left + 6.5, y, box.width - 13)
        canvas.setFillColor(style.GREY)
        foot = f"v{node.number}  {words.short(node.digest)}"
        _string(canvas, foot, fonts.MONO, face - 0.8, left + 6.5, top - box.height + 6.0, box.width - 13)
        area = (left, top - box.height, left + box.width, top)
        canvas.link(self.figure.child("Link"), f"Document {number}", node.digest, area)


def alternative(data: ReportData, drawn: Plan) -> str:
    """The drawing in words, for readers who cannot see it: every document with what it rests on."""
    shown = {node.digest for node in drawn.nodes}
    parts = [f"Lineage of {data.title}: {words.plural(len(shown), 'document', 'documents')}."]
    for node in drawn.nodes:
        under = sorted({data.by_digest[e.target] for e in data.edges if e.source == node.digest and e.target in shown})
        rests = f" rests on {', '.join(map(str, under))}" if under else " rests on nothing further"
        parts.append(f"{data.by_digest[node.digest]}, {node.kind}, {node.title}, {node.standing.value},{rests}.")
    return " ".join(parts)


def _outline(canvas: TaggedCanvas, standing: Standing, subject: bool) -> None:
    canvas.setStrokeColor(style.INK if standing is not Standing.RECORDED else style.GREY)
    canvas.setLineWidth(1.5 if subject else 0.8)
    canvas.setDash([3, 2] if standing in (Standing.UNSIGNED, Standing.WITHDRAWN) else [])


def _mark(canvas: TaggedCanvas, standing: Standing, x: float, y: float, r: float) -> None:
    """Full disc with a tick, open circle, crossed circle, small square: told apart by shape alone."""
    canvas.setStrokeColor(style.INK)
    canvas.setLineWidth(0.9)
    canvas.setFillColor(style.INK)
    if standing is Standing.RECORDED:
        canvas.setFillColor(style.GREY)
        canvas.rect(x - r * 0.6, y - r * 0.6, r * 1.2, r * 1.2, stroke=0, fill=1)
        return
    canvas.circle(x, y, r, stroke=1, fill=int(standing is Standing.SIGNED))
    if standing is Standing.SIGNED:
        canvas.setStrokeColor("white")
        canvas.setLineWidth(1.0)
        canvas.lines(
            [(x - r * 0.5, y, x - r * 0.1, y - r * 0.45), (x - r * 0.1, y - r * 0.45, x + r * 0.55, y + r * 0.45)]
        )
    elif standing is Standing.WITHDRAWN:
        d = r * 0.7
        canvas.lines([(x - d, y - d, x + d, y + d), (x - d, y + d, x + d, y - d)])


def _arrow(canvas: TaggedCanvas, points: Sequence[tuple[float, float]]) -> None:
    """Straight down beside a box, an S-curve between layers, a head that touches the target."""
    canvas.setStrokeColor(style.GREY)
    canvas.setFillColor(style.GREY)
    canvas.setLineWidth(0.7)
    path = canvas.beginPath()
    x, y = points[0]
    path.moveTo(x, -y)
    last = len(points) - 1
    for index in range(1, len(points)):
        nx, ny = points[index]
        end = ny - (4.0 if index == last else 0.0)
        if index % 2 == 1:
            bend = (end - y) * 0.55
            path.curveTo(x, -(y + bend), nx, -(end - bend), nx, -end)
        else:
            path.lineTo(nx, -end)
        x, y = nx, end
    canvas.drawPath(path, stroke=1, fill=0)
    tip = canvas.beginPath()
    x, y = points[-1]
    tip.moveTo(x, -y)
    tip.lineTo(x - 2.1, -y + 5.0)
    tip.lineTo(x + 2.1, -y + 5.0)
    tip.close()
    canvas.drawPath(tip, stroke=0, fill=1)


def _legend(canvas: TaggedCanvas) -> None:
    x = 0.0
    for standing, text in (
        (Standing.SIGNED, "signed, in force"),
        (Standing.UNSIGNED, "signatures missing"),
        (Standing.WITHDRAWN, "revoked or expired"),
        (Standing.RECORDED, "recorded: no signature asked for"),
    ):
        _mark(canvas, standing, x + 4, 5.6, 3.4)
        canvas.setFillColor(style.GREY)
        _string(canvas, text, fonts.SANS, 7.8, x + 11, 3.0, 200)
        x += 11 + fonts.width(text, fonts.SANS, 7.8) + 18


def _string(canvas: TaggedCanvas, text: str, face: str, size: float, x: float, y: float, room: float) -> None:
    canvas.setFont(face, size)
    canvas.drawString(x, y, fonts.clip(text, face, size, room))
