"""Attempts under a consumed permit: keep the lease, take progress, files and the result, accept it or end.

Every write is a conditional UPDATE that names the state it expects, so a second worker, a late runner or a killed
process finds nothing to change. What a runner sends is server-received: it says nothing until it is accepted.
"""

import math
from typing import Any

from django.conf import settings
from django.utils import timezone

from governance import events, store
from governance.errors import Conflict, CountersignError, Finding, Invalid, NotFound, Refused
from governance.job_states import ATTEMPT_MOVES, AttemptState, JobState
from governance.models import Attempt, Document, Job, Upload
from governance.proof.formats.canonical import NotCanonical, dumps, sha256
from governance.proof.formats.fields import rfc3339
from governance.proof.formats.manifest import FileEntry
from governance.selectors import jobs as select
from governance.selectors import told
from governance.services.ledger import Unchanged, mutation
from governance.services.permits import TOKEN_LIFE, lease
from governance.services.transitions import job_ended, move_attempt, move_job
from governance.services.vouching import UNUSABLE

_UNTOLD = Finding(
    "permit",
    "a result that the ledger does not know",
    "a result received under a consumed permit",
    "Launch again through the gate.",
    "engineer",
)
LOG_LIMIT = 200_000
CURVE_LIMIT = 2_000
FIGURES = 50
MAX_FIGURE = 1e15


def by_token(token: str) -> Attempt:
    """Return the attempt a runner's token belongs to, if it still holds its lease.

    Raises:
        NotFound: nobody's token.
        Conflict: the attempt ended or its lease ran out: the runner must stop.
    """
    found = (
        Attempt.objects.select_related("job__spec", "job__project").filter(token_sha256=sha256(token.encode())).first()
    )
    if not token or found is None:
        raise NotFound("there is no such attempt")
    working = (AttemptState.CONSUMED.value, AttemptState.RECEIVED.value)
    now = timezone.now()
    lapsed = found.lease_until is None or found.lease_until < now or found.changed_at + TOKEN_LIFE < now
    if found.state not in working or (found.state == AttemptState.CONSUMED.value and lapsed):
        raise Conflict(
            found=f"the attempt is {found.state}{' and its lease ran out' if lapsed else ''}",
            expected="an attempt that holds its lease",
            remedy="Stop working: a result will not be accepted.",
        )
    return found


def heartbeat(*, attempt: Attempt, progress: dict[str, Any] | None = None, lines: list[str] | None = None) -> bool:
    """Renew the lease, keep what the runner tells of its progress, and return whether it should stop."""
    now = timezone.now()
    values: dict[str, Any] = {"lease_until": now + lease()}
    if progress is not None:
        told_now = _progress(progress)
        values["progress"] = {**told_now, "at": rfc3339(now)}
        if told_now["figures"]:
            values["curve"] = [*attempt.curve, {"done": told_now["done"], **told_now["figures"]}][-CURVE_LIMIT:]
    if lines:
        values["log"] = (attempt.log + "".join(f"{line}\n" for line in lines))[-LOG_LIMIT:].replace("\0", "")
    changed = Attempt.objects.filter(
        pk=attempt.pk, state=AttemptState.CONSUMED.value, token_sha256=attempt.token_sha256, lease_until__gte=now
    ).update(**values)
    return not changed or attempt.stop_requested


def _progress(sent: dict[str, Any]) -> dict[str, Any]:
    """Return a runner's progress as every database can hold it: known keys, short texts, finite numbers."""
    figures = sent.get("figures")
    kept = list(figures.items())[:FIGURES] if isinstance(figures, dict) else []
    return {
        "done": _figure(sent.get("done")),
        "message": _text(sent.get("message", "")),
        "figures": {_text(name): _figure(value) for name, value in kept},
    }


def _figure(value: Any) -> float | str | None:
    if value is None or (isinstance(value, int | float) and math.isfinite(value) and abs(value) < MAX_FIGURE):
        return value
    return _text(value)  # a loss that is not a number is shown as what it is


def _text(value: Any) -> str:
    return str(value).replace("\0", "")[:300]


def keep_upload(*, attempt: Attempt, digest: str, chunks: Any) -> FileEntry:
    """Store one of the attempt's output files. Invalid when the bytes are not those of the digest."""
    entry = store.put(chunks, expect=digest, limit=settings.COUNTERSIGN_ARTEFACT_LIMIT)
    Upload.objects.get_or_create(attempt=attempt, sha256=entry.sha256, defaults={"size": entry.size})
    return entry


def receive(*, attempt: Attempt, result: dict[str, Any]) -> None:
    """Take the runner's result. Sending the same again changes nothing; another one is refused.

    Raises:
        Invalid: a file it names was not uploaded by this attempt.
    """
    try:
        files = [FileEntry.model_validate(f) for f in result["files"]]
        body = result["body"]
    except (KeyError, TypeError, ValueError) as problem:
        raise Invalid("result", f"found {problem}, expected body and files") from None
    if not isinstance(body, dict):
        raise Invalid("body", f"found a {type(body).__name__}, expected an object")
    known = dict(Upload.objects.filter(attempt=attempt).values_list("sha256", "size"))
    for entry in files:
        if known.get(entry.sha256) != entry.size:
            raise Invalid("files", f"{entry.path}: this attempt did not upload {entry.sha256} of {entry.size} bytes")
    kept = {"body": body, "files": [f.model_dump(exclude_none=True) for f in files]}
    digest = sha256(_canonical(kept))
    attempt.refresh_from_db()
    if attempt.state == AttemptState.RECEIVED.value and attempt.result == kept:
        return
    with mutation(
        actor=None, action="attempt.receive", project=attempt.job.project, subjects=[f"job:{attempt.job_id}"]
    ) as m:
        if told.of_job(attempt.job_id).attempt(attempt.pk).state is not AttemptState.CONSUMED:
            raise Refused(_UNTOLD)
        moved = Attempt.objects.filter(
            pk=attempt.pk, state=AttemptState.CONSUMED.value, token_sha256=attempt.token_sha256, lease_until__gte=m.time
        ).update(state=AttemptState.RECEIVED.value, result=kept, changed_at=m.time)
        if not moved:
            raise Conflict(found="the attempt ended", expected="an attempt at work", remedy="Stop working.")
        m.append(
            events.ATTEMPT_RECEIVED,
            subjects=[f"job:{attempt.job_id}"],
            data={"job": str(attempt.job_id), "attempt": str(attempt.pk), "result": digest},
        )


def _canonical(value: Any) -> bytes:
    try:
        content = dumps(value)
    except NotCanonical as problem:
        raise Invalid("result", str(problem)) from None
    if b"\\u0000" in content:  # no database column holds it
        raise Invalid("result", "found a NUL character, expected text")
    return content


def accept(*, attempt: Attempt) -> Document | None:
    """Turn a received result into documents, and end the job; None when somebody else did, or it cannot be accepted."""
    if attempt.job.state != JobState.RUNNING.value:
        reason = f"the job was {attempt.job.state} before its result was accepted"
        end(attempt=attempt, state=AttemptState.FAILED, reason=reason, retry=False)
        return None
    try:
        purpose = select.purpose(attempt.job.spec)
        digested = purpose.digest(attempt)
        subjects = [f"job:{attempt.job_id}"]
        with mutation(actor=None, action="attempt.accept", project=attempt.job.project, subjects=subjects) as m:
            if not Attempt.objects.filter(pk=attempt.pk, state=AttemptState.RECEIVED.value).exists():
                raise Unchanged
            _delivered(attempt)
            document = purpose.accept(m, attempt.job, attempt, digested)
            if not move_attempt(m, attempt, AttemptState.RECEIVED, AttemptState.ACCEPTED):
                raise Unchanged
            if not move_job(m, attempt.job, JobState.RUNNING, JobState.SUCCEEDED, output=document):
                raise Unchanged
            job_ended(m, attempt.job, JobState.SUCCEEDED, document)
            return document
    except Unchanged:
        return None
    except (*UNUSABLE, CountersignError, store.BytesMissing, store.BytesCorrupt) as problem:
        end(attempt=attempt, state=AttemptState.FAILED, reason=f"the result cannot be accepted: {problem}", retry=False)
        return None


def _delivered(attempt: Attempt) -> None:
    """Refuse a result that is not the one the ledger tells was received under a consumed permit."""
    known = told.of_job(attempt.job_id).attempt(attempt.pk)
    if (
        known.state is not AttemptState.RECEIVED
        or not known.nonce
        or (known.permit, known.result) != (attempt.permit_digest, sha256(_canonical(attempt.result)))
    ):
        raise Refused(_UNTOLD)


def end(*, attempt: Attempt, state: AttemptState, reason: str, exit_code: int | None = None, retry: bool) -> bool:
    """End a live attempt without a result, and its job too, unless `retry` and the policy's bounds allow another try.

    Returns whether this call ended it. A consumed permit thus always ends in a result or in a recorded loss.
    """
    job = attempt.job
    try:
        with mutation(actor=None, action="attempt.end", project=job.project) as m:
            attempt.refresh_from_db()
            before = AttemptState(attempt.state)
            if state not in ATTEMPT_MOVES[before]:
                raise Unchanged
            if not move_attempt(m, attempt, before, state, reason=reason, exit_code=exit_code):
                raise Unchanged
            m.append(
                events.PERMIT_EXPIRED if state is AttemptState.EXPIRED else events.ATTEMPT_ENDED,
                subjects=[f"job:{job.id}"],
                data={"job": str(job.id), "attempt": str(attempt.id), "state": state.value},
                private={"reason": reason},
            )
            allowed = int(select.purpose(job.spec).bounds(job.spec).get("max_attempts", 1))
            if retry and attempt.number < allowed:
                move_job(m, job, JobState.RUNNING, JobState.QUEUED, reason=reason)
                return True
            ended = JobState.LOST if state in (AttemptState.LOST, AttemptState.EXPIRED) else JobState.FAILED
            if move_job(m, job, JobState.RUNNING, ended, reason=reason):
                job_ended(m, job, ended, None)
            return True
    except Unchanged:
        return False


def give_up(*, job: Job) -> bool:
    """End a running job of which no attempt lives (its rows were altered from outside); return whether it was one."""
    live = [s.value for s in AttemptState if s.live]
    try:
        with mutation(actor=None, action="job.give-up", project=job.project) as m:
            stranded = not Attempt.objects.filter(job=job, state__in=live).exists()
            reason = "it was running without an attempt: its rows were altered"
            if not stranded or not move_job(m, job, JobState.RUNNING, JobState.LOST, reason=reason):
                raise Unchanged
            job_ended(m, job, JobState.LOST, None)
            return True
    except Unchanged:
        return False
