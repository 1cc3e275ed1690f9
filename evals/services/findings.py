"""Findings of recorded sessions, drafted as cases of an evaluation set's next version."""

from typing import Any

from pydantic import ValidationError

from evals import documents as kinds
from evals.engine.spec import Case, EvaluationSetBody, Message
from evals.selectors import sessions as select
from governance import access, events, store
from governance.errors import Conflict, Finding, Invalid, NotFound, Refused
from governance.models import Document, Draft, Exchange, Job, User
from governance.proof.canonical import dumps
from governance.selectors import documents as docs
from governance.services.documents import draft_create, draft_edit
from governance.services.ledger import admit, mutation

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
        Refused: the set is a holdout and an engineer may have read the session.
        Invalid: the slice is there for something else, or the case is none.
    """
    job = exchange.job
    if select.hidden(actor, job):
        raise NotFound("there is no such exchange")
    admit(actor=actor, action="document.draft", project=job.project)
    newest = Document.objects.filter(series=evaluation_set.series).order_by("-number").first() or evaluation_set
    body: EvaluationSetBody = docs.model_body(newest, EvaluationSetBody)
    if newest.project_id != job.project_id:
        raise NotFound("there is no such evaluation set")
    if body.purpose == "holdout" and not select.spec_of(job).closed:
        raise Refused(_for_holdout())
    case = _case(job, exchange, slice_name, expects, target, note)
    entry = store.put([dumps(case) + b"\n"])
    number = select.confirmed(job, exchange).number
    path = FILE.format(f"{str(job.pk)[:8]}-{number}")
    draft = _drafted(actor, newest, entry.model_copy(update={"path": path}).model_dump(mode="json"), slice_name)
    with mutation(actor=actor, action="document.draft", project=job.project, subjects=[f"job:{job.pk}"]) as m:
        m.append(
            events.FINDING_DRAFTED,
            subjects=[f"job:{job.pk}", f"exchange:{exchange.pk}", f"draft:{draft.pk}"],
            data={
                "job": str(job.pk),
                "exchange": str(exchange.pk),
                "draft": str(draft.pk),
                "file": entry.sha256,
            },
        )
    return draft


def _for_holdout() -> Finding:
    return Finding(
        "holdout",
        "a session that engineers may read",
        "a closed session, for a case of a holdout must be unknown to those who train",
        "Draft it for the development set, or find it again in a closed session.",
        access.ROLES[access.COMPLIANCE_OFFICER],
    )


def _case(job: Job, exchange: Exchange, slice_name: str, expects: str, target: str | None, note: str) -> dict[str, Any]:
    """Return the case that an exchange makes: everything said up to its message, and where it comes from."""
    turn = select.confirmed(job, exchange)
    said: list[Message] = []
    for before in select.conversation(job).turns:
        if before.number < turn.number and before.answer is not None and before.answer.content:
            said.append(Message(role="user", content=before.message.content))
            said.append(Message(role="assistant", content=before.answer.content))
    modes = sorted({grade.row.failure_mode for grade in turn.grades if grade.row.failure_mode})
    try:
        case = Case.model_validate(
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
    return case.model_dump(mode="json", exclude_defaults=True) | {"slices": [slice_name]}


def _drafted(actor: User, newest: Document, entry: dict[str, Any], slice_name: str) -> Draft:
    """Add a file of one case to the open draft of the set's next version, or begin that draft."""
    open_draft = Draft.objects.filter(series=newest.series_id, frozen=None).order_by("-updated_at").first()
    body = dict(open_draft.body if open_draft else docs.envelope(newest).body)
    roles = dict(body.get("roles", {}))
    if slice_name in body["slices"] and roles.get(slice_name, "common") != "red_team":
        raise Invalid("slice", f"found {slice_name!r}, which is there for something else; name a red-team slice")
    if any(known["path"] == entry["path"] for known in body["files"]):
        raise Conflict(found="drafted already", expected="a new finding", remedy="Edit the draft instead.")
    body["slices"] = {slice_name: "attacks, among them findings of recorded sessions"} | dict(body["slices"])
    body["roles"] = roles | {slice_name: "red_team"}
    body["files"] = [*body["files"], entry]
    body["cases"] = int(body["cases"]) + 1
    references = [link.model_dump() for link in docs.envelope(newest).references]
    if open_draft is None:
        return draft_create(
            actor=actor, project=newest.project, kind=kinds.SET, body=body, references=references, base=newest
        )
    return draft_edit(
        actor=actor,
        draft=open_draft,
        revision=open_draft.revision,
        body=body,
        references=open_draft.references,
    )
