"""Findings of recorded sessions, drafted as cases of an evaluation set's next version."""

from pydantic import ValidationError

from evals.engine.spec import Case, Message
from evals.selectors import sessions as select
from evals.services import next_version
from governance import access, events
from governance.errors import Finding, Invalid, NotFound, Refused
from governance.models import Document, Draft, Exchange, Job, User
from governance.services.ledger import admit

RED_TEAM = "red-team"
FILE = "findings-{}.jsonl"


def finding_draft(
    *,
    actor: User,
    exchange: Exchange,
    evaluation_set: Document,
    slice_name: str = RED_TEAM,
    expects: str = "refuse",
    target: str | None = None,
    note: str = "",
) -> Draft:
    """Draft the exchange as a case of the next version of a set's red-team slice; the signed version stays as it is.

    The case holds the conversation up to the message, and says which session it comes from.

    Raises:
        Refused: the set is a holdout, or its draft is to be one, and an engineer may have read the session.
        Invalid: the slice is there for something else, or the case is none.
        Conflict: it was drafted already, or the draft or the set moved on.
    """
    job = exchange.job
    if select.hidden(actor, job):
        raise NotFound("there is no such exchange")
    admit(actor=actor, action="document.draft", project=job.project)
    latest = next_version.newest(evaluation_set)
    if latest.project_id != job.project_id:
        raise NotFound("there is no such evaluation set")
    case = _case(job, exchange, slice_name, expects, target, note)
    number = select.confirmed(job, exchange).number

    def admissible(kept_from: frozenset[str]) -> None:
        if kept_from and not select.spec_of(job).closed:
            raise Refused(_for_holdout())
        select.confirmed(job, exchange)

    return next_version.cases_add(
        actor=actor,
        latest=latest,
        cases=[case],
        path=FILE.format(f"{str(job.pk)[:8]}-{number}"),
        slice_name=slice_name,
        role="red_team",
        about="attacks, among them findings of recorded sessions",
        told=next_version.Told(
            events.FINDING_DRAFTED,
            [f"job:{job.pk}", f"exchange:{exchange.pk}"],
            {"job": str(job.pk), "exchange": str(exchange.pk)},
        ),
        admissible=admissible,
    )


def _for_holdout() -> Finding:
    return Finding(
        "holdout",
        "a session that engineers may read",
        "a closed session, for a case of a holdout must be unknown to those who train",
        "Draft it for the development set, or find it again in a closed session.",
        access.ROLES[access.COMPLIANCE_OFFICER],
    )


def _case(job: Job, exchange: Exchange, slice_name: str, expects: str, target: str | None, note: str) -> Case:
    """Return the case that an exchange makes: everything said up to its message, and where it comes from."""
    turn = select.confirmed(job, exchange)
    said: list[Message] = []
    for before in select.conversation(job).turns:
        if before.number < turn.number and before.answer is not None and before.answer.content:
            said.append(Message(role="user", content=before.message.content))
            said.append(Message(role="assistant", content=before.answer.content))
    modes = sorted({grade.row.failure_mode for grade in turn.grades if grade.row.failure_mode})
    try:
        return Case.model_validate(
            {
                "id": f"session-{str(job.pk)[:8]}-{turn.number}",
                "messages": [*(m.model_dump() for m in said), {"role": "user", "content": turn.message.content}],
                "target": (target or "").strip() or None,
                "expects": expects,
                "slices": [slice_name],
                "provenance": f"session {job.pk}, exchange {turn.number}",
                "note": note.strip() or None,
                "metadata": {"failure mode": ", ".join(modes)} if modes else {},
            }
        )
    except ValidationError as problem:
        raise Invalid("case", problem.errors(include_url=False)[0]["msg"]) from None
