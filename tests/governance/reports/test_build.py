"""The report as a file: the same bytes everywhere, what it says on page one, tags, names, links, evidence."""

import os
import subprocess
import sys
import zlib
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops
from reportlab.platypus import CondPageBreak, PageBreak
from reportlab.platypus import Paragraph as PlatypusParagraph

from governance.proof.pages.compare import lined
from governance.proof.sections.blocks import Column, Commands, DataTable, Fact, FactsTable, Heading, Paragraph
from governance.reports import fonts, story, style, tables
from governance.reports.build import build_pdf
from governance.reports.drawing import Drawing
from governance.reports.layout import Prose, _marked_up
from governance.reports.model import Edge, ReportData, Section
from governance.reports.tags import Element
from tests.governance.reports import poppler, sample

ROOT = Path(__file__).resolve().parents[3]
BUILD = (
    "import sys; from tests.governance.reports import sample; from governance.reports.build import build_pdf;"
    "from dataclasses import replace; told = replace(sample.report(), title=sys.argv[1]);"
    "sys.stdout.buffer.write(build_pdf(told, sample.EVIDENCE))"
)


@pytest.fixture(scope="module")
def built() -> bytes:
    return build_pdf(sample.report(), sample.EVIDENCE)


def test_the_same_facts_give_the_same_bytes_in_another_process_zone_and_locale(built: bytes) -> None:
    title = sample.report().title
    eastern = build_pdf(replace(sample.report(), title="山田 김철수"), sample.EVIDENCE)
    for seed, zone, named, same in (
        ("1", "UTC", title, built), ("4242", "Asia/Tokyo", title, built), ("7", "UTC", "山田 김철수", eastern),
    ):  # fmt: skip
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C", "PYTHONUTF8": "1"}
        command = [sys.executable, "-c", BUILD, named]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
        assert done.stdout == same


def test_nothing_is_packed_by_the_machines_own_zlib(built: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> bytes:
        raise AssertionError("another machine's zlib would pack this otherwise")

    monkeypatch.setattr(zlib, "compress", refuse)
    monkeypatch.setattr(zlib, "compressobj", refuse)
    assert build_pdf(sample.report(), sample.EVIDENCE) == built


def test_the_file_is_sound(built: bytes) -> None:
    with pikepdf.open(BytesIO(built)) as pdf:
        assert pdf.check_pdf_syntax() == []


def test_one_other_fact_or_one_other_byte_of_evidence_gives_other_bytes(built: bytes) -> None:
    assert build_pdf(replace(sample.report(), ledger_size=1285), sample.EVIDENCE) != built
    assert build_pdf(sample.report(), sample.EVIDENCE + b" ") != built


def test_page_one_says_what_it_is_of_what_as_of_when_and_at_which_checkpoint(built: bytes, tmp_path: Path) -> None:
    data, page = sample.report(), poppler.text(built, tmp_path, page=1)
    for expected in (
        "Lineage report", data.title, "Release of the project Medical coding triage", data.subject,
        "5 June 2026, 11:00:00 +00:00", "1284 ledger entries", data.checkpoint_root, "15 documents, 10 signatures",
        "What this report proves", "What it does not prove", "Page 1 of 13",
    ):  # fmt: skip
        assert expected in page
    for sentence in (*data.proves, *data.does_not_prove, *(notice.text for notice in data.exceptions)):
        assert sentence in page


def test_exceptions_come_before_what_is_proved_and_point_to_their_document(built: bytes, tmp_path: Path) -> None:
    page = poppler.text(built, tmp_path, page=1)
    assert page.index("Demonstration.") < page.index("Revoked.") < page.index("What this report proves")
    assert "See document 14." in page


def test_without_exceptions_page_one_says_so(tmp_path: Path) -> None:
    data = replace(sample.report(), exceptions=(), demo=False)
    page = poppler.text(build_pdf(data, sample.EVIDENCE), tmp_path, page=1)
    assert "None. No waiver, condition, revocation or unknown is recorded" in page
    assert "Demonstration" not in page


def test_every_signature_is_printed_with_name_meaning_time_and_method(built: bytes, tmp_path: Path) -> None:
    text = poppler.text(built, tmp_path)
    for name in sample.SIGNERS:
        assert name in text
    assert text.count("I approve this as the basis for accepting") == 7
    assert text.count("server-attested") == 10
    assert "14:07:00 +00:00" in text
    assert "revoked 3 June 2026" in text
    assert "No signature is recorded on this document." in text


def test_every_page_names_digest_checkpoint_and_its_number(built: bytes, tmp_path: Path) -> None:
    data = sample.report()
    for page in range(1, 14):
        text = poppler.text(built, tmp_path, page=page)
        assert data.subject in text
        assert data.checkpoint_root in text
        assert f"Page {page} of 13" in text


def test_every_face_is_embedded(built: bytes, tmp_path: Path) -> None:
    (tmp_path / "r.pdf").write_bytes(built)
    rows = poppler.run("pdffonts", str(tmp_path / "r.pdf")).splitlines()[2:]
    assert len(rows) == 6
    assert all(row.split()[-5:-2] == ["yes", "yes", "yes"] for row in rows)


def test_the_file_is_tagged_named_and_in_a_language(built: bytes, tmp_path: Path) -> None:
    with pikepdf.open(BytesIO(built)) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.Lang == "en-GB"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        with pdf.open_metadata() as metadata:
            assert metadata["dc:title"] == "Lineage report: ICD-10 chapter coder 1.0"
            assert metadata["xmp:CreateDate"] == "2026-06-05T11:00:00+00:00"
    (tmp_path / "r.pdf").write_bytes(built)
    tree = poppler.run("pdfinfo", "-struct-text", str(tmp_path / "r.pdf"))
    for tag in ("Document", "H1 (block)", "H2 (block)", "P (block)", "Table (block)", "TH", "TD", "Figure", "LBody"):
        assert tag in tree
    assert tree.count("Figure") == 2
    # Reading order is the order of the story, and footers are no part of it.
    assert tree.index("Exceptions") < tree.index("The lineage, drawn") < tree.index("Results and verdict")
    assert "Page 3 of" not in tree


def test_every_mark_of_every_page_leads_to_its_element_and_back(built: bytes) -> None:
    with pikepdf.open(BytesIO(built)) as pdf:
        numbers = pdf.Root.StructTreeRoot.ParentTree.Nums
        for index, page in enumerate(pdf.pages):
            assert page.obj.StructParents == index
            marks = [
                int(operands[1].MCID)
                for operands, operator in pikepdf.parse_content_stream(page)
                if str(operator) == "BDC"
            ]
            owners = numbers[index * 2 + 1]
            assert marks == list(range(len(owners)))
            for mark in marks:
                kids = owners[mark].K
                held = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
                assert any(kid == mark or getattr(kid, "MCID", None) == mark for kid in held)


def test_every_link_is_tagged_and_leads_back_to_its_element(built: bytes) -> None:
    with pikepdf.open(BytesIO(built)) as pdf:
        numbers = list(pdf.Root.StructTreeRoot.ParentTree.Nums)
        owner = dict(zip(map(int, numbers[::2]), numbers[1::2], strict=True))
        for page in pdf.pages:
            for note in page.obj.get("/Annots", []):
                element = owner[int(note.StructParent)]
                assert pikepdf.Name.Link == element.S
                kids = element.K if isinstance(element.K, pikepdf.Array) else [element.K]
                held = [kid.Obj.objgen for kid in kids if isinstance(kid, pikepdf.Dictionary) and "/Obj" in kid]
                assert note.objgen in held


def test_figures_say_in_words_what_they_show(built: bytes) -> None:
    with pikepdf.open(BytesIO(built)) as pdf:
        told = [str(each.Alt) for each in pdf.objects if isinstance(each, pikepdf.Dictionary) and "/Alt" in each]
    assert len(told) == 2
    assert any("Release" in text and "rests on" in text for text in told)
    assert any(
        "All cases: baseline 0.0 % (0.0 % to 1.3 %), tuned 58.3 % (52.7 % to 63.8 %), limit 55.0 %." in text
        for text in told
    )


def test_bookmarks_and_links_lead_to_pages(built: bytes) -> None:
    with pikepdf.open(BytesIO(built)) as pdf:
        pages = {page.obj.objgen for page in pdf.pages}
        with pdf.open_outline() as outline:
            titles = [item.title for item in outline.root]
            below = [len(item.children) for item in outline.root]
        links = [note for page in pdf.pages for note in page.obj.get("/Annots", [])]
        assert len(links) > 60
        assert all(note.Dest[0].objgen in pages for note in links)
    assert titles[:4] == ["ICD-10 chapter coder 1.0", "Contents", "1 Documents at a glance", "2 The lineage, drawn"]
    assert below[titles.index("3 Documents, one by one")] == 15


def test_the_evidence_is_the_one_attachment_and_says_how_it_belongs(built: bytes) -> None:
    with pikepdf.open(BytesIO(built)) as pdf:
        assert list(pdf.attachments) == ["evidence.json"]
        assert pdf.attachments["evidence.json"].get_file().read_bytes() == sample.EVIDENCE
        [associated] = pdf.Root.AF
        assert associated.AFRelationship == pikepdf.Name.Data
        assert associated.objgen == pdf.attachments["evidence.json"].obj.objgen


def hostile() -> ReportData:
    """Long names, long words, foreign scripts, markup and marks that turn the direction of text."""
    data = sample.report()
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3
    first, second, *rest = data.nodes
    line = replace(
        first.signatures[0], printed_name=long, role=long, meaning=long * 4, reason="<b>&amp;" + "reason " * 900
    )
    foreign = replace(line, printed_name="山田 太郎 שלום \u202egnp.exe", meaning="Я утверждаю", reason="", method=long)
    nodes = (
        replace(first, title=long, kind=long, author=long, status=long, signatures=(line, foreign)),
        replace(second, title="<para>&nbsp;</para> <a href='x'>", facts=(Fact("Label " + long, long),)),
        *rest,
    )
    table = DataTable(long, (Column(long), Column("b", 0.2, "right")), ((long, 12345), ("x" * 9000, None)))
    sections = (Section(long, (Paragraph(long), table)),)
    return replace(
        data, title=long, project=long, subject_kind=long, nodes=nodes, sections=sections, proves=(long,) * 40
    )


def test_all_ink_lies_on_a_letter_sheet_too(built: bytes, tmp_path: Path) -> None:
    """Printed unscaled on either paper, centred, nothing comes nearer to an edge than a quarter of an inch."""
    (tmp_path / "r.pdf").write_bytes(built)
    pixels = poppler.run("pdftoppm", "-r", "72", "-gray", str(tmp_path / "r.pdf"), str(tmp_path / "p"))
    assert pixels == ""
    low, high = (style.PAGE_HEIGHT - 792) / 2 + 18, style.PAGE_HEIGHT - (style.PAGE_HEIGHT - 792) / 2 - 18
    pages = sorted(tmp_path.glob("p-*.pgm"))
    assert len(pages) == 13
    for page in pages:
        with Image.open(page) as image:
            left, top, right, bottom = ImageChops.invert(image).getbbox() or (0, 0, 0, 0)
        assert (left >= 18, right <= style.PAGE_WIDTH - 18, top >= int(low), bottom <= high + 1) == (True,) * 4, (
            page.name
        )


def test_nothing_overflows_however_long_or_foreign(tmp_path: Path) -> None:
    pdf = build_pdf(hostile(), sample.EVIDENCE)
    found = poppler.words(pdf, tmp_path)
    assert len(found) > 1000
    for _, left, top, right, bottom, word in found:
        assert left >= style.LEFT - 1.5, word
        assert right <= style.LEFT + style.MEASURE + 1.5, word
        assert top >= 20, word
        assert bottom <= style.PAGE_HEIGHT - 20, word
    box = style.SEAL_BOX
    for page, left, top, right, bottom, word in found:
        inside = (
            bottom > style.PAGE_HEIGHT - box[3]
            and top < style.PAGE_HEIGHT - box[1]
            and right > box[0]
            and left < box[2]
        )
        assert not (page == 1 and inside), f"{word!r} is printed where the seal goes"


@given(st.text("ab/_:m ", max_size=60).filter(lambda text: text == " ".join(text.split())), st.integers(30, 120))
def test_long_names_are_cut_between_their_parts_and_nothing_is_lost(text: str, room: int) -> None:
    fonts.register()
    lines = fonts.wrap(text, fonts.SANS, 8.7, room)
    assert lined(lines, text), "whoever reads the lines again finds the same words"
    assert all(fonts.width(line, fonts.SANS, 8.7) <= room for line in lines)
    name = "tests/governance/test_people.py::test_two[a]"
    assert fonts.wrap(name, fonts.SANS, 8.7, 100) == ["tests/governance/", "test_people.py::", "test_two[a]"]
    assert [len(line) for line in fonts.wrap("0" * 64, fonts.MONO, 7.6, 100)] == [21, 21, 21, 1]
    enough = fonts.width("at most 72.5", fonts.SANS, 8.7) + 1
    assert fonts.wrap("at most 72.5 %", fonts.SANS, 8.7, enough) == ["at most", "72.5 %"]
    assert fonts.wrap("72.5 %", fonts.SANS, 8.7, 20) == ["72.5", "%"], "of less room than that both have what they need"


def test_no_line_of_one_word_ends_a_paragraph() -> None:
    lonely = 0
    for count in range(20, 60):
        text = " ".join(["code"] * count)
        plain, told = PlatypusParagraph(text, style.ITEM), Prose.of(text, style.ITEM, Element("P"))
        heights = [each.wrap(style.MEASURE, style.DEPTH)[1] for each in (plain, told)]
        lonely += len(plain.blPara.lines[-1][1]) == 1
        lines = [line[1] for line in told.blPara.lines]
        assert len(lines[-1]) > 1
        assert (heights[0], sum(map(len, lines))) == (heights[1], count), "it costs no line and no word"
    assert lonely, "left to itself, some would end so"


def test_a_name_too_long_for_a_line_of_running_text_is_broken_after_a_joint() -> None:
    fonts.register()
    name = f"tests/test_of.py:test-{'the-name-goes-on-' * 9}to-its-end"
    first, begun, *rest = _marked_up(f"Failed: {name}, & so on.", style.ITEM, "").split("<br/>")
    assert (first, rest[-1][-12:]) == ("Failed: ", "&amp; so on.")
    assert begun.endswith("-")
    assert "".join([begun, *rest]).startswith(name)
    assert _marked_up(f"{name}.", style.ITEM, "Before  ").startswith("<br/>"), "something stands before it"
    assert Prose.of(f"Failed: {name}", style.ITEM, Element("P")).wrap(style.MEASURE, 99)[1] == 3 * style.ITEM.leading


def test_what_cannot_be_printed_is_spelled_out_and_markup_is_text(tmp_path: Path) -> None:
    text = poppler.text(build_pdf(hostile(), sample.EVIDENCE), tmp_path)
    assert "山田 太郎" in text
    assert "‹U+05E9›‹U+05DC›" in text.replace(" ", ""), "what runs from right to left"
    assert "‹U+202E›gnp.exe" in text.replace(" ", "")
    assert "\u202e" not in text
    assert "<para>&nbsp;</para>" in text
    assert "<b>&amp;reason" in text
    assert text.count("reason") >= 900


def test_a_thousand_ledger_rows_are_all_there(tmp_path: Path) -> None:
    """How long it takes to set them is measured by `benchmarks.report_extract`."""
    pdf = build_pdf(sample.report(events=1000), sample.EVIDENCE)
    text = poppler.text(pdf, tmp_path)
    digests = [sample.digest(str(seq))[7:19] for seq in range(1000)]
    assert all(code in text for code in digests)
    # The head is read once but printed on every page of the table.
    assert text.count("Seq Time (UTC)") >= 25
    with pikepdf.open(BytesIO(pdf)) as opened:
        tags = [str(each.S) for each in opened.objects if isinstance(each, pikepdf.Dictionary) and "/S" in each]
    with pikepdf.open(BytesIO(build_pdf(sample.report(events=1), sample.EVIDENCE))) as opened:
        fewer = [str(each.S) for each in opened.objects if isinstance(each, pikepdf.Dictionary) and "/S" in each]
    assert tags.count("/TR") - fewer.count("/TR") == 999
    assert tags.count("/TH") == fewer.count("/TH")


def test_thirty_documents_and_four_hundred_make_whole_reports(tmp_path: Path) -> None:
    for count in (1, 30, 400):
        text = poppler.text(build_pdf(sample.wide(count), sample.EVIDENCE), tmp_path)
        assert f"document {count - 1}" in text
        assert ("could not be drawn legibly" in text) == (count == 400)


def test_a_time_without_a_zone_a_short_row_and_a_loose_edge_are_refused() -> None:
    data = sample.report()
    with pytest.raises(ValueError, match="without a zone"):
        build_pdf(replace(data, generated_at=datetime(2026, 1, 1)), b"{}")  # noqa: DTZ001
    short = DataTable("t", (Column("a"), Column("b")), (("only one",),))
    with pytest.raises(ValueError, match="1 values in a table of 2 columns"):
        build_pdf(replace(data, sections=(Section("s", (short,)),)), b"{}")
    with pytest.raises(ValueError, match="leads out of the report"):
        replace(data, edges=(Edge(data.subject, sample.digest("elsewhere"), "x"),))
    lost = Section("s", (FactsTable((Fact("a", "b", link=sample.digest("elsewhere")),)),))
    with pytest.raises(ValueError, match="'a' links out of the report"):
        replace(data, sections=(lost,))
    with pytest.raises(ValueError, match="subject is not a node"):
        replace(data, subject=sample.digest("elsewhere"))
    with pytest.raises(ValueError, match="repeated digest"):
        replace(data, nodes=(*data.nodes, data.nodes[0]))


def test_nothing_that_belongs_together_is_parted_and_nothing_else_is_kept() -> None:
    tag = Element("Sect")
    columns = tables.lanes((50, 50), (False, False))
    rows = [tables.row(((tables.Text(f"row {n}"),), (tables.Text("said"),)), columns) for n in range(9)]
    table = tables.Table(columns, rows, tag)
    for whole in range(1, len(rows) + 1):
        parts = table.split(style.MEASURE, sum(table.heights[:whole]) + 1)
        assert sum(len(part.rows) for part in parts) == len(rows)
        assert len(parts[-1].rows) > 1, whole
    pair = tables.Table(columns, rows[:2], tag)
    assert pair.split(style.MEASURE, pair.heights[0] + 1) == []
    texts = tuple(Paragraph("A line of its own.") for _ in range(40))
    long = story.numbered(1, Section("Long", (Heading("Many lines"), *texts, Heading("More"), texts[0])), tag)
    assert isinstance(long[0], CondPageBreak)
    assert long[0].height < style.DEPTH / 3
    empty = DataTable("What was found.", (Column("What", 100),), (), "Nothing.")
    told = story.numbered(1, Section("Said", (texts[0], Commands(("one", "two")), empty)), tag)
    kept = [at for at, each in enumerate(told) if isinstance(each, CondPageBreak)]
    assert [getattr(told[at + 1], "plain", "") for at in kept][1:] == [texts[0].text, "What was found."]


def test_a_small_drawing_shares_the_page_of_the_table_before_it() -> None:
    small = replace(sample.report(), nodes=sample.nodes()[:3], edges=())
    for data, fits in ((small, True), (sample.wide(40), False)):
        told = story.compose(data, Element("Document"))
        at = next(place for place, each in enumerate(told) if isinstance(each, Drawing))
        (room,) = [each for each in told[at - 5 : at] if isinstance(each, CondPageBreak) and each.height > 130]
        assert (room.height < style.DEPTH * 0.6) == fits
        assert not any(isinstance(each, PageBreak) for each in told[:at])
