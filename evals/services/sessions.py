"""Recorded sessions as people act in them: started, talked in, graded, ended."""

import secrets
from collections.abc import Mapping

from evals import documents as kinds
from evals.engine.rubric import Prompt, RubricBody
from evals.engine.session import LONGEST_MESSAGE, SEVERITIES
from evals.selectors import sessions as select
from governance import access, events, store
from governance.errors import Finding, Invalid, NotFound, Refused
from governance.job_states import JobState
from governance.models import Document, Exchange, ExchangeGrade, Job, Project, User
from governance.proof.formats.canonical import dumps
from governance.selectors import documents as docs
from governance.services import jobs
from governance.services.documents import document_submit
from governance.services.ledger import Mutation, admit, mutation, refusals_recorded

DEFAULT_PROMPT = Prompt(system=None, template="{input}")


def session_start(
    *,
    actor: User,
    project: Project,
    subject: Document,
    title: str,
    aim: str,
    closed: bool = False,
    rubric: Document | None = None,
    max_turns: int = 40,
    minutes: int = 60,
    idle_minutes: int = 15,
    max_new_tokens: int = 256,
) -> Job:
    """Freeze the session's specification and put it before the worker. The model is asked with the rubric's prompt.

    Raises:
        Refused: the gate is closed: the model may not be used, its bytes are not those recorded, or the person may not.
        Invalid: a limit is out of its bounds.
    """
    admit(actor=actor, action="session.start", project=project)
    prompt = DEFAULT_PROMPT
    if rubric is not None:
        found: RubricBody = docs.model_body(rubric, RubricBody)
        prompt = found.prompt
    body = {
        "title": title,
        "aim": aim,
        "closed": closed,
        "prompt": prompt.model_dump(mode="json"),
        "max_new_tokens": max_new_tokens,
        "max_turns": max_turns,
        "max_seconds": minutes * 60,
        "idle_seconds": idle_minutes * 60,
    }
    references = [{"role": "subject", "digest": subject.digest}]
    references += [{"role": "rubric", "digest": rubric.digest}] if rubric else []
    spec = document_submit(actor=actor, project=project, kind=kinds.SESSION_SPEC, body=body, references=references)
    return jobs.launch(actor=actor, spec=spec)


def message_send(*, actor: User, job: Job, text: str) -> Exchange:
    """Send a message to the model of one's own session.

    Raises:
        Invalid: no words, or too many.
        Refused: it is somebody else's session, it takes no message now, the message is a case of a holdout, or a
            holdout's cases are lost, so that nobody can tell.
    """
    said = text.strip().replace("\r\n", "\n")
    if not said or len(said) > LONGEST_MESSAGE or "\0" in said:
        raise Invalid("text", f"found {len(said)} characters, expected 1 to {LONGEST_MESSAGE:,}, none of them NUL")
    subjects = [f"job:{job.pk}"]
    with refusals_recorded(actor=actor, action="session.talk", project=job.project, subjects=subjects):
        access.require(actor, "session.talk", job.project)
        given_away = select.holdouts_given_away(job.project, [said])
    record = dumps({"role": "user", "content": said, "salt": secrets.token_hex(16)})
    with mutation(actor=actor, action="session.talk", project=job.project, subjects=subjects) as m:
        _own(actor, job)
        if given_away:
            raise Refused(_gives_away(given_away[0]))
        talk = _open(job)
        kept = store.put([record])
        row = Exchange(job=job, number=len(talk.turns) + 1, sha256=kept.sha256, by=actor, at=m.time, seq=m.size)
        m.append(
            events.MESSAGE_SENT,
            subjects=[f"job:{job.pk}", f"exchange:{row.pk}"],
            data={"job": str(job.pk), "exchange": str(row.pk), "number": row.number, "message": kept.sha256},
        )
        row.save()
        return row


def session_end(*, actor: User, job: Job) -> None:
    """End one's own session: its process freezes the transcript and leaves. Ending it twice is refused."""
    with mutation(actor=actor, action="session.talk", project=job.project, subjects=[f"job:{job.pk}"]) as m:
        _own(actor, job)
        talk = select.conversation(job)
        if JobState(_fresh(job).state) is not JobState.RUNNING or talk.ended:
            raise Refused(_not_open(select.state(select.Conversation(_fresh(job), talk.turns, talk.ended)).text))
        ended(m, job, "tester")


def exchange_grade(
    *,
    actor: User,
    exchange: Exchange,
    severity: str,
    failure_mode: str = "",
    scores: Mapping[str, int] | None = None,
    note: str = "",
) -> ExchangeGrade:
    """Grade an answer: how bad it is, which failure mode it shows, and scores on the rubric's scales.

    Raises:
        Invalid: no such severity, a failure without its mode, or a score that the rubric has no scale for.
        Refused: there is no answer yet.
    """
    job = exchange.job
    if select.hidden(actor, job):
        raise NotFound("there is no such exchange")
    if severity not in SEVERITIES:
        raise Invalid("severity", f"found {severity!r}, expected one of {', '.join(SEVERITIES)}")
    mode = failure_mode.strip()
    if (severity != "none") != bool(mode):
        raise Invalid("failure_mode", "a failure has a mode, and only a failure has one")
    given = _scores(job, scores or {})
    with mutation(actor=actor, action="session.grade", project=job.project, subjects=[f"job:{job.pk}"]) as m:
        turn = select.confirmed(job, exchange)
        if turn.answer is None:
            raise Refused(Finding("answer", "a message without an answer", "an answer to grade", "Wait for it.", "you"))
        row = ExchangeGrade(
            exchange=exchange, severity=severity, failure_mode=mode, scores=given, by=actor, at=m.time, seq=m.size
        )
        data = {"job": str(job.pk), "exchange": str(exchange.pk), "grade": str(row.pk), "severity": severity}
        m.append(
            events.EXCHANGE_GRADED,
            subjects=[f"job:{job.pk}", f"exchange:{exchange.pk}"],
            data=data | {"failure_mode": mode or None, "scores": given},
            private={"note": note.strip()} if note.strip() else None,
        )
        row.save()
        return row


def ended(m: Mutation, job: Job, why: str) -> None:
    """Put it on the ledger that no further message is taken."""
    m.append(events.CONVERSATION_ENDED, subjects=[f"job:{job.pk}"], data={"job": str(job.pk), "why": why})


def _fresh(job: Job) -> Job:
    return Job.objects.select_related("spec__project", "project", "requested_by").get(pk=job.pk)


def _own(actor: User, job: Job) -> None:
    if job.requested_by_id != actor.pk:
        raise Refused(
            Finding(
                "session",
                "a session of somebody else",
                "a session that you started: what is said must be one person's",
                "Start one of your own.",
                "you",
            )
        )


def _open(job: Job) -> select.Conversation:
    """Return the conversation if it takes a message now; called with the ledger locked."""
    found = select.conversation(_fresh(job))
    standing = select.state(found)
    if not standing.open:
        raise Refused(_not_open(standing.text))
    return found


def _not_open(text: str) -> Finding:
    return Finding("session", text, "a session that waits for a message", "See the session's page.", "you")


def _gives_away(document: Document) -> Finding:
    return Finding(
        "holdout",
        f"a message that holds a case of {document}",
        "messages of your own: a holdout is measured as a whole, under its plan, and its cases stay unseen",
        "Say it in other words, or plan an evaluation.",
        "you",
    )


def _scores(job: Job, scores: Mapping[str, int]) -> dict[str, int]:
    scales = scales_of(job)
    for name, score in scores.items():
        if name not in scales:
            raise Invalid("scores", f"found {name!r}, expected criteria that people grade: {', '.join(scales) or '-'}")
        low, high = scales[name]
        if not low <= score <= high:
            raise Invalid("scores", f"{name}: found {score}, expected {low} to {high}")
    return dict(scores)


def scales_of(job: Job) -> dict[str, tuple[int, int]]:
    """Return the scale of every criterion that the session's rubric lets people grade."""
    rubric = docs.linked_one(job.spec, "rubric")
    if rubric is None:
        return {}
    body: RubricBody = docs.model_body(rubric, RubricBody)
    scales = {criterion.name: criterion.parameters["scale"] for criterion in body.criteria_of("human")}
    return {name: (scale["low"], scale["high"]) for name, scale in scales.items()}
