"""Jobs, attempts and reports against the leaves: a state written by SQL has no leaf behind it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from governance import events, store
from governance.job_states import AttemptState, JobState
from governance.models import Attempt, Job, LedgerEntry, Report
from governance.proof.formats.canonical import NotCanonical, dumps, sha256
from governance.proof.formats.dsse import peek
from governance.proof.formats.keyring import Keyring
from governance.proof.formats.leaf import Leaf
from governance.proof.formats.permit import PermitError, Receipt, read_permit, read_receipt
from governance.selectors import disposals
from governance.selectors.verification.chunk import Auditor, Chunk, beyond, both_ways, compromised
from governance.selectors.verification.outcome import Problem, differences

_JOB_ENDS = {
    JobState.SUCCEEDED: events.JOB_ENDED,
    JobState.FAILED: events.JOB_ENDED,
    JobState.LOST: events.JOB_ENDED,
    JobState.REFUSED: events.JOB_REFUSED,
    JobState.CANCELLED: events.JOB_CANCELLED,
}
_ATTEMPT_ENDS = {
    AttemptState.FAILED: events.ATTEMPT_ENDED,
    AttemptState.LOST: events.ATTEMPT_ENDED,
    AttemptState.STOPPED: events.ATTEMPT_ENDED,
    AttemptState.EXPIRED: events.PERMIT_EXPIRED,
    AttemptState.RECEIVED: events.ATTEMPT_RECEIVED,
    AttemptState.ACCEPTED: events.ATTEMPT_RECEIVED,
}


class Jobs(Auditor):
    """Compares jobs with the leaves that admitted and ended them."""

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what differs for the jobs these entries admitted."""
        rows = chunk.rows(Job.objects.select_related("requested_by"))
        leaves = chunk.of(events.JOB_ADMITTED, events.JOB_ARMED)
        # An armed job is admitted a second time when its gate opens; the row names the first time.
        again = {seq for seq, leaf in leaves.items() if seq not in rows and _known(leaf, seq)}
        yield from both_ways({s: leaf for s, leaf in leaves.items() if s not in again}, rows, "job")
        ends = _ends_of(rows.values())
        for seq in rows.keys() & leaves.keys():
            row, leaf = rows[seq], leaves[seq]
            yield from differences(
                f"job {row.pk}",
                {
                    "job": (str(row.pk), leaf.data.get("job")),
                    "purpose": (row.purpose, leaf.data.get("purpose")),
                    "spec": (row.spec_id, leaf.data.get("spec")),
                    "project": (str(row.project_id), leaf.project),
                    "requested_by": (row.requested_by.actor, leaf.actor),
                },
            )
            yield from _job_state(row, ends[f"job:{row.pk}"])

    def finish(self, size: int) -> Iterator[Problem]:
        """Yield jobs that no leaf admitted."""
        yield from beyond(Job.objects.all(), "seq", "job", size)


class Attempts(Auditor):
    """Compares attempts with the leaves of their permits, and opens permits and receipts."""

    def __init__(self, keyring: Keyring | None) -> None:
        super().__init__()
        self._keyring = keyring

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what differs for the attempts whose permits these entries issued or saw consumed."""
        issued = chunk.rows(Attempt.objects.select_related("job"), "permit_seq")
        leaves = chunk.of(events.PERMIT_ISSUED)
        yield from both_ways(leaves, issued, "attempt")
        ends = _ends_of({attempt.job for attempt in issued.values()})
        for seq in issued.keys() & leaves.keys():
            yield from self._permit(issued[seq], leaves[seq])
            yield from _attempt_state(issued[seq], ends[f"job:{issued[seq].job_id}"])
        used = chunk.rows(Attempt.objects.all(), "consumed_seq")
        leaves = {s: leaf for s, leaf in chunk.of(events.PERMIT_CONSUMED).items() if not leaf.data.get("again")}
        yield from both_ways(leaves, used, "consumed attempt")
        for seq in used.keys() & leaves.keys():
            yield from self._consumption(used[seq], leaves[seq])

    def finish(self, size: int) -> Iterator[Problem]:
        """Yield attempts that no leaf stands behind."""
        yield from beyond(Attempt.objects.all(), "permit_seq", "attempt", size)
        yield from beyond(Attempt.objects.exclude(consumed_seq=None), "consumed_seq", "attempt", size)

    def _permit(self, row: Attempt, leaf: Leaf) -> Iterator[Problem]:
        place, content = f"attempt {row.pk}", bytes(row.permit)
        yield from differences(
            place,
            {
                "attempt": (str(row.pk), leaf.data.get("attempt")),
                "job": (str(row.job_id), leaf.data.get("job")),
                "number": (row.number, leaf.data.get("number")),
                "permit": ((sha256(content), row.permit_digest), (leaf.data.get("permit"), leaf.data.get("permit"))),
            },
        )
        keys = self._keyring.spanning("permit", row.permit_seq) if self._keyring else {}
        try:
            permit = read_permit(content, keys)
            self.compromised += compromised(self._keyring, peek(content).keyid, row.permit_seq)
        except PermitError as problem:
            yield Problem(place, f"its permit does not verify: {problem}")
            return
        pair = ((permit.attempt, permit.job, permit.spec), (str(row.pk), str(row.job_id), row.job.spec_id))
        yield from differences(place, {"the permit's attempt, job and spec": pair})

    def _consumption(self, row: Attempt, leaf: Leaf) -> Iterator[Problem]:
        place = f"attempt {row.pk}"
        yield from differences(
            place,
            {
                "consumed by": (sha256(row.nonce.encode()), leaf.data.get("nonce")),
                "consumed permit": (row.permit_digest, leaf.data.get("permit")),
            },
        )
        try:
            receipt = self._receipt(bytes(row.receipt or b""), leaf.seq)
        except PermitError as problem:
            yield Problem(place, f"its receipt does not verify: {problem}")
            return
        found = (receipt.attempt, receipt.nonce, receipt.seq)
        yield from differences(place, {"receipt": (found, (str(row.pk), row.nonce, leaf.seq))})

    def _receipt(self, content: bytes, at: int) -> Receipt:
        """Return a receipt by a key in use when the permit was consumed, or since: a later call renews it."""
        keys = self._keyring.for_purpose("attestation") if self._keyring else {}
        receipt = read_receipt(content, keys)
        entry = self._keyring.entry(peek(content).keyid) if self._keyring else None
        if entry is not None and entry.until is not None and entry.until <= at:
            raise PermitError("forged", f"it is by a key that had ended by ledger size {entry.until}")
        self.compromised += compromised(self._keyring, peek(content).keyid, at)
        return receipt


class Reports(Auditor):
    """Compares reports with the leaves, both ways, and hashes the sealed files."""

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what differs for the reports these entries asked for or sealed."""
        rows = chunk.rows(Report.objects.all())
        leaves = chunk.of(events.REPORT_SEALED)
        yield from both_ways(leaves, rows, "sealed report")
        for seq in rows.keys() & leaves.keys():
            row, leaf = rows[seq], leaves[seq]
            yield from differences(
                f"report {row.pk}",
                {
                    "report": (str(row.pk), leaf.data.get("report")),
                    "file": (row.file_sha256, leaf.data.get("file")),
                    "ledger_size": (row.ledger_size, leaf.data.get("ledger_size")),
                    "state": (row.state, Report.State.READY.value),
                },
            )
            if disposals.files({row.file_sha256}).get(row.file_sha256, -1) > seq:
                continue
            try:
                store.check(row.file_sha256)
            except (store.BytesMissing, store.BytesCorrupt, ValueError) as problem:
                yield Problem(f"report {row.pk}", str(problem))
        asked = {str(leaf.data.get("report")): seq for seq, leaf in chunk.of(events.REPORT_REQUESTED).items()}
        there = {str(key) for key in Report.objects.filter(pk__in=asked).values_list("pk", flat=True)}
        for key, seq in asked.items():
            if key not in there:
                yield Problem(f"entry {seq}", f"the report {key} it asked for is not there: deleted?")

    def finish(self, size: int) -> Iterator[Problem]:
        """Yield reports called ready that no leaf sealed."""
        yield from beyond(Report.objects.exclude(seq=None), "seq", "report", size)
        for key in Report.objects.filter(state=Report.State.READY, seq=None).values_list("pk", flat=True)[:1000]:
            yield Problem(f"report {key}", "it is called ready, but no entry sealed it: forged?")


def _known(leaf: Leaf, seq: int) -> bool:
    return leaf.event == events.JOB_ADMITTED and Job.objects.filter(pk=str(leaf.data.get("job")), seq__lt=seq).exists()


def _ends_of(jobs: Iterable[Job]) -> dict[str, list[Leaf]]:
    """Return, by "job:id", the leaves that end a job or an attempt, as the ledger has them now."""
    found: dict[str, list[Leaf]] = defaultdict(list)
    names = {f"job:{job.pk}" for job in jobs}
    if not names:
        return found
    wanted = {*_JOB_ENDS.values(), *_ATTEMPT_ENDS.values()}
    rows = LedgerEntry.objects.filter(subject_index__subject__in=names, index__event__in=wanted).order_by("seq")
    for content in rows.values_list("leaf", flat=True).distinct():
        leaf = Leaf.from_bytes(bytes(content))
        for name in names & set(leaf.subjects):
            found[name].append(leaf)
    return found


def _job_state(row: Job, ends: list[Leaf]) -> Iterator[Problem]:
    last = next((leaf for leaf in reversed(ends) if leaf.event in _JOB_ENDS.values()), None)
    state = JobState(row.state) if row.state in JobState.values else None
    wanted = _JOB_ENDS.get(state) if state else ""
    place = f"job {row.pk}"
    if wanted is not None and (last is None or last.event != wanted):
        yield Problem(place, f"it is {row.state}, but no entry of the ledger says so: written by hand?")
    elif wanted is None and last is not None:
        yield Problem(place, f"it is {row.state}, but entry {last.seq} ended it: written by hand?")
    elif last is not None and last.event == events.JOB_ENDED:
        found: tuple[Any, Any] = (row.state, row.output_id)
        yield from differences(place, {"end": (found, (last.data.get("state"), last.data.get("output")))})


def _attempt_state(row: Attempt, ends: list[Leaf]) -> Iterator[Problem]:
    own = [leaf for leaf in ends if leaf.data.get("attempt") == str(row.pk)]
    place = f"attempt {row.pk}"
    state = AttemptState(row.state) if row.state in AttemptState.values else None
    wanted = _ATTEMPT_ENDS.get(state) if state else ""
    if state is AttemptState.CONSUMED and row.consumed_seq is None:
        yield Problem(place, "it is consumed, but names no entry that consumed its permit")
    if wanted is None and own:
        yield Problem(place, f"it is {row.state}, but entry {own[-1].seq} says {own[-1].event}: written by hand?")
    if wanted is not None and wanted not in {leaf.event for leaf in own}:
        yield Problem(place, f"it is {row.state}, but no entry of the ledger says so: written by hand?")
    ended = [leaf.data.get("state") for leaf in own if leaf.event in (events.ATTEMPT_ENDED, events.PERMIT_EXPIRED)]
    if ended and row.state not in ended:
        yield Problem(place, f"it is {row.state}, but the ledger ended it as {ended[-1]}: written by hand?")
    for leaf in own:
        if leaf.event == events.ATTEMPT_RECEIVED and _digest(row.result) != leaf.data.get("result"):
            yield Problem(place, f"its result is not the one entry {leaf.seq} received: altered")


def _digest(result: Any) -> str:
    try:
        return sha256(dumps(result))
    except NotCanonical:
        return ""
