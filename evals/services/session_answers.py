"""The half of a recorded session that the process with the model talks to: the next message, an answer, the end."""

import secrets
from typing import Any

from pydantic import ValidationError

from evals.engine.session import AnswerSaid
from evals.selectors import sessions as select
from evals.services.sessions import ended
from governance import events, store
from governance.errors import Conflict, Invalid
from governance.job_states import AttemptState
from governance.models import Attempt, Exchange, ExchangeAnswer, Job
from governance.proof.formats.canonical import dumps
from governance.selectors import told
from governance.services.ledger import Unchanged, mutation


def talk(attempt: Attempt, said: dict[str, Any]) -> dict[str, Any]:
    """Answer the process that holds the model: hand it the next message, keep an answer, or end the session.

    Every call may come twice and then changes nothing more.
    """
    job = attempt.job
    match said.get("say"):
        case "next":
            return _next(job)
        case "answer":
            return {"kept": _keep(attempt, said)}
        case "end":
            return _over(attempt, str(said.get("why", "")))
        case other:
            raise Invalid("say", f"found {other!r}, expected next, answer or end")


def _next(job: Job) -> dict[str, Any]:
    row = Exchange.objects.filter(job=job, answer=None).exists()
    if not row and Exchange.objects.filter(job=job).count() >= select.spec_of(job).max_turns:
        return {"end": "turns"}
    found = select.conversation(job)
    if row and found.pending is not None and not found.pending.fault and found.pending.message.record is not None:
        turn = found.pending
        return {"number": turn.number, "exchange": turn.id, "message": turn.message.record}
    return {"end": found.ended} if found.ended else {"wait": True}


def _keep(attempt: Attempt, sent: dict[str, Any]) -> dict[str, Any]:
    """Keep an answer of the model and return the record of it."""
    try:
        said = AnswerSaid.model_validate(sent)
    except ValidationError as problem:
        raise Invalid("answer", str(problem)) from None
    record = said.model_dump(mode="json", exclude={"say", "exchange"})
    record |= {"content": said.content.replace("\0", ""), "role": "assistant", "salt": secrets.token_hex(16)}
    kept = store.put([dumps(record)])
    job = attempt.job
    try:
        with mutation(actor=None, action="session.answer", project=job.project, subjects=[f"job:{job.pk}"]) as m:
            turn = _asked(job, said.exchange)
            if turn.row is None or turn.answer is not None:
                raise Unchanged
            _at_work(attempt)
            row = ExchangeAnswer(exchange=turn.row, attempt=attempt, sha256=kept.sha256, at=m.time, seq=m.size)
            m.append(
                events.ANSWER_GIVEN,
                subjects=[f"job:{job.pk}", f"exchange:{turn.id}"],
                data={"job": str(job.pk), "exchange": turn.id, "attempt": str(attempt.pk), "answer": kept.sha256},
            )
            row.save()
    except Unchanged:
        # Said before, by a process that did not hear us: what was kept then is what the model answered.
        before = _asked(job, said.exchange).answer
        return (before.record if before else None) or {}
    return record


def _asked(job: Job, exchange: str) -> select.Turn:
    """Return the exchange of this session with that id. Invalid when nobody opened one."""
    turn = next((each for each in select.conversation(job).turns if each.id == exchange), None)
    if turn is None:
        raise Invalid("exchange", "found one that nobody opened in this session")
    return turn


def _over(attempt: Attempt, why: str) -> dict[str, Any]:
    """Take no further message, and return why the session ended and the messages that came too late."""
    job = attempt.job
    found = select.conversation(job)
    if not found.ended:
        if why not in ("turns", "time", "idle"):
            raise Invalid("why", f"found {why!r}, expected turns, time or idle")
        with mutation(actor=None, action="session.answer", project=job.project, subjects=[f"job:{job.pk}"]) as m:
            _at_work(attempt)
            ended(m, job, why)
        found = select.conversation(job)
    late = [turn.transcribed() for turn in found.turns if turn.pending]
    return {"why": found.ended, "unanswered": [{k: v for k, v in line.items() if k != "answer"} for line in late]}


def _at_work(attempt: Attempt) -> None:
    """Refuse what comes from an attempt that the ledger does not tell is at work."""
    if told.of_job(attempt.job_id).attempt(attempt.pk).state is not AttemptState.CONSUMED:
        raise Conflict(found="the attempt is over", expected="an attempt at work", remedy="Stop working.")
