"""What a report's file holds besides pages and attachments: one seal, what it says of itself, and no more.

A PDF can carry a form that viewers show in place of the pages, pages turned by what they inherit, or a second title.
Whoever holds the seal key could put such there, and the signature would cover it. So what is not in reports of ours is
refused by naming it, as `governance.proof.reading.text` does with the pages themselves.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

from governance.proof.checks.evidence import ReportFacts
from governance.proof.checks.outcome import CheckLine
from governance.proof.formats.fields import moment

NAME = "file"
MOST_UNPACKED = 1024 * 1024 * 1024
"""bytes that evidence may have: four times what the largest report needs"""
TRAILER = frozenset({"/DecodeParms", "/Filter", "/ID", "/Index", "/Info", "/Length", "/Prev", "/Root", "/Size"})
TRAILER |= {"/Type", "/W"}
SIGNATURE = frozenset(
    {"/ByteRange", "/Contents", "/Filter", "/M", "/Name", "/Reason", "/Reference", "/SubFilter", "/Type"}
)
PAGE_TREE = frozenset({"/Count", "/Kids", "/Parent", "/Type"})
CONTENT = frozenset({"/DecodeParms", "/Filter", "/Length"})
INFORMATION = frozenset({"/CreationDate", "/Creator", "/ModDate", "/Producer", "/Subject", "/Title"})
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_XMP = "{http://ns.adobe.com/xap/1.0/}"
XMP = frozenset(
    {
        *(_DC + name for name in ("description", "identifier", "language", "title")),
        *(_XMP + name for name in ("CreateDate", "CreatorTool", "ModifyDate")),
        "{http://ns.adobe.com/pdf/1.3/}Producer",
    }
)


_END = re.compile(rb"startxref\n(\d+)\n%%EOF\n\Z")
_SECTION = re.compile(rb"(\d+) 0 obj\b")


class StructureError(ValueError):
    """The file holds what no report of ours does."""


def unpacked(stream: Any, most: int) -> bytes:
    """Return what a stream holds, packed once or not at all. Raises StructureError: another way, or more than that."""
    packing = stream.get("/Filter")
    raw: bytes = stream.read_raw_bytes()
    if packing is None:
        return raw
    if str(packing) != "/FlateDecode" or "/DecodeParms" in stream:
        raise StructureError("found bytes packed in another way than those of our reports")
    unpack = zlib.decompressobj()
    found = unpack.decompress(raw, most)
    if not unpack.eof:
        more = "are cut off" if len(found) < most else f"unpack to more than {most:,} bytes, which none of a report do"
        raise StructureError(f"found packed bytes that {more}")
    if unpack.unused_data:
        raise StructureError(f"found {len(unpack.unused_data):,} bytes that follow packed ones, where nobody sees them")
    return found


def structure_lines(data: bytes, report: ReportFacts) -> list[CheckLine]:
    """Return whether a file, by its bytes, holds what no report of ours does; `report` is what its evidence says."""
    import pikepdf

    try:
        with pikepdf.open(BytesIO(data), attempt_recovery=False, suppress_warnings=True) as pdf:
            problems = [*_references(data, pdf), *_problems(pdf, report)]
            problems += [f"it can be read in two ways: {warning}" for warning in pdf.get_warnings()]
    # The file is by whoever holds the seal key, and parsers fail on hostile files in ways of their own.
    except Exception as error:  # noqa: BLE001
        problems = [f"its structure cannot be read ({type(error).__name__}: {error})"]
    if problems:
        return [CheckLine(NAME, False, problem) for problem in problems]
    return [CheckLine(NAME, True, "it holds pages, attachments and one seal, and nothing else that is shown")]


def _problems(pdf: Any, report: ReportFacts) -> Iterator[str]:
    if pdf.is_encrypted:
        yield "it is encrypted"
    yield from _strange(pdf.trailer, TRAILER, "its trailer")
    yield from _seal(pdf, report)
    yield from _page_tree(pdf.Root.Pages, 0)
    for number, page in enumerate(pdf.pages, start=1):
        yield from _strange(page.obj.Contents, CONTENT, f"the content of page {number}")
    yield from _strange(pdf.Root.ViewerPreferences, {"/DisplayDocTitle"}, "what it asks of viewers")
    yield from _strange(pdf.Root.MarkInfo, {"/Marked"}, "what it says of its tags")
    yield from _described(pdf, report)


def _strange(found: Any, known: Iterable[str], what: str) -> Iterator[str]:
    if strange := set(found.keys()) - set(known):
        yield f"{what}: found {', '.join(sorted(key.lstrip('/') for key in strange))}, which no report of ours has"


def _references(data: bytes, pdf: Any) -> Iterator[str]:
    """Each section of the table of references is a stream (ISO 32000-2 §7.5.8), the newest named at the very end.

    Beside a table of the older form there may be a second one, which only some readers go by (§7.5.8.4).
    """
    end = _END.search(data, max(0, len(data) - 64))
    at, seen = int(end[1]) if end else None, set[int]()
    if at is None:
        yield "it does not end with the place of its table of references"
    while at is not None:
        found = _SECTION.match(data, at)
        section: Any = pdf.get_object(int(found[1]), 0) if found else {}
        if at in seen or str(section.get("/Type")) != "/XRef":
            yield "its table of references is not of streams alone, as in reports of ours"
            return
        seen.add(at)
        at = int(section.Prev) if "/Prev" in section else None


def _seal(pdf: Any, report: ReportFacts) -> Iterator[str]:
    """One form field, the seal: on page one, signed, certifying; and what it states is what the evidence does."""
    form = pdf.Root.AcroForm
    yield from _strange(form, {"/Fields", "/SigFlags"}, "its form")
    fields = list(form.Fields)
    widgets = [note for note in pdf.pages[0].obj.get("/Annots", []) if str(note.Subtype) == "/Widget"]
    if len(fields) != 1 or [each.objgen for each in fields] != [each.objgen for each in widgets]:
        yield f"found {len(fields)} fields in its form and {len(widgets)} on page one, expected the seal alone"
        return
    signature = fields[0].V
    yield from _strange(signature, SIGNATURE, "the seal")
    yield from _strange(pdf.Root.Perms, {"/DocMDP"}, "what it permits")
    if pdf.Root.Perms.DocMDP.objgen != signature.objgen:
        yield "another signature than the seal says which changes are permitted"
    stated, expected = str(signature.M), f"D:{moment(report.created_at):%Y%m%d%H%M%S}Z"
    if stated != expected:
        yield f"the seal states the time {stated}, expected {expected}"
    kind = str(pdf.docinfo.get("/Title", "")).partition(":")[0]
    reason = f"{kind} as of {report.ledger_size} ledger entries"
    if str(signature.Reason) != reason:
        yield f"the seal states the reason {str(signature.Reason)!r}, expected {reason!r}"


def _page_tree(node: Any, depth: int) -> Iterator[str]:
    """Pages inherit from the nodes above them, such as how they are turned: ours have nothing to hand down."""
    if str(node.Type) == "/Page" or depth > 8:
        return
    yield from _strange(node, PAGE_TREE, "the tree of its pages")
    for kid in node.Kids:
        yield from _page_tree(kid, depth + 1)


def _described(pdf: Any, report: ReportFacts) -> Iterator[str]:
    """What the file says of itself, twice (ISO 32000-2 §14.3): viewers show the one or the other, so both are one."""
    said = pdf.docinfo
    yield from _strange(said, INFORMATION, "what it says of itself")
    packed = unpacked(pdf.Root.Metadata, 1024 * 1024)
    told = {name: _plain(text) for name, text in _xmp(packed)}
    at = moment(report.created_at)
    for name, found, expected in (
        ("title", told.get(f"{_DC}title"), _plain(str(said.get("/Title", "")))),
        ("subject", told.get(f"{_DC}description"), _plain(str(said.get("/Subject", "")))),
        ("identifier", told.get(f"{_DC}identifier"), report.subject),
        ("maker", told.get(f"{_XMP}CreatorTool"), "Countersign"),
        ("maker", str(said.get("/Creator", "")), "Countersign"),
        ("time", told.get(f"{_XMP}CreateDate"), f"{at:%Y-%m-%dT%H:%M:%S}+00:00"),
        ("time", str(said.get("/CreationDate", "")), f"D:{at:%Y%m%d%H%M%S}+00'00'"),
    ):
        if found != expected:
            yield f"it says of itself the {name} {str(found)[:200]!r}, expected {expected[:200]!r}"
    if report.subject not in str(said.get("/Subject", "")):
        yield f"it says to be about {str(said.get('/Subject', ''))[:200]!r}, expected {report.subject}"


def _xmp(packed: bytes) -> Iterator[tuple[str, str]]:
    """Yield name and text of each property of XMP metadata. Raises StructureError: there are others than ours."""
    if b"<!" in packed:
        raise StructureError("found a declaration in its description, expected none")
    [described] = ET.fromstring(packed).iter(f"{_RDF}Description")  # noqa: S314  (without declarations no entities)
    seen = []
    for name, text in described.attrib.items():
        if name != f"{_RDF}about":
            seen.append((name, text))
    for part in described:
        if len(list(part.iter(f"{_RDF}li"))) > 1:
            raise StructureError(f"found {part.tag.rpartition('}')[2]} in its description in several forms")
        seen.append((part.tag, "".join(part.itertext())))
    names = [name for name, _ in seen]
    if strange := set(names) - XMP or {name for name in names if names.count(name) > 1}:
        told = ", ".join(sorted(name.rpartition("}")[2] for name in strange))
        raise StructureError(f"found {told} in its description, which no report of ours has")
    yield from seen


def _plain(text: str) -> str:
    return " ".join(text.split())
