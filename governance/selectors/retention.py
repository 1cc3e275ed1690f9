"""What has been kept for longer than the policy asks: files and private parts, never documents or entries."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from governance import disposal, policy
from governance.job_states import JobState
from governance.models import (
    Attachment,
    Candidate,
    Document,
    Draft,
    Exchange,
    ExchangeAnswer,
    Job,
    LedgerOpening,
    Reference,
)
from governance.proof.answers.inforce import Standing
from governance.registry import KINDS
from governance.selectors import disposals, signoff
from governance.selectors import documents as docs

LIVE = (Standing.IN_FORCE, Standing.PENDING)
BATCH = 900  # names in one query
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Past:
    """A document whose retention ended at `since`, and what of it may be disposed of."""

    document: Document
    since: datetime
    openings: tuple[int, ...]
    files: tuple[str, ...]


def past(rows: "QuerySet[Document] | None" = None, time: datetime | None = None) -> list[Past]:
    """Return what of some documents (None: of all) is past its retention, the oldest first.

    Documents on which acts may still rest are left out.
    """
    return ending(Document.objects.all() if rows is None else rows, until=timezone.now() if time is None else time)


def ending(rows: "QuerySet[Document]", *, until: datetime, since: datetime = BEGINNING) -> list[Past]:
    """Return what of some documents is past its retention from a day between two times on, the first of them first.

    It is what can be said now: a document on which acts may still rest is left out, whatever becomes of it until then.
    A number of queries that does not depend on how many projects there are.
    """
    policies = {one: docs.model_body(one, policy.PolicyBody) for one in signoff.policies()}
    periods = {(kind, days) for body in policies.values() for kind, days in body.retention.items() if kind in KINDS}
    window = Q(pk__in=[])
    for kind, days in sorted(periods):
        span = timedelta(days=days)
        window |= Q(kind=kind, created_at__lte=until - span, created_at__gte=since - span)
    found = list(rows.filter(window).select_related("project", "series", "created_by")) if periods else []
    if not found:
        return []
    standing = signoff.in_force_many(policies)
    governing = signoff.policy_of(policies, standing, list({row.project for row in found}), None)
    over: dict[Document, datetime] = {}
    for row in found:
        kept = governing[row.project]
        end = ends(row, policies[kept]) if kept is not None else None
        if end is not None and since <= end <= until:
            over[row] = end
    kept_for = needed(over)
    there = left([row for row in over if row.digest not in kept_for])
    gone = [Past(row, end, *there[row.digest]) for row, end in over.items() if row.digest in there]
    return sorted(gone, key=lambda each: (each.since, each.document.seq))


def ends(document: Document, kept: policy.PolicyBody) -> datetime | None:
    """Return when the period for which a policy has a document's files kept is over; None when it states none."""
    days = kept.retention.get(document.kind)
    return None if days is None or document.kind not in KINDS else document.created_at + timedelta(days=days)


def needed(rows: Iterable[Document]) -> set[str]:
    """Return the digests of those documents that acts may still rest on, whose files must stay.

    These are documents in force or waiting for signatures. Of a document that nobody signs (a result, a transcript),
    those decide that refer to it: it is needed as long as one of them is. Whatever an unfinished job or a draft rests
    on is needed as well, superseded or not: the plan of a permitted run is fixed.
    """
    asked = {row.digest: row for row in rows}
    unsigned = [digest for digest, row in asked.items() if not _signed(row)]
    above: dict[str, set[str]] = {}
    known = dict(asked)
    while unsigned:
        batch, unsigned = unsigned[:BATCH], unsigned[BATCH:]
        for link in Reference.objects.filter(target__in=batch).select_related("source__project"):
            above.setdefault(link.target_id, set()).add(link.source_id)
            if link.source_id not in known:
                known[link.source_id] = link.source
                unsigned += [] if _signed(link.source) else [link.source_id]
    standing = signoff.in_force_many(known.values())
    found = {digest for digest in known if standing[digest].standing in LIVE}
    below: dict[str, list[str]] = {}
    for digest, sources in above.items():
        for source in sources:
            below.setdefault(source, []).append(digest)
    ahead = list(found)
    while ahead:
        fresh = [digest for digest in below.get(ahead.pop(), ()) if digest not in found]
        found.update(fresh)
        ahead += fresh
    return (found | held()) & set(asked)


def held() -> set[str]:
    """Return the digests of all that unfinished jobs and drafts rest on. One query for each level of depth."""
    live = Job.objects.filter(state__in=[state.value for state in JobState if state.live]).select_related("spec")
    drafts = Draft.objects.filter(frozen=None).values_list("references", flat=True)
    named = {link["digest"] for links in drafts for link in links}
    return set(docs.closure([*(job.spec for job in live), *Document.objects.filter(pk__in=named)]))


def drafted(digests: Collection[str]) -> dict[str, Draft]:
    """Return the draft whose body lists each of some files, by the file's digest; files in no draft are left out.

    Drafts of disposals list files, too, but need none.
    """
    found: dict[str, Draft] = {}
    for draft in Draft.objects.filter(frozen=None).exclude(kind=disposal.KIND).iterator(chunk_size=200):
        text = json.dumps(draft.body)
        found.update({digest: draft for digest in digests if digest in text})
    return found


def _signed(row: Document) -> bool:
    return row.kind in KINDS and KINDS[row.kind].signed


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
    for digest, sha256 in Candidate.objects.filter(result__in=rows).values_list("result_id", "sha256"):
        files[str(digest)].add(sha256)  # what somebody proposed after a failure goes with its result
    for model, way in ((Exchange, "job"), (ExchangeAnswer, "exchange__job")):
        # What was said in a session: of its record, or of its specification as long as there is no record.
        of = Coalesce(f"{way}__output_id", f"{way}__spec_id")
        for digest, sha256 in model.objects.annotate(of=of).filter(of__in=files).values_list("of", "sha256"):
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
