"""A sealed report changed in every byte, and its evidence in every field with the seal made anew: all are refused.

In the tests a sample of each is tried; here all are, over every core, which takes half an hour on two that are idle.
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
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.installed import environment
from benchmarks.measurement import Goal, Measurement

SUBJECT = "base"
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
    size, count = (folder / "report.pdf").stat().st_size, len(_paths(folder))
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
    """Return the folder with the report to change; one of other sources than today's is begun anew."""
    sources = sorted((_SOURCES / "governance").rglob("*.py"))
    state = sha256(b"".join(sha256(source.read_bytes()).digest() for source in sources)).hexdigest()
    kept = folder / "sources"
    if not kept.exists() or kept.read_text("ascii") != state:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        pdf, fingerprint = _report()
        (folder / "report.pdf").write_bytes(pdf)
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


def _report() -> tuple[bytes, str]:
    """Return a sealed report from the tests' story, and the fingerprint to trust."""
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
        found = gather(story.report(SUBJECT))
        return tasks.sealed_file(found, tasks.unsealed(found)), story.fingerprint


@cache
def _given(folder: Path) -> tuple[bytes, str, bytes]:
    """Return the report, the fingerprint to trust, and the evidence in the report."""
    from governance.proof.attached import read_attached

    pdf = (folder / "report.pdf").read_bytes()
    return pdf, (folder / "root").read_text("ascii"), read_attached(pdf).evidence


def _bytes(folder: Path, places: Iterable[int]) -> list[str]:
    """Return the places of a share at which a changed byte goes unnoticed.

    The verifier's own check of the seal comes first: a file that it refuses holds for nobody, as `verify_report` makes
    that very check. What it lets pass, and a sample of the rest, goes through the whole verifier.
    """
    from governance.proof.evidence import Evidence
    from governance.proof.keyring_checks import read_keyrings
    from governance.proof.report_file import verify_report
    from governance.proof.seal_check import SealError, check_seal

    pdf, fingerprint, content = _given(folder)
    ring = read_keyrings(Evidence.from_bytes(content), fingerprint).last
    seals = {entry.keyid: entry for entry in ring.keys if entry.purpose == "seal"}
    missed = []
    for place in places:
        bad = bytearray(pdf)
        bad[place] ^= 1 << (place % 8)
        try:
            check_seal(bytes(bad), seals)
        except SealError:
            if place % WHOLE:
                continue
        if verify_report(bytes(bad), fingerprint).code == 0:
            missed.append(str(place))
    return missed


@cache
def _paths(folder: Path) -> list[tuple[str | int, ...]]:
    from tests.governance.reports.mutations import chosen

    return chosen(json.loads(_given(folder)[2]), None)


@cache
def _read(folder: Path) -> Any:
    """Return the pages of the report, which are the same whatever is changed in the evidence."""
    from governance.proof.page_text import read_pages

    return read_pages(_given(folder)[0])


def _fields(folder: Path, numbers: Iterable[int]) -> list[str]:
    """Return the fields of a share that can be changed unnoticed, but for changes that say nothing else."""
    from governance.proof.canonical import dumps
    from tests.governance.reports.mutations import HARMLESS, at, changes, put, shape

    evidence = json.loads(_given(folder)[2])
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
    from governance.proof.attached import attached_lines, read_attached
    from governance.proof.file_structure import structure_lines
    from governance.proof.page_claims import told_lines
    from governance.proof.verify import examine

    pdf, fingerprint, _ = _given(folder)
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
