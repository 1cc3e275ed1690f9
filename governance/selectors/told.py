"""What the ledger itself tells of a job and of documents. Rows can be altered by SQL; permits rest on this instead."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from governance import events, request_memory
from governance.job_states import AttemptState, JobState
from governance.models import Document, LedgerSubject
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import Leaf
from governance.proof.history import jobs as job_history
from governance.selectors import ledger

LAUNCHES = (events.JOB_ADMITTED, events.JOB_ARMED)


@dataclass
class AttemptTold:
    """An attempt as the ledger tells it: permit, nonce and result are digests, "" until there is one; `waivers` those
    of the waivers that its permit rested on.
    """

    permit: str
    state: AttemptState = AttemptState.ISSUED
    nonce: str = ""
    result: str = ""
    waivers: tuple[str, ...] = ()


@dataclass
class JobTold:
    """A job as the ledger tells it; `state` is None when the ledger does not know it."""

    state: JobState | None = None
    spec: str = ""
    purpose: str = ""
    requested_by: str = ""
    project: str = ""
    output: str = ""
    attempts: dict[str, AttemptTold] = field(default_factory=dict)

    def attempt(self, identifier: object) -> AttemptTold:
        """Return an attempt; one the ledger does not know has no permit and may deliver nothing."""
        return self.attempts.get(str(identifier), AttemptTold(permit="", state=AttemptState.STOPPED))


def of_job(identifier: object) -> JobTold:
    """Return what the ledger tells of a job.

    Raises:
        ledger.LeafCorrupt: a leaf was altered.
    """
    seqs = LedgerSubject.objects.filter(subject=f"job:{identifier}").values_list("entry_id", flat=True)
    leaves = ledger.leaves_at(set(seqs))
    return replay(str(identifier), (leaves[seq] for seq in sorted(leaves)))


def replay(job: str, leaves: Iterable[Leaf]) -> JobTold:
    """Return what these leaves, in the ledger's order, tell of a job. Leaves about anything else change nothing."""
    told = job_history.replay(leaf for leaf in leaves if leaf.data.get("job") == job).get(job)
    if told is None:
        return JobTold()
    return JobTold(
        state=JobState(told.state) if told.state else None,
        spec=told.spec,
        purpose=told.purpose,
        requested_by=told.requested_by,
        project=told.project,
        output=told.output,
        attempts={
            key: AttemptTold(one.permit, AttemptState(one.state), one.nonce, one.result, one.waivers)
            for key, one in told.attempts.items()
        },
    )


def output_of(document: Document) -> bool:
    """Return whether the ledger tells that a job under a consumed permit ended with this document."""
    return document.digest in outputs([document])


def outputs(documents: Iterable[Document], ledger_size: int | None = None) -> set[str]:
    """Return the digests of those documents that `output_of` holds for, in a constant number of queries.

    `ledger_size`: as it was when the ledger had so many entries (default: now).
    """
    asked = {document.digest for document in documents}
    ended = made_by(asked, ledger_size)
    leaves = about_jobs(ended, ledger_size)
    found = set()
    for job in ended:
        told = replay(job, leaves)
        accepted = any(a.state is AttemptState.ACCEPTED and a.nonce for a in told.attempts.values())
        if told.state is JobState.SUCCEEDED and told.output in asked and accepted:
            found.add(told.output)
    return found


@dataclass
class Launched:
    """Of a job, by the ledger: its specification, what it ended with ("" before), and who asked for it or armed it."""

    spec: str = ""
    output: str = ""
    launched_by: set[str] = field(default_factory=set)


def jobs_about(digests: Collection[str]) -> dict[str, Launched]:
    """Return the jobs that the ledger tells are of these specifications, or ended with these documents. Two queries."""
    jobs = LedgerSubject.objects.filter(subject__startswith="job:", entry__subject_index__subject__in=digests)
    entries = LedgerSubject.objects.filter(
        subject__in=jobs.values("subject"), entry__index__event__in=(*LAUNCHES, events.JOB_ENDED)
    )
    found: dict[str, Launched] = {}
    for leaf in ledger.leaves_at(set(entries.values_list("entry_id", flat=True))).values():
        job = found.setdefault(str(leaf.data["job"]), Launched())
        if leaf.event in LAUNCHES:
            job.spec = str(leaf.data["spec"])
            job.launched_by.add(leaf.actor)
        elif leaf.event == events.JOB_ENDED:
            job.output = str(leaf.data["output"] or "")
    return found


def made_by(digests: Collection[str], ledger_size: int | None = None) -> dict[str, str]:
    """Return the jobs that the ledger says ended about these documents, each with what it ended with. One query.

    Whether what it ended with counts, `outputs` tells.
    """
    ends = [leaf for leaf in _about(frozenset(digests), ledger_size) if leaf.event == events.JOB_ENDED]
    return {str(leaf.data["job"]): str(leaf.data["output"] or "") for leaf in ends}


def about_jobs(jobs: Collection[str], ledger_size: int | None = None) -> list[Leaf]:
    """Return the leaves about any of these jobs, in the ledger's order. One query."""
    return _about(frozenset(f"job:{job}" for job in jobs), ledger_size)


def _about(subjects: frozenset[str], ledger_size: int | None) -> list[Leaf]:
    key = ("leaves on", subjects, ledger_size)
    return request_memory.remembered(key, lambda: ledger.leaves_on(subjects, ledger_size))


def unrecorded(documents: Iterable[Document]) -> list[Document]:
    """Return the documents that no leaf tells were frozen as their row says (rows inserted by hand)."""
    asked = list(documents)
    known = frozen_at(asked)
    return [d for d in asked if d.digest not in known]


class Frozen(NamedTuple):
    """A document that the ledger tells of, and when it was told."""

    document: Document
    at: datetime


def frozen(documents: Iterable[Document]) -> list[Frozen]:
    """Return the documents that the ledger was told of, in the order given, and when. One query."""
    asked = list(documents)
    at = frozen_at(asked)
    return [Frozen(d, at[d.digest]) for d in asked if d.digest in at]


def frozen_at(documents: Iterable[Document]) -> dict[str, datetime]:
    """Return when the ledger was told of each document, by digest; those it was not told of are left out. One query."""
    asked = list(documents)
    leaves = ledger.leaves_at({d.seq for d in asked})
    told = ((d, leaves[d.seq]) for d in asked if d.seq in leaves)
    return {d.digest: moment(leaf.time) for d, leaf in told if _frozen(d, leaf)}


def _frozen(document: Document, leaf: Leaf) -> bool:
    return (
        leaf.event == events.DOCUMENT_FROZEN
        and leaf.subjects == [document.digest]
        and leaf.project == (str(document.project_id) if document.project_id else None)
        and (leaf.data["kind"], leaf.data["series"], leaf.data["number"])
        == (document.kind, str(document.series_id), document.number)
    )
