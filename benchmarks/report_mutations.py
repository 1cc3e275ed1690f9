"""A sealed report changed in every byte, and its evidence in every field with the seal made anew: all are refused.

In the tests a sample of each is tried; here all are, over every core, which takes some minutes.
What was tried stands in `var/bench/report-mutations`, so whoever stops it goes on from there, as long as the sources
are the same; `progress` there says how far it is.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from hashlib import sha256
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.installed import environment
from benchmarks.measurement import Goal, Measurement

SUBJECTS = {"bytes": "base", "fields": "result"}
"""whose reports are changed: a short one in each byte, and one with runs and permits in each field of its evidence"""
STEP = {"bytes": 500, "fields": 20}
"""how much is tried between two notes of how far it is"""
WHOLE = 101
"""of so many bytes one is put to the whole verifier, even where its check of the seal has refused it"""
_NONE = Goal("value", "<=", 0)
_SOURCES = Path(__file__).resolve().parent.parent
_FOLDER = "report-mutations"


def measure() -> list[Measurement]:
    """Return how many changed bytes and how many changed fields nobody noticed; none may go unnoticed."""
    folder = _begun(Path(os.environ.get("COUNTERSIGN_VAR", "var")).resolve() / "bench" / _FOLDER)
    size, count = len(_given(folder, "bytes")[0]), len(_paths(folder))
    missed = _tried(folder, "bytes", size, _bytes)
    unseen = _tried(folder, "fields", count, _fields)
    return [
        Measurement(f"of {size:,} changed bytes of a sealed report, unnoticed", len(missed), "bytes", _NONE),
        Measurement(
            f"of {count:,} fields of its evidence, changed in every way and sealed anew, unnoticed", len(unseen),
            "fields", _NONE,
        ),
    ]  # fmt: skip


def _begun(folder: Path) -> Path:
    """Return the folder with the reports to change; one of other sources than today's is begun anew."""
    sources = sorted((_SOURCES / "governance").rglob("*.py"))
    state = sha256(b"".join(sha256(source.read_bytes()).digest() for source in sources)).hexdigest()
    kept = folder / "sources"
    if not kept.exists() or kept.read_text("ascii") != state:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        fingerprint = _reports(folder)
        (folder / "root").write_text(fingerprint, "ascii")
        kept.write_text(state, "ascii")
    return folder


def _tried(folder: Path, what: str, count: int, attempt: Callable[[Path, Sequence[int]], list[str]]) -> list[str]:
    """Try all of a sort that were not tried before, noting each share that is done; return all that went unnoticed."""
    notes = folder / f"{what}.jsonl"
    done = [json.loads(line) for line in notes.read_text("utf-8").splitlines()] if notes.exists() else []
    known = {share["from"] for share in done}
    missed = [one for share in done for one in share["missed"]]
    waiting = [start for start in range(0, count, STEP[what]) if start not in known]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool, notes.open("a", encoding="utf-8") as noted:
        asked = {pool.submit(attempt, folder, range(start, min(start + STEP[what], count))): start for start in waiting}
        for number, share in enumerate(as_completed(asked), start=len(known) + 1):
            found = share.result()
            missed += found
            noted.write(json.dumps({"from": asked[share], "missed": found}) + "\n")
            noted.flush()
            told = f"{what}: {min(number * STEP[what], count):,} of {count:,} tried, {len(missed)} unnoticed"
            (folder / "progress").write_text(f"{told}\n", "utf-8")
    return missed


def _reports(folder: Path) -> str:
    """Put sealed reports from the tests' story into the folder, and return the fingerprint to trust."""
    with tempfile.TemporaryDirectory() as name:
        os.environ.update(environment(Path(name)))
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        from governance.reports import tasks
        from governance.reports.gathered import gather
        from tests.support.story import Story

        story = Story()
        story.tell()
        for what, subject in SUBJECTS.items():
            found = gather(story.report(subject))
            (folder / f"{what}.pdf").write_bytes(tasks.sealed_file(found, tasks.unsealed(found)))
        return story.fingerprint


@cache
def _given(folder: Path, what: str) -> tuple[bytes, str, bytes]:
    """Return the report, the fingerprint to trust, and the evidence in the report."""
    from governance.proof.files.attached import read_attached

    pdf = (folder / f"{what}.pdf").read_bytes()
    return pdf, (folder / "root").read_text("ascii"), read_attached(pdf).evidence


def _bytes(folder: Path, places: Iterable[int]) -> list[str]:
    """Return the places of a share at which a changed byte goes unnoticed.

    The verifier's own functions decide: where its parser looks, and in the gap that holds the signature, its check of
    the seal; elsewhere, where the parser sees the same as before, its check of the digest. `verify_report` calls both.
    What they let pass, and a sample of the rest, goes through the whole verifier.
    """
    from governance.proof.files.report_file import verify_report
    from governance.proof.files.seal_check import SealError, check_seal, unchanged

    pdf, fingerprint, _ = _given(folder, "bytes")
    seals, seal, looked = _seal(folder)
    missed = []
    for place in places:
        bad = bytearray(pdf)
        bad[place] ^= 1 << (place % 8)
        try:
            if looked[place]:
                check_seal(bytes(bad), seals)
            else:
                unchanged(bytes(bad), seal.covered, seal.digest)
        except SealError:
            if place % WHOLE:
                continue
        if verify_report(bytes(bad), fingerprint).code == 0:
            missed.append(str(place))
    return missed


@cache
def _seal(folder: Path) -> tuple[dict[str, Any], Any, bytes]:
    """Return the keys that may seal, the seal, and for each byte of the report whether the check of the seal read it.

    What is only hashed counts as not read: the digest is what it goes by there.
    """
    from governance.proof.checks.evidence import Evidence
    from governance.proof.checks.keyrings import read_keyrings
    from governance.proof.files import seal_check

    pdf, fingerprint, content = _given(folder, "bytes")
    ring = read_keyrings(Evidence.from_bytes(content), fingerprint).last
    seals = {entry.keyid: entry for entry in ring.keys if entry.purpose == "seal"}
    looked = bytearray(len(pdf))

    class Watched(BytesIO):
        def readinto(self, buffer: Any, /) -> int:
            start, found = self.tell(), super().readinto(buffer)
            looked[start : start + found] = b"\1" * found
            return found

    with patch("io.BytesIO", Watched):
        seal = seal_check.check_seal(pdf, seals)
    if not any(looked):
        raise AssertionError("the parser reads in another way than is watched")
    start, end = seal.covered[1], seal.covered[2]
    looked[start:end] = b"\1" * (end - start)
    return seals, seal, bytes(looked)


@cache
def _paths(folder: Path) -> list[tuple[str | int, ...]]:
    from tests.governance.reports.mutations import chosen

    return chosen(json.loads(_given(folder, "fields")[2]), None)


@cache
def _read(folder: Path) -> Any:
    """Return the pages of the report, which are the same whatever is changed in the evidence."""
    from governance.proof.reading.text import read_pages

    return read_pages(_given(folder, "fields")[0])


def _fields(folder: Path, numbers: Iterable[int]) -> list[str]:
    """Return the fields of a share that can be changed unnoticed, but for changes that say nothing else."""
    from governance.proof.formats.canonical import dumps
    from tests.governance.reports.mutations import HARMLESS, at, changes, put, shape

    evidence = json.loads(_given(folder, "fields")[2])
    missed = []
    for path in (_paths(folder)[number] for number in numbers):
        for how, new in changes(at(evidence, path)):
            if (".".join(shape(path)), how) in HARMLESS:
                continue
            if not _refused(folder, dumps(put(evidence, path, new))):
                missed.append(f"{'.'.join(map(str, path))}: {how}")
    return missed


def _refused(folder: Path, evidence: bytes) -> bool:
    """Return whether the verifier refuses the report with other evidence, once it is sealed anew."""
    from governance.proof.checks.verify import examine
    from governance.proof.files.attached import attached_lines, read_attached
    from governance.proof.files.structure import structure_lines
    from governance.proof.pages.claims import told_lines

    pdf, fingerprint, _ = _given(folder, "fields")
    examined = examine(evidence, fingerprint)
    facts = examined.facts
    if facts is None or any(line.ok is False for line in examined.lines):
        return True
    later = (
        lambda: told_lines(_read(folder), facts),
        lambda: structure_lines(pdf, facts.evidence.report),
        lambda: attached_lines(read_attached(pdf), facts),
    )
    return any(line.ok is False for lines in later for line in lines())
