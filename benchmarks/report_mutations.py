"""A sealed report changed in every byte, and its evidence in every field with the seal made anew: all are refused.

In the tests a sample of each is tried; here all are, over every core, so that this takes some minutes.
"""

import json
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path

from benchmarks.installed import environment
from benchmarks.measurement import Goal, Measurement

SUBJECT = "base"
_NONE = Goal("value", "<=", 0)


def measure() -> list[Measurement]:
    """Return how many changed bytes and how many changed fields nobody noticed; none may go unnoticed."""
    pdf, fingerprint = _report()
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(max_workers=workers, mp_context=get_context("spawn")) as pool:
        jobs = [(pdf, fingerprint, range(start, len(pdf), workers)) for start in range(workers)]
        missed = [place for found in pool.map(_bytes, jobs) for place in found]
        evidence = _evidence(pdf)
        shares = [(pdf, fingerprint, evidence, start, workers) for start in range(workers)]
        fields = [found for share in pool.map(_fields, shares) for found in share]
    return [
        Measurement(f"of {len(pdf):,} changed bytes of a sealed report, unnoticed", len(missed), "bytes", _NONE),
        Measurement(
            "of all fields of its evidence, changed and sealed anew, unnoticed", len(fields), "fields", _NONE
        ),
    ]  # fmt: skip


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


def _evidence(pdf: bytes) -> bytes:
    import pikepdf

    from governance.proof.evidence import ATTACHMENT

    with pikepdf.open(BytesIO(pdf)) as opened:
        content: bytes = opened.attachments[ATTACHMENT].get_file().read_bytes()
        return content


def _bytes(job: tuple[bytes, str, range]) -> list[int]:
    """Return the places of a share at which a changed byte goes unnoticed."""
    from governance.proof.report_file import verify_report

    pdf, fingerprint, places = job
    missed = []
    for place in places:
        bad = bytearray(pdf)
        bad[place] ^= 1 << (place % 8)
        if verify_report(bytes(bad), fingerprint).code == 0:
            missed.append(place)
    return missed


def _fields(share: tuple[bytes, str, bytes, int, int]) -> list[str]:
    """Return the fields of a share that can be changed unnoticed, but for changes that say nothing else."""
    from governance.proof.attached import attached_lines, read_attached
    from governance.proof.canonical import dumps
    from governance.proof.page_claims import page_lines
    from governance.proof.verify import examine
    from tests.governance.reports.mutations import HARMLESS, at, changes, chosen, put, shape

    pdf, fingerprint, content, start, step = share
    evidence = json.loads(content)
    missed = []
    for path in chosen(evidence, None)[start::step]:
        for how, new in changes(at(evidence, path)):
            examined = examine(dumps(put(evidence, path, new)), fingerprint)
            if examined.facts is None or any(line.ok is False for line in examined.lines):
                continue
            told = (".".join(shape(path)), how)
            said = [*attached_lines(read_attached(pdf), examined.facts), *page_lines(pdf, examined.facts)]
            if told not in HARMLESS and not any(line.ok is False for line in said):
                missed.append(f"{'.'.join(map(str, path))}: {how}")
    return missed
