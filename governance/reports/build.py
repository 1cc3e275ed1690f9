"""A report as one PDF: typeset, tagged, described, with its evidence attached. Not yet sealed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from types import MappingProxyType

import pikepdf
from pikepdf import Array, AttachedFileSpec, Dictionary, Name, Pdf, String
from pikepdf.models import PdfMetadata
from reportlab.platypus import Flowable

from governance.proof.checks.evidence import ATTACHMENT
from governance.proof.files.attached import KNOWN
from governance.proof.words.watermark import PREVIEW
from governance.reports.assembly import assemble
from governance.reports.layout import typeset
from governance.reports.model import Furniture, Preview, ReportData
from governance.reports.story import compose
from governance.reports.structure import Places, prepare, structure
from governance.reports.tags import Element


def build_pdf(data: ReportData, evidence: bytes, files: Mapping[str, bytes] = MappingProxyType({})) -> bytes:
    """The unsealed report: the same facts, evidence and files give the same bytes, on any machine and day.

    The evidence becomes an associated file of the document (ISO 32000-2, 14.13) with the relationship Data, the `files`
    for programs by their names (`proof.files.attached`) with Supplement: they say in other forms what it holds.
    Raises ValueError when a time has no zone or a table row has the wrong length.
    """
    root = Element("Document")
    pages = typeset(data, compose(data, root))
    with Pdf.open(BytesIO(pages)) as pdf:
        del pages
        prepare(pdf, root)
        about = f"{data.subject_kind} {data.subject}, {data.project}"
        _describe(pdf, data, about, data.generated_at)
        with _metadata(pdf) as metadata:
            metadata["dc:identifier"] = data.subject
            metadata["xmp:CreatorTool"] = "Countersign"
        _attach(pdf, data, {ATTACHMENT: evidence, **files})
        saved = _saved(pdf)
    return _tagged(saved, root)


def build_preview(data: Preview, story: list[Flowable], root: Element) -> bytes:
    """The pages of a draft: by what tool they were made says that they are a preview; nothing is attached."""
    pages = typeset(data, story)
    with Pdf.open(BytesIO(pages)) as pdf:
        prepare(pdf, root)
        _describe(pdf, data, f"{data.about}, revision {data.revision} of a draft: no record", data.saved_at)
        with _metadata(pdf) as metadata:
            metadata["xmp:CreatorTool"] = PREVIEW
        saved = _saved(pdf)
    return _tagged(saved, root)


def _saved(pdf: Pdf) -> BytesIO:
    out = BytesIO()
    pdf.save(out, compress_streams=True, object_stream_mode=pikepdf.ObjectStreamMode.disable, static_id=True)
    return out


def _tagged(saved: BytesIO, root: Element) -> bytes:
    """Return a saved file with its structure tree, whose places were prepared."""
    with Pdf.open(saved) as pdf:
        pdf.Root.StructTreeRoot = pdf.make_indirect(Dictionary())
        tree = pdf.Root.StructTreeRoot.objgen[0]
        numbers = count(tree + 1)
        return assemble(pdf, tree, structure(root, Places.of(pdf), tree, numbers), numbers)


def _metadata(pdf: Pdf) -> PdfMetadata:
    return pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False)


def _describe(pdf: Pdf, data: Furniture, about: str, at: datetime) -> None:
    """Title, language and dates, in the information dictionary and as XMP; dates are the ledger's, not the clock's."""
    at = at.astimezone(UTC)
    stamp = String(f"D:{at:%Y%m%d%H%M%S}+00'00'")
    title = f"{data.kind}: {data.title}"
    pdf.Root.Lang = String("en-GB")
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    pdf.Root.PageMode = Name.UseOutlines
    for key in list(pdf.docinfo.keys()):
        del pdf.docinfo[key]
    pdf.docinfo.Title = String(title)
    pdf.docinfo.Subject = String(about)
    pdf.docinfo.Creator = String("Countersign")
    pdf.docinfo.CreationDate = stamp
    pdf.docinfo.ModDate = stamp
    with _metadata(pdf) as metadata:
        metadata["dc:title"] = title
        metadata["dc:language"] = {"en-GB"}
        metadata["dc:description"] = about
        metadata["xmp:CreateDate"] = metadata["xmp:ModifyDate"] = f"{at:%Y-%m-%dT%H:%M:%S}+00:00"


def _attach(pdf: Pdf, data: ReportData, files: Mapping[str, bytes]) -> None:
    at = data.generated_at.astimezone(UTC)
    stamp = f"D:{at:%Y%m%d%H%M%S}+00'00'"
    for name, content in files.items():
        said = KNOWN[name]
        pdf.attachments[name] = AttachedFileSpec(
            pdf, content, filename=name, mime_type=said.media_type, relationship=Name(f"/{said.relationship}"),
            description=said.description, creation_date=stamp, mod_date=stamp,
        )  # fmt: skip
    pdf.Root.AF = Array([pdf.attachments[name].obj for name in sorted(files)])
