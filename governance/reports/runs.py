"""What was done under permits: jobs whose specification is in the lineage, as the ledger tells their story."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from governance import events
from governance.models import Attempt, Document, Job, LedgerSubject
from governance.proof.formats.canonical import NotCanonical, dumps, sha256
from governance.proof.formats.keyring import Keyring
from governance.proof.formats.leaf import Leaf
from governance.proof.formats.permit import Permit, PermitError, read_permit
from governance.reports.faults import Unreportable
from governance.selectors import ledger

OVER = frozenset({events.ATTEMPT_RECEIVED, events.ATTEMPT_ENDED})
"""after one of these an attempt's permit is never consumed again, so its receipt is the last"""


@dataclass(frozen=True)
class Permitted:
    """A permit as it was issued, and the ledger entries of its attempt in order. `receipt` once consumed for good.

    `result` is what the attempt delivered, in canonical JSON; None while nothing is there.
    """

    permit: Permit
    envelope: str
    digest: str
    receipt: str | None
    result: str | None
    story: tuple[Leaf, ...]


@dataclass(frozen=True)
class Run:
    """A job that the ledger admitted, its permits, and the entries about the job itself."""

    job: Job
    permits: tuple[Permitted, ...]
    story: tuple[Leaf, ...]


def runs(rows: Mapping[str, Document], size: int, keyring: Keyring) -> list[Run]:
    """Return the jobs of the documents in ledger order. A job row that the ledger does not know is no job.

    Raises:
        Unreportable: a stored permit is not the one that was issued.
    """
    found = list(Job.objects.filter(spec__in=list(rows), seq__lt=size).order_by("seq"))
    attempts = list(Attempt.objects.filter(job__in=found, permit_seq__lt=size).order_by("permit_seq"))
    stories = _stories([str(job.id) for job in found], size)
    made = []
    for job in found:
        story = stories.get(str(job.id), ())
        if not any(leaf.seq == job.seq and leaf.data.get("spec") == job.spec_id for leaf in story):
            continue
        of_job = tuple(_permitted(a, story, keyring) for a in attempts if a.job_id == job.id)
        made.append(Run(job, of_job, story))
    return made


def check(leaves: Mapping[int, Leaf], found: Collection[Run]) -> None:
    """Raise Unreportable when the ledger records the issue of a permit that is not stored any more."""
    stored = {permit.digest for run in found for permit in run.permits}
    for leaf in leaves.values():
        if leaf.event == events.PERMIT_ISSUED and leaf.data.get("permit") not in stored:
            raise Unreportable(f"the permit issued in ledger entry {leaf.seq} is not stored; restore a backup")


def _stories(jobs: list[str], size: int) -> dict[str, tuple[Leaf, ...]]:
    seqs = _entries(jobs, size)
    leaves = ledger.leaves_at({seq for found in seqs.values() for seq in found})
    return {job: tuple(leaves[seq] for seq in sorted(found)) for job, found in seqs.items()}


def _entries(jobs: list[str], size: int) -> dict[str, list[int]]:
    """Return the entries about each job, before the ledger size."""
    rows = LedgerSubject.objects.filter(subject__in=[f"job:{job}" for job in jobs], entry_id__lt=size)
    found: dict[str, list[int]] = {}
    for subject, seq in rows.values_list("subject", "entry_id"):
        found.setdefault(subject.removeprefix("job:"), []).append(seq)
    return found


def _permitted(attempt: Attempt, story: tuple[Leaf, ...], keyring: Keyring) -> Permitted:
    content = bytes(attempt.permit)
    own = tuple(leaf for leaf in story if leaf.data.get("attempt") == str(attempt.id))
    issued = [leaf for leaf in own if leaf.event == events.PERMIT_ISSUED]
    if [leaf.data.get("permit") for leaf in issued] != [sha256(content)]:
        raise Unreportable(f"the permit of attempt {attempt.id} is not the one that the ledger records")
    try:
        permit = read_permit(content, keyring.for_purpose("permit"))
    except PermitError as problem:
        raise Unreportable(f"the permit of attempt {attempt.id}: {problem}") from problem
    over = any(leaf.event in OVER for leaf in own)
    receipt = bytes(attempt.receipt).decode() if over and attempt.receipt is not None else None
    return Permitted(permit, content.decode(), sha256(content), receipt, _result(attempt, own), own)


def _result(attempt: Attempt, own: tuple[Leaf, ...]) -> str | None:
    """Return what the attempt delivered, held against the entry of its receipt."""
    received = [leaf.data.get("result") for leaf in own if leaf.event == events.ATTEMPT_RECEIVED]
    if not received:
        return None
    try:
        content = dumps(attempt.result)
    except NotCanonical as problem:
        raise Unreportable(f"the result of attempt {attempt.id} was altered: {problem}") from problem
    if received != [sha256(content)]:
        raise Unreportable(f"the result of attempt {attempt.id} is not the one that the ledger records")
    return content.decode()
