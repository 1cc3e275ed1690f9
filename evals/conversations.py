"""The "converse" purpose: a recorded session with a model, its gate, its inputs, and the record of what was said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evals import documents as kinds
from evals.checks import bytes_match
from evals.engine.session import SessionSpecBody, transcript_of
from evals.purposes import document_input, may_launch, waivers_of
from evals.selectors import sessions as select
from evals.services import session_answers
from evals.subjects import SUBJECTS
from governance import access, store
from governance.access import COMPLIANCE_OFFICER, DOMAIN_EXPERT, ENGINEER, OWNER, ROLES
from governance.errors import Invalid
from governance.gates import Answer, Check, Verdict
from governance.models import Attempt, Document, Job, User
from governance.proof.answers.talks import PURPOSE
from governance.proof.formats.canonical import sha256
from governance.proof.formats.manifest import FileEntry
from governance.proof.formats.permit import Input
from governance.registry import KINDS, Gate, Purpose, register_gate, register_purpose
from governance.selectors import documents as docs
from governance.selectors import gating, signoff
from governance.services.documents import check_body, freeze
from governance.services.ledger import Mutation

ACTION = "session.start"
TESTERS = frozenset({OWNER, COMPLIANCE_OFFICER, ENGINEER, DOMAIN_EXPERT})


@dataclass(frozen=True)
class SessionFacts:
    """Everything the gate of a session looks at."""

    subject: Answer
    subject_faults: tuple[str, ...] | None
    closed: Answer
    launcher: Answer


CHECKS: tuple[Check[SessionFacts], ...] = (
    Check("subject", "base", "Model may be talked to", lambda f: f.subject),
    Check(
        "subject_bytes",
        "base",
        "Model files as recorded",
        lambda f: bytes_match("the model", f.subject_faults, ROLES[ENGINEER]),
    ),
    Check("closed_session", "run", "Closed to engineers, or open", lambda f: f.closed),
    Check("launcher", "run", "Launcher may launch", lambda f: f.launcher),
)


def register() -> None:
    """Register actions, gate and purpose."""
    access.register_action(ACTION, "start a recorded session with a model", TESTERS, access.LAUNCH)
    access.register_action("session.talk", "talk to a model in a recorded session", TESTERS, access.LAUNCH)
    access.register_action("session.grade", "grade answers of a recorded session", TESTERS, access.WRITE)
    register_purpose(
        Purpose(
            name=PURPOSE,
            label="recorded session",
            entry_point="evals.engine.converse:run",
            action=ACTION,
            spec_kind=kinds.SESSION_SPEC,
            prepare=prepare,
            gate=gate,
            inputs=inputs,
            decisions=decisions,
            bounds=bounds,
            digest=digest,
            accept=accept,
            talk=session_answers.talk,
        )
    )
    register_gate(Gate(kinds.SESSION_SPEC, "recorded session", CHECKS))


def prepare(spec: Document) -> Mapping[str, Any]:
    """Hash the model's files; return what was found wrong with them."""
    subject = _subject(spec)
    return {"subject": tuple(SUBJECTS[subject.kind].faults(subject))}


def gate(spec: Document, launcher: User, evidence: Mapping[str, Any], ledger_size: int, time: datetime) -> Verdict:
    """Return the verdict on a session."""
    subject = _subject(spec)
    facts = SessionFacts(
        subject=SUBJECTS[subject.kind].admissible(subject, ledger_size, time),
        subject_faults=evidence.get("subject"),
        closed=_closed(spec, launcher),
        launcher=may_launch(launcher, ACTION, spec),
    )
    return gating.ask(spec, CHECKS, facts, launcher=launcher, size=ledger_size, time=time)


def _closed(spec: Document, launcher: User) -> Answer:
    body: SessionSpecBody = docs.model_body(spec, SessionSpecBody)
    held = access.roles_of(launcher, spec.project)
    return Answer(
        not body.closed or ENGINEER not in held,
        "a closed session" if body.closed else "a session that everybody in the project may read",
        "a closed session held by somebody who is no engineer here",
        "Leave it open, or let somebody else hold it.",
        ROLES[COMPLIANCE_OFFICER],
    )


def inputs(spec: Document) -> list[Input]:
    """Return what the permit of a session binds: its specification and the model."""
    subject = _subject(spec)
    return [document_input("session_spec", spec), *SUBJECTS[subject.kind].inputs(subject)]


def decisions(spec: Document) -> list[int]:
    """Return the ledger entries of every signature the session rests on."""
    related = [d for d in docs.closure([spec]).values() if KINDS[d.kind].signed]
    return sorted({s.seq for found in signoff.in_force_many(related).values() for s in found.signatures})


def bounds(spec: Document) -> dict[str, Any]:
    """Return the limits: the session's own time, and one process: whoever is cut off starts another session."""
    body: SessionSpecBody = docs.model_body(spec, SessionSpecBody)
    return {"max_seconds": body.max_seconds, "max_attempts": 1}


def digest(attempt: Attempt) -> dict[str, Any]:
    """Hold the delivered transcript against what the ledger tells was said, and return the body to freeze.

    Raises:
        Invalid: an exchange is missing, altered or of the runner's own making.
    """
    talk = select.conversation(attempt.job)
    if talk.faults:
        raise Invalid("transcript", f"what was kept is not what the ledger tells: {'; '.join(talk.faults[:3])}")
    expected = transcript_of(turn.transcribed() for turn in talk.turns)
    sent = {entry["path"]: entry for entry in (attempt.result or {}).get("files", [])}
    entry = sent.get("transcript.jsonl")
    if entry is None or entry["sha256"] != sha256(expected):
        raise Invalid("transcript", "the delivered transcript is not what the ledger tells was said")
    store.check(entry["sha256"])
    spec = select.spec_of(attempt.job)
    told = dict(attempt.result["body"]) if attempt.result else {}
    if not talk.ended or told.get("ended") != talk.ended:
        raise Invalid("ended", f"found {told.get('ended')!r}, expected {talk.ended!r} as the ledger tells")
    body = told | {
        "title": spec.title,
        "closed": spec.closed,
        "messages": len(talk.turns),
        "answers": sum(turn.answer is not None for turn in talk.turns),
        "transcript": FileEntry.model_validate(entry).model_dump(mode="json"),
    }
    return check_body(KINDS[kinds.SESSION_RECORD], body)


def accept(m: Mutation, job: Job, attempt: Attempt, digested: dict[str, Any]) -> Document:
    """Freeze the record; whoever held the session counts as its contributor."""
    references = [{"role": "spec", "digest": job.spec.digest}, *waivers_of(attempt)]
    for role in ("subject", "rubric"):
        references += [{"role": role, "digest": d.digest} for d in docs.linked(job.spec, role)]
    return freeze(
        m,
        kind=KINDS[kinds.SESSION_RECORD],
        body=digested,
        references=references,
        contributors=[job.requested_by.actor],
        by=None,
    )


def _subject(spec: Document) -> Document:
    found = docs.linked_one(spec, "subject")
    if found is None:
        raise Invalid("spec", "it names no model")
    return found
