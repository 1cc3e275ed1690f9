"""The files attached to a report: its evidence and, of a report on a document, the lineage in formats for programs.

A reader's programs take those files at their word. So each is made again from the evidence, with the functions that
made it, and every byte is compared; and nothing else may be attached.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from governance.proof.checks.evidence import ATTACHMENT, ForPrograms
from governance.proof.checks.facts import Facts
from governance.proof.checks.outcome import CheckLine, lines
from governance.proof.files.lineage import formats, told
from governance.proof.files.seal_check import SealError
from governance.proof.files.structure import MOST_UNPACKED, unpacked
from governance.proof.formats import canonical
from governance.proof.reading.object_streams import Places
from governance.proof.words.printed import plural

ATTACHMENTS = "attachments"
LINEAGE = "lineage"
"""the kind of report that has the files: those on a document, whatever its own kind calls them"""


@dataclass(frozen=True)
class Attachment:
    """An attached file as the PDF describes it. `relationship` to the document is as ISO 32000-2 has it (Table 43)."""

    name: str
    media_type: str
    relationship: str
    description: str


EVIDENCE = Attachment(
    ATTACHMENT, "application/json", "Data", "Documents, signatures and ledger proofs behind this report"
)
KNOWN: Mapping[str, Attachment] = {ATTACHMENT: EVIDENCE} | {
    name: Attachment(name, one.media_type, "Supplement", f"{one.label}: {one.about}")
    for name, one in formats.ATTACHED.items()
}
"""every file that a report may hold, by name"""
_SPEC = {"/AFRelationship", "/Desc", "/EF", "/F", "/Type", "/UF"}
_STREAM = {"/Filter", "/Length", "/Params", "/Subtype", "/Type"}
_MOST = 256 * 1024 * 1024
"""bytes of a file that cannot be made again, and so has no other bound"""
_NODES = 100
"""nodes of the tree of names at most: ours has one"""


@dataclass(frozen=True)
class Attached:
    """What is attached: the evidence, the other files as they lie in the PDF, and what is odd about how they do.

    `places` are those of the file's objects. They are looked up with it, as that takes memory for a moment, and before
    the evidence is there.
    """

    evidence: bytes
    places: Places
    others: Mapping[str, bytes] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def read_attached(data: bytes) -> Attached:
    """Return what is attached to a report (the bytes of the file), the other files still deflated.

    Raises:
        SealError: there is no evidence, a file that no report of ours has, or one name twice; or the PDF is damaged.
    """
    import pikepdf

    try:
        with pikepdf.open(BytesIO(data), attempt_recovery=False, suppress_warnings=True) as pdf:
            specs = list(_named(pdf.Root))
            names = [name for name, _ in specs]
            if ATTACHMENT not in names or set(names) - set(KNOWN) or len(set(names)) != len(names):
                raise SealError(
                    f"found the attachments {names}, expected {ATTACHMENT} and beside it only files for programs that "
                    "it lists, each once"
                )
            found, places = dict(specs), Places(pdf)
            evidence = unpacked(found[ATTACHMENT].EF.F, MOST_UNPACKED)
            others = {name: spec.EF.F.read_raw_bytes() for name, spec in specs if name != ATTACHMENT}
            return Attached(evidence, places, others, tuple(_problems(pdf.Root, found)))
    except SealError:
        raise
    # The file is hostile until its seal holds, and parsers fail on hostile files in ways of their own.
    except Exception as error:
        raise SealError(f"the PDF is damaged and its evidence cannot be read ({error})") from error


def attached_lines(attached: Attached, facts: Facts) -> list[CheckLine]:
    """Return whether exactly the files that the evidence lists are attached, each as it follows from the evidence.

    Nothing is said of a report that has none and lists none.
    """
    listed = facts.evidence.for_programs
    problems = list(attached.problems)
    if listed is None:
        problems += [f"{name} is attached, which the evidence does not list" for name in attached.others]
        return [CheckLine(ATTACHMENTS, False, problem) for problem in problems]
    if facts.evidence.report.kind != LINEAGE:
        problems.append(f"the evidence lists files for programs, which a {facts.evidence.report.kind} has not")
        return [CheckLine(ATTACHMENTS, False, problem) for problem in problems]
    unknown: set[str] = set()
    made: dict[str, bytes] | None = None
    try:
        lineage = lineage_of(facts, listed)
        unknown = {node.kind for node in lineage.nodes.values() if node.words is None}
        if strange := set(listed.standings) - set(lineage.nodes):
            problems.append(f"a standing is given for {min(strange)}, which the subject does not rest on")
        made = None if unknown else formats.files(lineage)
    # The evidence is by whoever holds the keys: of what makes no sense nothing can be made.
    except Exception as error:  # noqa: BLE001
        problems.append(f"the files for programs cannot be made from the evidence ({type(error).__name__}: {error})")
    problems += _differences(attached.others, listed, made)
    what = f"{plural(len(listed.files), 'file', 'files')} for programs"
    if made is None and not problems:
        detail = f"{what} have the digests listed; not made again: this version knows no {', '.join(sorted(unknown))}"
        return [CheckLine(ATTACHMENTS, None, detail)]
    said = lines(ATTACHMENTS, problems, f"{what}, made again from the evidence, are the same to the byte")
    if not problems:
        detail = "server-attested: the standing of each document, as the files for programs give it"
        said.append(CheckLine(ATTACHMENTS, None, detail))
    return said


def lineage_of(facts: Facts, listed: ForPrograms) -> told.Lineage:
    """Return the lineage that the evidence tells of. Raises `told.Untold`: something of it is missing."""
    return told.read(
        told.Known(
            subject=facts.subject,
            size=facts.size,
            time=facts.evidence.report.created_at,
            root=facts.root,
            fingerprint=facts.fingerprint,
            documents=facts.documents,
            leaves=facts.leaves,
            standings=listed.standings,
            signoffs=[told.Signoff(one.envelope, one.statement, one.leaf) for one in facts.signed],
            permits=facts.permits,
            names=facts.names,
        )
    )


def _differences(found: Mapping[str, bytes], listed: ForPrograms, made: Mapping[str, bytes] | None) -> Iterator[str]:
    """Yield what is missing, added or other; `made` is None where nothing could be made."""
    for name in sorted({*found, *listed.files, *(made or {})}):
        if name not in listed.files:
            where = "is attached" if name in found else "follows from the evidence"
            yield f"{name} {where}, but the evidence does not list it"
        elif name not in found:
            yield f"{name} is missing: the evidence lists it with {listed.files[name]}"
        elif made is not None and name not in made:
            yield f"{name} is attached and listed, but the evidence has nothing that it could tell of"
        else:
            yield from _different(name, found[name], listed.files[name], None if made is None else made[name])


def _different(name: str, deflated: bytes, listed: str, made: bytes | None) -> Iterator[str]:
    expected = None if made is None else canonical.sha256(made)
    if expected not in (None, listed):
        yield f"{name} is listed with {listed}, the evidence gives one with {expected}"
    try:
        content = _inflated(deflated, _MOST if made is None else len(made))
    except (ValueError, zlib.error) as error:
        yield f"{name} cannot be read: {error}"
        return
    if made is not None and content != made:
        at = next((i for i, (a, b) in enumerate(zip(content, made, strict=False)) if a != b), len(made))
        yield f"{name} is not what the evidence gives: it differs from byte {min(at, len(content))} on"
    elif canonical.sha256(content) != listed:
        yield f"{name} has {canonical.sha256(content)}, the evidence lists {listed}"


def _inflated(deflated: bytes, size: int) -> bytes:
    """Return the bytes, at most one more than wanted: a hostile file may unpack to gigabytes.

    Raises:
        ValueError: more bytes follow, which nobody would unpack.
    """
    unpack = zlib.decompressobj()
    content = unpack.decompress(deflated, size + 1)
    if unpack.unused_data:
        raise ValueError(f"{len(unpack.unused_data):,} bytes follow the packed ones")
    return content


def _named(root: Any) -> Iterator[tuple[str, Any]]:
    """Yield the names and specifications of the embedded files, in the order of their tree (ISO 32000-2, 7.9.6)."""
    nodes = [root.Names.EmbeddedFiles] if "/Names" in root and "/EmbeddedFiles" in root.Names else []
    for seen in range(_NODES):
        if not nodes:
            return
        node = nodes.pop(0)
        pairs = list(node.get("/Names", []))
        yield from ((str(name), spec) for name, spec in zip(pairs[::2], pairs[1::2], strict=True))
        nodes = [*node.get("/Kids", []), *nodes]
        if seen == _NODES - 1:
            raise SealError("found a tree of attachments that does not end")


def _problems(root: Any, specs: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a viewer would be told of a file otherwise than it is."""
    associated = [spec.objgen for spec in root.get("/AF", [])]
    if associated != [spec.objgen for spec in specs.values()]:
        yield f"the file says that {len(associated)} files belong to it, expected the {len(specs)} that it names"
    for name, spec in specs.items():
        expected = KNOWN[name]
        stream = spec.EF.F
        said = {
            "fields": set(spec.keys()) <= _SPEC and set(spec.EF.keys()) == {"/F", "/UF"},
            "names": str(spec.get("/F")) == str(spec.get("/UF")) == name,
            "contents": spec.EF.F.objgen == spec.EF.UF.objgen,
            "form": set(stream.keys()) <= _STREAM and str(stream.get("/Filter")) == "/FlateDecode",
            "media type": str(stream.get("/Subtype")) == f"/{expected.media_type}",
            "relationship": str(spec.get("/AFRelationship")) == f"/{expected.relationship}",
            "description": str(spec.get("/Desc")) == expected.description,
        }
        if wrong := [what for what, right in said.items() if not right]:
            yield f"{name} is not attached as reports attach it: {', '.join(wrong)}"
