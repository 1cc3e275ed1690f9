"""What restore drills tell of the weights we hold, as of a ledger size."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from governance.models import Document
from governance.proof.formats.fields import moment
from governance.selectors import documents as docs
from governance.selectors import ledger, told
from training.bodies.base_models import BaseModelBody
from training.bodies.custody import RestoreRecordBody
from training.kinds.custody import RESTORE_RECORD

Manifest = frozenset[tuple[str, int, str]]
"""Path, size and SHA-256 of every file."""


@dataclass(frozen=True)
class Drill:
    """A restore drill that ended in a record under a consumed permit; `on` is the day (UTC) of its ledger entry."""

    record: Document
    body: RestoreRecordBody
    on: date

    @property
    def passed(self) -> bool:
        """True when every file was intact, and the model was loaded and answered."""
        return self.body.outcome == "passed"


def drills(bases: Iterable[Document], size: int | None = None) -> dict[str, tuple[Drill, ...]]:
    """Return the drills of exactly the files of each base model, newest first, by the base model's digest.

    A drill of another version of the document counts when that names the same files. Records that no job under a
    consumed permit ended with count for nothing. A constant number of queries. `size`: as of so many ledger entries.
    """
    manifests = {base.digest: manifest(base) for base in bases}
    found: dict[Manifest, list[Drill]] = {}
    for drill in _all(size) if any(manifests.values()) else []:
        found.setdefault(_drilled(drill.body), []).append(drill)
    return {digest: tuple(found.get(files, ())) if files else () for digest, files in manifests.items()}


def drilled(bases: Iterable[Document], size: int | None = None) -> dict[str, date | None]:
    """Return the day of the last *passed* drill of exactly each base model's files, by its digest; None without one."""
    return {
        digest: next((drill.on for drill in found if drill.passed), None)
        for digest, found in drills(bases, size).items()
    }


def faults(bases: Iterable[Document], size: int | None = None) -> dict[str, tuple[str, ...]]:
    """Return what the newest drill of each base model found wrong, by its digest; nothing when it passed, or none was.

    Custody is verified when `drilled` has a day and there is no fault: a later drill that failed takes it back.
    """
    return {
        digest: (f"the restore drill of {found[0].on} failed: {found[0].body.finding}",)
        if found and not found[0].passed
        else ()
        for digest, found in drills(bases, size).items()
    }


def manifest(base: Document) -> Manifest:
    """Return the files a base model's document names; none for a hosted one, of which there is nothing to restore."""
    body: BaseModelBody = docs.frozen_body(base, BaseModelBody)
    return frozenset((file.path, file.size, file.sha256) for file in body.files or ())


def _drilled(body: RestoreRecordBody) -> Manifest:
    return frozenset((file.path, file.size, file.sha256) for file in body.files)


def _all(size: int | None) -> list[Drill]:
    rows: Any = Document.objects.filter(kind=RESTORE_RECORD)
    if size is not None:
        rows = rows.filter(seq__lt=size)
    records = list(rows.order_by("-seq"))
    confirmed, leaves = told.outputs(records, size), ledger.leaves_at(record.seq for record in records)
    return [
        Drill(record, docs.frozen_body(record, RestoreRecordBody), moment(leaves[record.seq].time).date())
        for record in records
        if record.digest in confirmed and record.seq in leaves and leaves[record.seq].subjects == [record.digest]
    ]
