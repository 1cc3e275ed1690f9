"""What ledger entries tell of jobs and their attempts: the one reading that gate, register and offline verifier share.

States are the words that entries carry; `governance.job_states` says what may follow what.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from governance.proof.formats.leaf import (
    ATTEMPT_ENDED,
    ATTEMPT_RECEIVED,
    JOB_ADMITTED,
    JOB_ARMED,
    JOB_CANCELLED,
    JOB_ENDED,
    JOB_REFUSED,
    PERMIT_CONSUMED,
    PERMIT_EXPIRED,
    PERMIT_ISSUED,
    Leaf,
)

EVENTS = frozenset(
    {
        JOB_ADMITTED,
        JOB_ARMED,
        JOB_CANCELLED,
        JOB_REFUSED,
        JOB_ENDED,
        PERMIT_ISSUED,
        PERMIT_CONSUMED,
        PERMIT_EXPIRED,
        ATTEMPT_RECEIVED,
        ATTEMPT_ENDED,
    }
)


@dataclass
class AttemptHistory:
    """An attempt: permit, nonce and result are digests, "" until there is one; `waivers` those its permit rested on.

    `number` counts the attempts of a job from 1; `seqs` are the entries about it.
    """

    permit: str
    number: int = 0
    state: str = "issued"
    nonce: str = ""
    result: str = ""
    waivers: tuple[str, ...] = ()
    seqs: list[int] = field(default_factory=list)


@dataclass
class JobHistory:
    """A job; `state` is empty when no entry tells of it, `begun` is the entry that first admitted or armed it."""

    state: str = ""
    spec: str = ""
    purpose: str = ""
    requested_by: str = ""
    project: str = ""
    output: str = ""
    begun: int | None = None
    attempts: dict[str, AttemptHistory] = field(default_factory=dict)
    seqs: list[int] = field(default_factory=list)
    strange: list[int] = field(default_factory=list)
    """entries that fit none before them: on an attempt that no permit was issued for or that was issued before, or
    on a run of another specification or purpose"""


def replay(leaves: Iterable[Leaf]) -> dict[str, JobHistory]:
    """Return what leaves, in the ledger's order, tell of jobs, by identifier, the first to be told of first."""
    found: dict[str, JobHistory] = {}
    for leaf in leaves:
        job = leaf.data.get("job")
        if leaf.event in EVENTS and isinstance(job, str):
            told = found.setdefault(job, JobHistory())
            told.seqs.append(leaf.seq)
            _take(told, leaf)
    return found


def _take(told: JobHistory, leaf: Leaf) -> None:
    data = leaf.data
    if leaf.event in (JOB_ADMITTED, JOB_ARMED):
        if not told.state:
            told.spec, told.purpose, told.begun = str(data["spec"]), str(data["purpose"]), leaf.seq
            told.requested_by, told.project = leaf.actor, leaf.project or ""
        elif told.begun is not None and (str(data["spec"]), str(data["purpose"])) != (told.spec, told.purpose):
            told.strange.append(leaf.seq)
        told.state = "queued" if leaf.event == JOB_ADMITTED else "armed"
    elif leaf.event == JOB_CANCELLED:
        told.state = "cancelled"
    elif leaf.event == JOB_REFUSED:
        told.state = "refused"
    elif leaf.event == JOB_ENDED:
        told.state, told.output = str(data["state"]), str(data["output"] or "")
        for attempt in told.attempts.values():
            if told.state == "succeeded" and attempt.state == "received":
                attempt.state = "accepted"
                attempt.seqs.append(leaf.seq)
    elif leaf.event == PERMIT_ISSUED:
        told.state = "running"
        if str(data["attempt"]) in told.attempts:
            told.strange.append(leaf.seq)
            return
        number, waivers = int(data["number"]), tuple(data.get("waivers", ()))
        told.attempts[str(data["attempt"])] = AttemptHistory(
            str(data["permit"]), number, waivers=waivers, seqs=[leaf.seq]
        )
    elif str(data.get("attempt")) in told.attempts:
        _take_attempt(told, told.attempts[str(data["attempt"])], leaf)
    else:
        told.strange.append(leaf.seq)


def _take_attempt(told: JobHistory, attempt: AttemptHistory, leaf: Leaf) -> None:
    attempt.seqs.append(leaf.seq)
    if leaf.event == PERMIT_CONSUMED:
        attempt.state, attempt.nonce = "consumed", str(leaf.data["nonce"])
    elif leaf.event == ATTEMPT_RECEIVED:
        attempt.state, attempt.result = "received", str(leaf.data["result"])
    elif leaf.event in (ATTEMPT_ENDED, PERMIT_EXPIRED):
        attempt.state = str(leaf.data["state"])
        if told.state == "running":
            told.state = "queued"  # unless the job's own end follows
