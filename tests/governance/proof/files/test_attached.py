"""The files attached to a report: exactly those that follow from its evidence, to the byte, called what they are."""

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, AttachedFileSpec, Name, Pdf

from governance.exports import formats
from governance.proof.checks.evidence import ATTACHMENT
from governance.proof.checks.verify import examine
from governance.proof.files.attached import ATTACHMENTS, KNOWN, attached_lines, read_attached
from governance.proof.files.lineage.formats import ATTACHED
from governance.proof.files.report_file import verify_report
from governance.proof.files.seal_check import SealError
from governance.proof.formats.canonical import dumps, sha256
from governance.reports import for_programs, tasks
from governance.reports.gathered import Gathered, gather
from tests.governance.reports.lies import edited
from tests.support.auditor import MISSING, commands
from tests.support.stage import Stages
from tests.support.story import Story, told

BOM, PROV = "lineage.cdx.json", "lineage.prov.json"
Change = Callable[[Pdf], None]


@pytest.fixture
def story(stages: Stages, state: Path) -> Iterator[Story]:
    with stages.entered(told, state) as made:
        yield made


class Attacked:
    """An honest report before it is sealed, and what a server that holds the seal key makes of it."""

    def __init__(self, story: Story, name: str) -> None:
        self.found: Gathered = gather(story.report(name))
        self.files: Mapping[str, bytes] = for_programs.made(self.found).files
        self.pdf = tasks.unsealed(self.found)
        self.root = story.fingerprint

    def wrong(self, change: Change) -> list[str]:
        """Return what is found wrong with the attachments once the file was changed."""
        try:
            attached = read_attached(edited(self.pdf, change))
        except SealError as error:
            return [str(error)]
        facts = examine(attached.evidence, self.root).facts
        assert facts is not None
        return [line.detail for line in attached_lines(attached, facts) if line.ok is False]


def put(name: str, content: bytes, *, as_: str = "") -> Change:
    """A file in the place of another, or beside the others, described as honest ones are."""

    def change(pdf: Pdf) -> None:
        said = KNOWN[as_ or name]
        pdf.attachments[name] = AttachedFileSpec(
            pdf, content, filename=name, mime_type=said.media_type, relationship=Name(f"/{said.relationship}"),
            description=said.description,
        )  # fmt: skip
        pdf.Root.AF = Array([pdf.attachments[one].obj for one in sorted(pdf.attachments)])

    return change


def without(name: str) -> Change:
    """One file less."""

    def change(pdf: Pdf) -> None:
        del pdf.attachments[name]
        pdf.Root.AF = Array([pdf.attachments[one].obj for one in sorted(pdf.attachments)])

    return change


def twice(name: str, content: bytes) -> Change:
    """A second file of one name: some viewers show the one, some the other."""

    def change(pdf: Pdf) -> None:
        second = AttachedFileSpec(pdf, content, filename=name, mime_type=KNOWN[name].media_type)
        node = pdf.Root.Names.EmbeddedFiles
        node.Names = Array([*node.Names, pikepdf.String(name), second.obj])

    return change


def evidence(change: Callable[[dict[str, Any]], None]) -> Change:
    """Other evidence."""

    def changed(pdf: Pdf) -> None:
        value = json.loads(pdf.attachments[ATTACHMENT].get_file().read_bytes())
        change(value)
        put(ATTACHMENT, dumps(value))(pdf)

    return changed


def described(name: str, field: str, value: object) -> Change:
    """Something else said of a file."""

    def change(pdf: Pdf) -> None:
        pdf.attachments[name].obj[field] = value

    return change


def hidden(name: str) -> Change:
    """Bytes behind the packed ones, which no viewer unpacks."""

    def change(pdf: Pdf) -> None:
        stream = pdf.attachments[name].obj.EF.F
        stream.write(stream.read_raw_bytes() + b"hidden", filter=Name.FlateDecode)

    return change


def both(first: Change, second: Change) -> Change:
    def change(pdf: Pdf) -> None:
        first(pdf)
        second(pdf)

    return change


def listed(name: str, digest: str | None) -> Change:
    """Evidence that lists a file with another digest, or no more."""

    def change(value: dict[str, Any]) -> None:
        files = value["for_programs"]["files"]
        files.pop(name, None)
        files |= {name: digest} if digest else {}

    return evidence(change)


def another_standing(value: dict[str, Any]) -> None:
    value["for_programs"]["standings"][value["report"]["subject"]] = "revoked"


@pytest.mark.attack(
    name="with the seal key, attach another report's bill of materials, change, drop, add or double an attached file",
    caught_by="whoever verifies: each file is made again from the evidence, every byte compared, and no other allowed",
    unless="it is a standing that the pages give alike: that is the server's word, and the verifier says so",
)
def test_another_file_than_the_evidence_gives_is_refused(story: Story) -> None:
    release, record = Attacked(story, "release"), Attacked(story, "record")
    assert release.wrong(lambda pdf: None) == record.wrong(lambda pdf: None) == []
    bom, other = release.files[BOM], record.files[BOM]
    assert set(release.files) == set(ATTACHED)
    one_byte = bom.replace(b"Chapter coder", b"Chapter Coder", 1)
    place = bom.index(b"Chapter coder") + 8
    attacks: dict[str, tuple[Change, str]] = {
        "another report's": (put(BOM, other), f"{BOM} is not what the evidence gives: it differs from byte "),
        "one byte": (put(BOM, one_byte), f"{BOM} is not what the evidence gives: it differs from byte {place} on"),
        "one byte, listed so": (
            both(put(BOM, one_byte), listed(BOM, sha256(one_byte))),
            f"{BOM} is listed with {sha256(one_byte)}, the evidence gives one with {sha256(bom)}",
        ),
        "more at the end": (put(BOM, bom + b"\n"), f"it differs from byte {len(bom)} on"),
        "more behind it": (hidden(BOM), f"{BOM} cannot be read: 6 bytes follow the packed ones"),
        "more behind the evidence": (hidden(ATTACHMENT), "found 6 bytes that follow packed ones"),
        "cut": (put(BOM, bom[:-1]), f"it differs from byte {len(bom) - 1} on"),
        "dropped": (without(BOM), f"{BOM} is missing: the evidence lists it with {sha256(bom)}"),
        "dropped, not listed": (both(without(BOM), listed(BOM, None)), f"{BOM} follows from the evidence, but"),
        "not listed": (listed(BOM, None), f"{BOM} is attached, but the evidence does not list it"),
        "none listed": (evidence(lambda value: value.update(for_programs=None)), "which the evidence does not list"),
        "foreign": (put("notes.txt", b"x", as_=BOM), "found the attachments ['evidence.json', 'lineage.cdx.json', "),
        "twice": (twice(BOM, other), "each once"),
        "the evidence twice": (twice(ATTACHMENT, b"{}"), "each once"),
        "no evidence": (without(ATTACHMENT), "found the attachments ['lineage.cdx.json'"),
        "called data": (described(BOM, "/AFRelationship", Name.Data), "reports attach it: relationship"),
        "described": (described(BOM, "/Desc", pikepdf.String("signed by all")), "reports attach it: description"),
        "shown by another name": (described(BOM, "/UF", pikepdf.String("bill.pdf")), "reports attach it: names"),
        "belongs no more": (lambda pdf: pdf.Root.AF.__delitem__(0), "says that 5 files belong to it, expected the 6"),
        "another standing": (evidence(another_standing), "is not what the evidence gives"),
        "a standing too many": (
            evidence(lambda value: value["for_programs"]["standings"].update({sha256(b""): "in force"})),
            f"a standing is given for {sha256(b'')}",
        ),
        "a standing too few": (
            evidence(lambda value: value["for_programs"]["standings"].pop(story["base"].digest)),
            f"the standing of the document {story['base'].digest} is not there",
        ),
    }
    missed = []
    for name, (change, words) in attacks.items():
        found = release.wrong(change)
        if not any(words in line for line in found):
            missed.append(f"{name}: {found}")
    assert not missed, "\n".join(missed)
    # A model's bill where there is none to tell of.
    assert any("nothing that it could tell of" in line for line in Attacked(story, "dataset").wrong(
        both(put(BOM, bom), listed(BOM, sha256(bom)))
    ))  # fmt: skip
    # And as whoever has the sealed file is told.
    for change, words in (attacks["another report's"], attacks["twice"]):
        outcome = verify_report(tasks.sealed_file(release.found, edited(release.pdf, change)), story.fingerprint)
        assert outcome.code == 1
        [line] = [line for line in outcome.checks if line.ok is False]
        assert line.name in (ATTACHMENTS, "file")
        assert words in line.detail


def test_two_statuses_of_one_document_are_found_on_the_pages(story: Story) -> None:
    """Pages that say "in force" beside a file that says "revoked", made so throughout."""
    report = Attacked(story, "rubric")
    digest = story["rubric"].digest
    paper = report.found.papers[digest]
    fallen: Any = replace(paper.standing, standing=type(paper.standing.standing).REVOKED)
    lied = replace(report.found, papers={**report.found.papers, digest: replace(paper, standing=fallen)})
    made = for_programs.made(lied)
    assert made.listed is not None
    told_so = made.listed.model_dump()
    change = evidence(lambda value: value.update(for_programs=told_so))
    for name, content in made.files.items():
        change = both(change, put(name, content))
    sealed = tasks.sealed_file(report.found, edited(report.pdf, change))
    lines = [line for line in verify_report(sealed, story.fingerprint).checks if line.ok is False]
    assert [line.name for line in lines] == ["pages"]
    assert "programs are told 'revoked'" in lines[0].detail


def test_they_are_what_anybody_who_may_see_it_downloads(story: Story) -> None:
    """The same bytes, though a dossier gathers more than the lineage alone."""
    engineer = story.people["engineer"]
    for name in ("release", "record", "result", "dataset", "base"):
        found = gather(story.report(name))
        made = for_programs.made(found).files
        assert PROV in made
        for form in formats.offered(story[name]):
            exported = formats.export(engineer, story[name], form.name, found.size).data
            assert exported == made.get(form.attached, b""), (name, form.name)


@pytest.mark.skipif(bool(MISSING), reason=f"the guide needs {', '.join(MISSING)}, which is not here")
def test_stock_tools_take_them_out_as_the_guide_says(story: Story, tmp_path: Path) -> None:
    report = Attacked(story, "release")
    [box] = [box for box in commands() if "pdfdetach" in box]
    bad = edited(report.pdf, put(BOM, report.files[BOM] + b" "))
    for name, pdf in (("good", report.pdf), ("bad", bad)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "report.pdf").write_bytes(pdf)
        ran = subprocess.run(["bash", "-euc", box + "\necho the end"], cwd=folder, capture_output=True, text=True)
        assert (ran.returncode == 0, "the end" in ran.stdout) == (name == "good", name == "good"), ran.stderr
    for name, content in report.files.items():
        assert (tmp_path / "good" / name).read_bytes() == content
    with pikepdf.open(BytesIO(report.pdf)) as pdf:
        told_of = {str(spec.UF): (str(spec.AFRelationship), str(spec.EF.F.Subtype)) for spec in pdf.Root.AF}
    assert told_of[ATTACHMENT] == ("/Data", "/application/json")
    assert told_of[BOM] == ("/Supplement", "/application/vnd.cyclonedx+json")
    assert told_of["lineage.intoto.jsonl"] == ("/Supplement", "/application/vnd.in-toto.bundle")
