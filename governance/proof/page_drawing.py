"""What the drawing of a lineage must say: its words for who cannot see it, and what is written into its boxes."""

from collections import Counter
from collections.abc import Mapping

from governance.proof import page_words
from governance.proof.page_compare import clipped
from governance.proof.page_report import STANDINGS, Report
from governance.proof.page_text import Element
from governance.proof.printed import capital, plural, short

DRAWN = "The lineage, drawn"


def drawing(report: Report, section: Element) -> None:
    """Compare the drawing: its words for who cannot see it, and what is written into its boxes."""
    facts, found = report.facts, report.found
    figures = list(section.all("Figure"))
    if len(figures) != 1:
        found.wrong(section.page, f"found {len(figures)} drawings of the lineage, expected one")
        return
    [figure] = figures
    found.known.add(id(figure))
    marks = report.marks()
    sentences = figure.alt.split(". ")
    shown = {
        number for number, digest in enumerate(facts.printed, start=1)
        if _sentence(report, number, digest, marks, None) is None or any(s.startswith(f"{number}, ") for s in sentences)
    }  # fmt: skip
    drawn = sorted(shown, key=lambda n: n)
    left = len(facts.printed) - len(drawn)
    found.prose(section, [page_words.DRAWN + (page_words.too_far(left) if left else "")], "the drawing")
    expected = [_sentence(report, number, facts.printed[number - 1], marks, shown) for number in drawn]
    if None in expected:
        found.leave(DRAWN, "the drawing")
    else:
        title = facts.title(facts.subject) if facts.subject in facts.documents else report.title
        drawings = plural(len(drawn), "document", "documents")
        whole = f"Lineage of {title}: {drawings}. {' '.join(map(str, expected))}"
        if figure.alt != whole:
            found.wrong(section.page, f"the drawing is described as {figure.alt[:200]!r}, expected {whole[:200]!r}")
    _boxes(report, figure, drawn)
    found.leave(DRAWN, "which boxes the arrows join")


def _sentence(report: Report, number: int, digest: str, marks: Mapping[int, str], shown: set[int] | None) -> str | None:
    facts = report.facts
    title, label = facts.title(digest), facts.label(digest)
    if title is None or label is None or number not in marks:
        return None
    under = sorted({n for t, _ in report.targets(digest) if (n := facts.numbers.get(t)) and n in (shown or ())})
    rests = f" rests on {', '.join(map(str, under))}" if under else " rests on nothing further"
    return f"{number}, {capital(label)}, {title}, {STANDINGS.get(marks[number], '?')},{rests}."


def _boxes(report: Report, figure: Element, drawn: list[int]) -> None:
    """Compare the texts in the boxes: number and kind, title, version and the beginning of the digest."""
    facts = report.facts
    texts = [run.text for piece in figure.pieces() for run in piece.written]
    legend = {"signed, in force", "signatures missing", "revoked or expired", "recorded: no signature asked for"}
    feet, heads, titles = Counter[str](), Counter[str](), []
    for number in drawn:
        digest = facts.printed[number - 1]
        feet[f"v{facts.documents[digest].number} {short(digest)}"] += 1
        heads[f"{number} {capital(facts.label(digest) or '')}"] += 1
        titles.append(" ".join((facts.title(digest) or "").split()))
    for text in texts:
        plain = " ".join(text.split())
        if feet[plain]:
            feet[plain] -= 1
        elif kind := next((head for head in heads if heads[head] and clipped(plain, head)), None):
            heads[kind] -= 1
        elif plain not in legend and not any(plain.rstrip("…").strip() in title for title in titles):
            report.found.wrong(figure.page, f"the drawing says {text!r}, which is of none of its documents")
    missing = [*feet.elements(), *heads.elements()]
    if missing:
        report.found.wrong(figure.page, f"the drawing lacks {', '.join(missing)}")
