"""The drawing of a lineage is held to the documents' references: box by box, arrow by arrow."""

import pytest

from governance.proof.charts.lineage import LineagePicture
from governance.proof.pages.drawn_charts import differs
from governance.proof.reading.text import Element, read_pages
from governance.reports import drawing
from governance.reports.build import build_pdf
from tests.governance.reports import sample
from tests.governance.reports.drawings import DRAWINGS


@pytest.fixture(scope="module")
def figure() -> Element:
    pages = read_pages(build_pdf(sample.report(), sample.EVIDENCE))
    [found] = [one for one in pages.root.all("Figure") if one.alt.startswith("Lineage of")]
    return found


def picture() -> LineagePicture:
    return LineagePicture(drawing.lineage(sample.report()))


def test_a_lineage_is_on_the_page_as_it_is_drawn_again(figure: Element) -> None:
    assert figure.alt == picture().told()
    assert differs(figure, picture()) == ""


@pytest.mark.parametrize("lie", DRAWINGS)
def test_a_lineage_that_is_drawn_otherwise_is_another_whatever_is_told_of_it(figure: Element, lie: str) -> None:
    other = picture()
    DRAWINGS[lie](other)
    assert other.told() == figure.alt or lie in ("a signed document drawn as unsigned", "another title in a box")
    assert differs(figure, other) != ""
