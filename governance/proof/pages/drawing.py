"""The drawing of a lineage: drawn again from the documents' references, and compared in words and as it is drawn.

Which boxes there are, what stands in them, how each document stands, and which boxes the arrows join, in which
direction: all of it follows from the documents and their numbers.
"""

from governance.proof.charts.lineage import Document, Lineage, LineagePicture
from governance.proof.pages.drawn_charts import differs
from governance.proof.pages.report import STANDINGS, Report
from governance.proof.reading.text import Element
from governance.proof.words import running_text
from governance.proof.words.printed import capital

DRAWN = "The lineage, drawn"
SHOWN = 200
"""characters of a description that are told"""


def drawing(report: Report, section: Element) -> None:
    """Compare the drawing: its words for who cannot see it, every text, box and arrow, and where each lies."""
    found = report.found
    figures = list(section.all("Figure"))
    found.known.update(map(id, figures))
    if len(figures) != 1:
        found.wrong(section.page, f"found {len(figures)} drawings of the lineage, expected one")
        return
    [figure] = figures
    lineage = _lineage(report)
    if lineage is None:
        # Of a kind that a later version has, nobody here knows how it is called.
        found.leave(DRAWN, "the drawing")
        return
    expected = LineagePicture(lineage)
    left = len(lineage.documents) - len(expected.plan.drawn)
    found.prose(section, [running_text.DRAWN + (running_text.too_far(left) if left else "")], "the drawing")
    told = expected.told()
    if figure.alt != told:
        at = next((n for n, (a, b) in enumerate(zip(figure.alt, told, strict=False)) if a != b), 0)
        said, wanted = (f"{text[max(0, at - SHOWN // 2) :][:SHOWN]!r}" for text in (figure.alt, told))
        found.wrong(section.page, f"the drawing is described as {said}, expected {wanted}")
    if problem := differs(figure, expected):
        found.wrong(figure.page, f"the drawing of the lineage {problem}")


def _lineage(report: Report) -> Lineage | None:
    """Return what must be drawn; None where it has a document of a kind that this version does not know."""
    facts, marks, documents = report.facts, report.marks(), list[Document]()
    for number, digest in enumerate(facts.printed, start=1):
        title, label = facts.title(digest), facts.label(digest)
        if title is None or label is None:
            return None
        standing = STANDINGS.get(marks.get(number, ""), "?")
        version = facts.documents[digest].number
        documents.append(Document(number, digest, capital(label), title, version, standing))
    edges = [(source, target) for source in facts.printed for target, _ in report.targets(source)]
    subject = facts.title(facts.subject) if facts.subject in facts.documents else None
    return Lineage(subject or report.title, facts.subject, documents, edges)
