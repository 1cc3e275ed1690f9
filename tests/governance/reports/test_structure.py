"""The structure tree as it is written and read: the same however it is spelled, and refused where it is bent."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from io import BytesIO
from itertools import count

import pikepdf
import pytest

from governance.proof.reading.text import Element as Read
from governance.proof.reading.text import PageError, Pages, read_pages
from governance.reports import build
from governance.reports.assembly import EACH, assemble
from governance.reports.structure import Places, structure
from governance.reports.tags import Cells, Element, Mark
from tests.governance.reports import sample


@pytest.fixture(scope="module")
def built() -> bytes:
    return build.build_pdf(sample.report(), sample.EVIDENCE)


def told(part: Read) -> object:
    return part.tag, part.alt, part.page, part.lines, [told(kid) for kid in part.kids]


def test_a_row_noted_at_once_is_written_as_its_cells_one_by_one() -> None:
    at_once, singly = Element("Document"), Element("Document")
    table = at_once.child("Table")
    table.kids += [Cells(0, 0, 2), Cells(1, 0, 3)]
    table = singly.child("Table")
    for page, cells in ((0, 2), (1, 3)):
        row = table.child("TR")
        for mark in range(cells):
            row.child("TD").kids.append(Mark(page, mark))
    assert written(at_once) == written(singly)
    singly.child("L").child("LI")
    assert written(at_once) == written(singly)
    assert written(Element("Document"))[20] == ("<</Type/StructTreeRoot/K []/ParentTree 21 0 R/ParentTreeNextKey 2>>")


def written(root: Element) -> dict[int, str]:
    return dict(structure(root, Places([4, 9], [[], []]), 20, count(21)))


def test_a_file_lacks_no_object_of_a_number() -> None:
    saved = BytesIO()
    pikepdf.new().save(saved, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    with pikepdf.open(saved) as pdf:
        tree = len(pdf.objects) + 1
        with pytest.raises(ValueError, match="numbers without an object"):
            assemble(pdf, tree, [(tree, "<<>>"), (tree + 2, "<<>>")], count(tree + 3))


@pytest.mark.parametrize("mode", list(pikepdf.ObjectStreamMode))
def test_the_tree_is_read_alike_however_its_objects_are_spelled(built: bytes, mode: pikepdf.ObjectStreamMode) -> None:
    out = BytesIO()
    with pikepdf.open(BytesIO(built)) as pdf:
        assert len(pdf.objects) > 2 * EACH
        pdf.save(out, object_stream_mode=mode)
    ours, theirs = read_pages(built), read_pages(out.getvalue())
    assert told(ours.root) == told(theirs.root)
    assert (ours.heads, ours.feet, ours.outline) == (theirs.heads, theirs.feet, theirs.outline)


def read_with(monkeypatch: pytest.MonkeyPatch, change: Callable[[list[str]], None]) -> Pages:
    """Read the sample with a structure that was changed as it was written."""

    def bent(pdf: pikepdf.Pdf, tree: int, further: Iterable[tuple[int, str]], numbers: Iterator[int]) -> bytes:
        found, texts = zip(*further, strict=True)
        changed = list(texts)
        change(changed)
        return assemble(pdf, tree, zip(found, changed, strict=True), numbers)

    monkeypatch.setattr(build, "assemble", bent)
    return read_pages(build.build_pdf(sample.report(), sample.EVIDENCE))


def row_in(objects: list[str]) -> int:
    return next(place for place, text in enumerate(objects) if text.startswith("<</S/TR/") and text.count(" R") > 3)


def cells_in(objects: list[str]) -> list[int]:
    return [place for place, text in enumerate(objects) if text.startswith("<</S/TD/") and "/Pg" in text]


def test_a_part_in_two_places_or_within_itself_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(objects: list[str]) -> None:
        place = row_in(objects)
        head, _, kids = objects[place].partition("/K[")
        objects[place] = f"{head}/K[{kids.split(' 0 R')[0]} 0 R {kids}"

    def around(objects: list[str]) -> None:
        place = row_in(objects)
        parent = objects[place].split("/P ")[1].split(" ")[0]
        objects[place] = objects[place].replace("/K[", f"/K[{parent} 0 R ")

    for change in (twice, around):
        with pytest.raises(PageError, match="one part in two places"):
            read_with(monkeypatch, change)


def test_a_cell_of_other_content_than_its_own_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def swapped(objects: list[str]) -> None:
        one, other = cells_in(objects)[:2]
        marks = [objects[place].rpartition("/K ")[2] for place in (one, other)]
        objects[one] = objects[one].rpartition("/K ")[0] + "/K " + marks[1]
        objects[other] = objects[other].rpartition("/K ")[0] + "/K " + marks[0]

    def renamed(tag: str, objects: list[str]) -> None:
        place = cells_in(objects)[0]
        objects[place] = objects[place].replace("/S/TD/", f"/S/{tag}/")

    with pytest.raises(PageError, match="another order"):
        read_with(monkeypatch, swapped)
    for tag, said in (("TH", "not of the TH"), ("TR", "not of the TR"), ("Span", "which no report of ours has")):
        with pytest.raises(PageError, match=said):
            read_with(monkeypatch, partial(renamed, tag))


def test_an_object_stream_that_names_its_objects_otherwise_than_the_file_does_is_refused(built: bytes) -> None:
    with pikepdf.open(BytesIO(built)) as pdf:
        number = pdf.get_xref_table()[pdf.Root.StructTreeRoot.K[0].objgen].obj_stream_number
        stream = pdf.get_object(number, 0)
        content, first = stream.read_bytes(), int(stream.First)
    index = content[:first].split()
    assert told(read_pages(_with(built, number, index, content[first:])).root) == told(read_pages(built).root)
    for changed in (
        [*index[2:4], *index[:2], *index[4:]],  # in another order
        [index[2], *index[1:]],  # one number twice
        [index[0], index[3], *index[2:]],  # two in one place
    ):
        with pytest.raises(PageError):
            read_pages(_with(built, number, changed, content[first:]))


def _with(built: bytes, number: int, index: list[bytes], objects: bytes) -> bytes:
    """Return the file with another object stream of a number, added in a section of its own (ISO 32000-1, 7.5.6)."""
    with pikepdf.open(BytesIO(built)) as pdf:
        root, info, size = pdf.trailer.Root.objgen[0], pdf.trailer.Info.objgen[0], int(pdf.trailer.Size)
    told_ = b" ".join(index) + b"\n"
    stream = b"%d 0 obj\n<</Type/ObjStm/N %d/First %d/Length %d>>\nstream\n%s%s\nendstream\nendobj\n" % (
        number, len(index) // 2, len(told_), len(told_) + len(objects), told_, objects,
    )  # fmt: skip
    places = (len(built), len(built) + len(stream))  # of the object stream, and of the table itself
    entries = b"".join(b"\x01" + place.to_bytes(4) + b"\0" for place in places)
    previous = int(built.rpartition(b"startxref\n")[2].split()[0])
    table = b"%d 0 obj\n<</Type/XRef/Size %d/W[1 4 1]/Index[%d 1 %d 1]/Root %d 0 R/Info %d 0 R/Prev %d" % (
        size, size + 1, number, size, root, info, previous,
    )  # fmt: skip
    table += b"/Length %d>>\nstream\n" % len(entries)
    end = b"%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (entries, places[1])
    return built + stream + table + end
