"""Whoever has the seal key seals a file that holds more than a report does: each is found, and named."""

import re
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from governance.proof.files import structure
from governance.proof.files.report_file import verify_report
from governance.proof.files.structure import StructureError, structure_lines, unpacked
from governance.proof.reading.text import PageError, read_pages
from tests.governance.proof.printing import facts_of, pages
from tests.governance.proof.world import World

Change = Callable[[Pdf], None]
LIE = b'{"other":1}'


def stream(pdf: Pdf, content: bytes = LIE) -> Any:
    return pdf.make_indirect(Stream(pdf, content, Type=Name.EmbeddedFile))


def spec(pdf: Pdf) -> Any:
    file, called = stream(pdf), String("evidence.json")
    files = Dictionary(F=file, UF=file)
    return pdf.make_indirect(Dictionary(Type=Name.Filespec, F=called, UF=called, EF=files, AFRelationship=Name.Data))


def listed(pdf: Pdf) -> Any:
    return pdf.Root.Names.EmbeddedFiles


def second_of_the_name(pdf: Pdf) -> None:
    own = list(listed(pdf).Names)
    listed(pdf).Names = Array([String("evidence.json"), spec(pdf), *own])


def other_bytes(pdf: Pdf) -> None:
    listed(pdf).Names[1].EF.UF = stream(pdf)


def other_name(pdf: Pdf) -> None:
    listed(pdf).Names[1].UF = String("invoice.pdf")


def beside_it(pdf: Pdf) -> None:
    listed(pdf).Names[1].RF = Dictionary(F=Array([String("more"), stream(pdf)]))


def associated(pdf: Pdf) -> None:
    pdf.Root.AF = Array([spec(pdf)])


def associated_too(pdf: Pdf) -> None:
    pdf.Root.AF.append(spec(pdf))


def of_a_branch(pdf: Pdf) -> None:
    listed(pdf).Kids = Array([pdf.make_indirect(Dictionary(Names=Array([String("z"), spec(pdf)])))])


def xfa(pdf: Pdf) -> None:
    form = pdf.make_indirect(Stream(pdf, b"<template/>"))
    pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=Array([]), XFA=Array([String("template"), form])))


def hidden_field(pdf: Pdf) -> None:
    script = Dictionary(K=Dictionary(S=Name.JavaScript, JS=String("app.alert(1)")))
    field = pdf.make_indirect(Dictionary(FT=Name.Tx, T=String("x"), V=String("signed by all"), AA=script))
    pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=Array([field])))


def called_otherwise(pdf: Pdf) -> None:
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        metadata["dc:title"] = "Signed by everybody"


def more_metadata(pdf: Pdf) -> None:
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        metadata["dc:rights"] = "Certified"


def dated_back(pdf: Pdf) -> None:
    pdf.docinfo.CreationDate = String("D:20200102030405+00'00'")


def by_somebody(pdf: Pdf) -> None:
    pdf.docinfo.Author = String("The auditor")


def full_screen(pdf: Pdf) -> None:
    pdf.Root.ViewerPreferences.HideToolbar = True


def content_from_elsewhere(pdf: Pdf) -> None:
    pdf.pages[1].obj.Contents.F = Dictionary(Type=Name.Filespec, F=String("other.txt"))


def handed_down(pdf: Pdf) -> None:
    pdf.Root.Pages.CropBox = Array([0, 0, 100, 100])


HELD: dict[str, tuple[Change, str]] = {
    "a second attachment of the same name": (second_of_the_name, "each once"),
    "other bytes for some readers": (other_bytes, "as reports attach it: contents"),
    "another name for some readers": (other_name, "as reports attach it: names"),
    "a file related to the attachment": (beside_it, "as reports attach it: fields"),
    "another file of the document": (associated, "files belong to it"),
    "one more file of the document": (associated_too, "files belong to it"),
    "attachments in a branch of the list": (of_a_branch, "found the attachments"),
    "a form in place of the pages (XFA)": (xfa, "found XFA"),
    "a field with a script": (hidden_field, "found 2 fields"),
    "another title for viewers": (called_otherwise, "'Signed by everybody'"),
    "something else about itself": (more_metadata, "found rights"),
    "an earlier day": (dated_back, 'the time "D:2020'),
    "an author": (by_somebody, "found Author"),
    "wishes of how it is shown": (full_screen, "found HideToolbar"),
    "a page whose content lies elsewhere": (content_from_elsewhere, "found F"),
}


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.mark.attack(
    name="with the seal key, hide in the file what only some readers see: a second evidence, a form, a script",
    caught_by="the verifier goes through all that a file can hold beside its pages and refuses what ours do not",
    unless="a faulty viewer shows what a sound file does not say",
)
def test_what_no_report_holds_is_named(world: World) -> None:
    from governance.reports.seal import seal

    evidence = world.evidence()
    pdf, at, reason = pages(evidence, world.fingerprint)
    signer, certificate = world.keys["seal"].signer, world.seal_certificate.encode()

    def checked(content: bytes, **stated: Any) -> tuple[int, str]:
        said: dict[str, Any] = {"name": "Test organisation", "reason": reason, "at": at} | stated
        found = verify_report(seal(content, signer, certificate, **said), world.fingerprint)
        return found.code, " ".join(f"{line.name}: {line.detail}" for line in found.checks if line.ok is False)

    assert checked(pdf) == (0, "")
    missed = {}
    for what, (change, words) in HELD.items():
        saved = BytesIO()
        with Pdf.open(BytesIO(pdf)) as opened:
            change(opened)
            opened.save(saved, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        code, said = checked(saved.getvalue())
        if code != 1 or words not in said:
            missed[what] = said
    assert not missed
    assert "states the reason" in checked(pdf, reason="Approved by all")[1]
    assert "states the time" in checked(pdf, at=at.replace(year=2020))[1]


def test_what_pages_inherit_and_what_has_two_readings(world: World) -> None:
    """As a program would write it that is not ours: neither a sealed file's parser nor qpdf would let it pass whole."""
    report, evidence = world.report(), World(world.keys).evidence()
    said = facts_of(evidence, world.fingerprint).evidence.report
    with Pdf.open(BytesIO(report)) as pdf:
        handed_down(pdf)
        assert list(structure._page_tree(pdf.Root.Pages, 0)) == [
            "the tree of its pages: found CropBox, which no report of ours has"
        ]
    saved = BytesIO()
    with Pdf.open(BytesIO(report)) as pdf:
        pdf.save(saved, static_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable, compress_streams=False)
    twice = saved.getvalue().replace(b"/PageMode /UseOutlines", b"/Lang (x)/PageMode /Ab", 1)
    assert any("duplicated key" in line.detail for line in structure_lines(twice, said))
    assert [line.ok for line in structure_lines(b"%PDF-1.7 nonsense", said)] == [False]
    # The same within a page: a link whose border has two widths, in as many bytes as before.
    link = re.search(rb"<< /Border \[ 0 0 0 \].*?>>", saved.getvalue())
    assert link is not None
    tight = link[0].replace(b"[ ", b"[").replace(b" ]", b"]").replace(b" /", b"/")
    other = tight.replace(b"/Border", b"/Border 9/Border", 1)[:-2].ljust(len(link[0]) - 2) + b">>"
    with pytest.raises(PageError, match=r"in two ways.*duplicated key"):
        read_pages(saved.getvalue().replace(link[0], other, 1))
    assert read_pages(saved.getvalue()).count == read_pages(report).count


def test_an_attachment_that_unpacks_to_far_more_is_not_unpacked() -> None:
    bomb = zlib.compress(bytes(50_000_000), 9)
    with Pdf.new() as pdf:

        def packed(content: bytes, **keys: Any) -> Any:
            made = pdf.make_stream(b"")
            made.write(content, **({"filter": Name.FlateDecode} | keys))
            return made

        assert unpacked(packed(zlib.compress(b"evidence")), 100) == b"evidence"
        for stream_, words in (
            (packed(bomb), "unpack to more than 1,000"),
            (packed(zlib.compress(bomb), filter=Array([Name.FlateDecode, Name.FlateDecode])), "another way"),
            (packed(zlib.compress(b"evidence")[:-4]), "are cut off"),
        ):
            with pytest.raises(StructureError, match=words):
                unpacked(stream_, 1000)
