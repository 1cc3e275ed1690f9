"""Uses of documents that are counted: each admission of a job by the gate is one use of what its purpose counts.

The leaf of the admission names the document among its subjects, so that the ledger counts, not rows.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.functional import cached_property

from governance import events
from governance.models import Document, LedgerSubject, Reference
from governance.proof.formats.fields import moment
from governance.selectors import documents as docs
from governance.selectors import ledger, told
from governance.selectors.told import JobTold


@dataclass(frozen=True)
class Use:
    """One admission: the job and its specification, and when."""

    seq: int
    at: datetime
    job: uuid.UUID
    spec: Document

    @cached_property
    def told(self) -> JobTold:
        """What became of the job, as the ledger tells it; read when first asked for."""
        return told.of_job(self.job)


def subject(document: Document) -> str:
    """Return how a leaf names a use of the document."""
    return f"use:{document.digest}"


def of(document: Document, role: str, ledger_size: int | None = None) -> list[Use]:
    """Return the admissions of jobs whose specification names the document in a role, in the ledger's order.

    Two indexes lead to them, so that a row missing in one hides no use; what counts are leaves and documents' bytes.
    """
    size = ledger.size() if ledger_size is None else ledger_size
    naming = Reference.objects.filter(target=document, role=role).values("source_id")
    rows = LedgerSubject.objects.filter(Q(subject=subject(document)) | Q(subject__in=naming), entry_id__lt=size)
    leaves = ledger.leaves_at(set(rows.values_list("entry_id", flat=True)))
    admitted = [leaf for leaf in leaves.values() if leaf.event == events.JOB_ADMITTED]
    specs = Document.objects.select_related("project", "series").in_bulk({str(leaf.data["spec"]) for leaf in admitted})
    found = []
    for leaf in sorted(admitted, key=lambda leaf: leaf.seq):
        spec = specs.get(str(leaf.data["spec"]))
        if spec is None:
            raise docs.DocumentCorrupt(f"ledger entry {leaf.seq} admitted {leaf.data['spec']}, which is not there")
        if any(x.role == role and x.digest == document.digest for x in docs.references(spec)):
            found.append(Use(leaf.seq, moment(leaf.time), uuid.UUID(str(leaf.data["job"])), spec))
    return found


def others(found: list[Use], spec: Document) -> list[Use]:
    """Return the uses without the one that admitted this very specification's job, as long as that has not ended."""
    return [use for use in found if use.spec.digest != spec.digest or use.told.state is None or not use.told.state.live]
