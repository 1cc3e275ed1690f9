"""The lineage drawn on its page; each box leads to its document's section."""

from reportlab.platypus import Flowable

from governance.proof.charts.lineage import Document, Lineage, LineagePicture
from governance.reports import style
from governance.reports.drawn_chart import CanvasPen
from governance.reports.model import ReportData
from governance.reports.tags import Element, TaggedCanvas


class Drawing(Flowable):
    """The drawing and its legend as one figure."""

    def __init__(self, data: ReportData, tag: Element) -> None:
        super().__init__()
        self.picture = LineagePicture(lineage(data))
        self.figure = tag.child("Figure", alt=self.picture.told())
        self.height = self.picture.height

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        return style.MEASURE, self.height

    def draw(self) -> None:
        canvas: TaggedCanvas = self.canv
        with canvas.marked(self.figure):
            self.picture.paint(CanvasPen(canvas))
        for one, area in self.picture.boxes():
            canvas.link(self.figure.child("Link"), f"Document {one.number}", one.digest, area)


def lineage(data: ReportData) -> Lineage:
    """Return what is drawn of a report: its documents in the order of their numbers, and what rests on what."""
    documents = [
        Document(data.by_digest[node.digest], node.digest, node.kind, node.title, node.number, node.standing.value)
        for node in data.nodes
    ]
    return Lineage(data.title, data.subject, documents, [(edge.source, edge.target) for edge in data.edges])
