"""The rows of a long table are kept as text once their page was read: the same cells, a fraction of the memory."""

import tracemalloc
from dataclasses import replace

import pytest

from governance.proof.reading.text import Element, Pages, read_pages
from governance.proof.sections.blocks import Column, DataTable
from governance.reports.build import build_pdf
from governance.reports.model import Section
from tests.governance.reports import sample

ROWS = 600


@pytest.fixture(scope="module")
def long() -> bytes:
    columns = (Column("Entry"), Column("What"), Column("Nothing"), Column("Who"))
    rows = tuple((str(n), f"draft {n} edited", "", "Łukasz Żółtowski and another") for n in range(ROWS))
    table = Section("Long", (DataTable("Everything.", columns, rows),))
    return build_pdf(replace(sample.report(), sections=(table,)), sample.EVIDENCE)


def told(part: Element) -> object:
    return part.tag, part.alt, part.page, part.face, part.lines, part.text, [told(kid) for kid in part.kids]


def test_a_packed_row_has_the_cells_that_it_had(long: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = read_pages(long)
    monkeypatch.setattr(Element, "pack", lambda _: None)
    assert told(packed.root) == told(read_pages(long).root)


def test_what_is_looked_for_is_found_in_packed_rows_too(long: bytes) -> None:
    root = read_pages(long).root
    assert sum(cell.text == "Łukasz Żółtowski and another" for cell in root.all("TD")) == ROWS
    assert [cell.text for cell in root.all("TH")][-4:] == ["Entry", "What", "Nothing", "Who"]
    assert len(list(root.all("TR"))) > ROWS


def held(data: bytes) -> int:
    """Return the bytes that a report's pages take."""
    tracemalloc.start()
    try:
        pages: Pages = read_pages(data)
        assert pages.count > 10
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def test_a_packed_row_takes_a_kilobyte_less(long: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = held(long)
    monkeypatch.setattr(Element, "pack", lambda _: None)
    assert held(long) - packed > 1000 * ROWS
