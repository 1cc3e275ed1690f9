"""What has been kept for longer than the policy asks: files and private parts, never documents or entries."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from governance import policy
from governance.inforce import Standing
from governance.models import Attachment, Document, LedgerOpening, Project
from governance.registry import KINDS
from governance.selectors import disposals, signoff
from governance.selectors import documents as docs

LIVE = (Standing.IN_FORCE, Standing.PENDING)


@dataclass(frozen=True)
class Past:
    """A document whose retention ended at `since`, and what of it may be disposed of."""

    document: Document
    since: datetime
    openings: tuple[int, ...]
    files: tuple[str, ...]


def past(time: datetime | None = None) -> list[Past]:
    """Return what is past its retention, the oldest first. Documents in force or before their signers are left out."""
    now = timezone.now() if time is None else time
    found = [each for project in (None, *Project.objects.all()) for each in _of(project, now)]
    return sorted(found, key=lambda each: each.since)


def ends(document: Document, kept: policy.PolicyBody) -> datetime | None:
    """Return when the period for which a policy has a document's files kept is over; None when it states none."""
    days = kept.retention.get(document.kind)
    return None if days is None or document.kind not in KINDS else document.created_at + timedelta(days=days)


def _of(project: Project | None, now: datetime) -> Iterator[Past]:
    governing = signoff.policy_in_force(project)
    if governing is None:
        return
    kept: policy.PolicyBody = docs.model_body(governing, policy.PolicyBody)
    over = {
        row: end
        for row in Document.objects.filter(project=project, kind__in=kept.retention).select_related("project")
        if (end := ends(row, kept)) is not None and end <= now
    }
    standing = signoff.in_force_many(over)
    there = left([row for row in over if standing[row.digest].standing not in LIVE])
    for row, end in over.items():
        if row.digest in there:
            yield Past(row, end, *there[row.digest])


def left(rows: Sequence[Document]) -> dict[str, tuple[tuple[int, ...], tuple[str, ...]]]:
    """Return what of documents can be disposed of: openings and files by document; those with nothing are left out."""
    if not rows:
        return {}
    openings: dict[str, list[int]] = {row.digest: [] for row in rows}
    named = LedgerOpening.objects.filter(entry__subject_index__subject__in=openings)
    for seq, digest in named.values_list("entry_id", "entry__subject_index__subject"):
        if digest in openings:
            openings[str(digest)].append(seq)
    files = {row.digest: {entry.sha256 for entry in KINDS[row.kind].files(docs.display_body(row))} for row in rows}
    for digest, sha256 in Attachment.objects.filter(document__in=rows).values_list("document_id", "sha256"):
        files[str(digest)].add(sha256)
    gone = disposals.files({sha256 for each in files.values() for sha256 in each})
    found = {
        row.digest: (
            tuple(sorted(openings[row.digest])),
            tuple(sorted(sha256 for sha256 in files[row.digest] if gone.get(sha256, -1) < row.seq)),
        )
        for row in rows
    }
    return {digest: each for digest, each in found.items() if any(each)}
