"""A report's pages read once: what a change of what they say is found to be, without setting a page anew."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import pikepdf

from governance.proof.evidence import ATTACHMENT
from governance.proof.page_claims import compare
from governance.proof.page_facts import Facts
from governance.proof.page_report import Report
from governance.proof.page_sentences import allowed
from governance.proof.page_text import Element, PageError, Piece, read_pages
from governance.proof.places import parts
from governance.proof.verify import examine
from governance.reports import tasks
from governance.reports.gathered import Gathered

SEAL = "the visible seal has 0 lines"
BULLET = "–"


def reread(found: Gathered, fingerprint: str) -> "Reread":
    """Return what a report prints of what was gathered, read once."""
    pdf = tasks.unsealed(found)
    with pikepdf.open(BytesIO(pdf)) as opened:
        facts = examine(opened.attachments[ATTACHMENT].get_file().read_bytes(), fingerprint).facts
    assert facts is not None
    return Reread(pdf, facts)


class Reread:
    """The pages of one file, and the facts that they are compared with."""

    def __init__(self, pdf: bytes, facts: Facts) -> None:
        pages = read_pages(pdf)
        # Cells are parts of their own here, which can be told apart.
        self.pages, self.facts = replace(pages, root=copied(pages.root)), facts

    def wrong(self, root: Element | None = None) -> list[str]:
        """Return what is found wrong with the pages, or with others in their place."""
        try:
            report = Report(self.facts, replace(self.pages, root=root or copied(self.pages.root)))
            compare(report)
        except PageError as error:
            return [str(error)]
        return [problem for problem in report.found.problems if SEAL not in problem]

    def texts(self, *tags: str) -> list[Element]:
        """Return the parts of some tags, in reading order."""
        return list(self.pages.root.all(*tags))

    def exceptions(self, label: str) -> list[Element]:
        """Return the exceptions of page one that have a label."""
        listed = next(part for part in self.pages.root.kids[0].kids if part.tag == "L")
        return [part for part in listed.all("LBody") if part.text.startswith(f"{BULLET} {label}. ")]

    def warned(self) -> list[Element]:
        """Return the exceptions of page one."""
        return list(next(part for part in self.pages.root.kids[0].kids if part.tag == "L").all("LBody"))

    def otherwise(self, part: Element, *, says: str | None) -> list[str]:
        """Return what is found wrong where a part says something else or (None) is left out."""
        return self.wrong(copied(self.pages.root, part, says))

    def exchanged(self, one: Element, other: Element) -> list[str]:
        """Return what is found wrong where two parts say what the other does: each true, in the wrong place."""
        said = {id(one): other.text, id(other): one.text}

        def swapped(element: Element) -> Element:
            if id(element) in said:
                piece = Piece(element.page, element.tag, lines=[said[id(element)]], face=element.face)
                return Element(element.tag, [piece], element.alt, element.page)
            held = [swapped(each) if isinstance(each, Element) else each for each in element.held]
            return Element(element.tag, held, element.alt, element.page)

        return self.wrong(swapped(self.pages.root))

    def unnoticed(self, parts: list[Element], says: str = "All is well") -> Iterator[str]:
        """Yield each part that can say something else, or be left out, without anything being found."""
        assert not self.wrong()
        for part in parts:
            if not self.otherwise(part, says=says):
                yield f"said otherwise: {part.text}"
            if not self.otherwise(part, says=None):
                yield f"left out: {part.text}"


def in_places(facts: Facts, text: str, words: str) -> str | None:
    """Return a known sentence of a kind with other words in its places; None where it has none, or is none."""
    said = text.removeprefix(f"{BULLET} ").partition(" See document ")[0]
    found = (allowed(facts, None, what).like(said) for what in ("says", "warns"))
    sentence = next((one for one in found if one is not None and one not in said), None)
    return words.join(parts(sentence)[0]) if sentence else None


def copied(element: Element, but: Element | None = None, says: str | None = None) -> Element:
    """Return a tree anew; of one part without its text, or with another."""
    if element is but:
        lines = [BULLET, str(says)] if element.tag == "LBody" else [str(says)]
        piece = Piece(element.page, element.tag, lines=lines, face=element.face)
        return Element(element.tag, [piece], element.alt, element.page)
    held: list[Element | Piece] = []
    for one in element.held:
        if one is but and says is None:
            continue
        if isinstance(one, Element) and one.tag == "LI" and says is None and any(kid is but for kid in one.kids):
            continue
        held.append(copied(one, but, says) if isinstance(one, Element) else one)
    return Element(element.tag, held, element.alt, element.page)
