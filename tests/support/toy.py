"""A purpose for tests alone: work that takes a moment and leaves a file. Only `tests.support.toy_settings` installs it.

Its specification rests on a signed rubric, so that revoking and superseding mean something.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from governance import access, gates, registry, store
from governance.access import ENGINEER
from governance.errors import Invalid
from governance.gates import Answer, Check, Verdict
from governance.models import Attempt, Document, Job, User
from governance.proof.formats.manifest import FileEntry
from governance.proof.formats.permit import Input
from governance.registry import Kind, Link, Purpose

SPEC, OUTCOME, ACTION, PURPOSE = "test.work", "test.outcome", "test.start", "toy"
MAX_ATTEMPTS = 6


class WorkBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    title: str
    milliseconds: int = 0
    manner: str = "well"  # well, badly (fails), stubborn (heeds no signal), blabbing (says the keys it has)
    variables: list[str] = []  # whose values its permit lets it have
    file: FileEntry | None = None


class OutcomeBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    title: str
    files: list[FileEntry]


KINDS = (
    Kind(
        SPEC,
        "toy work",
        WorkBody,
        signed=False,
        authors=frozenset({ENGINEER}),
        links={"plan": Link({"evals.rubric"})},
        files=lambda body: [FileEntry.model_validate(body["file"])] if body.get("file") else [],
    ),
    Kind(
        OUTCOME,
        "toy outcome",
        OutcomeBody,
        signed=False,
        authors=frozenset(),
        links={"spec": Link({SPEC})},
        files=lambda body: [FileEntry.model_validate(entry) for entry in body["files"]],
    ),
)


CHECKS: tuple[Check[tuple[Answer, Answer, Answer]], ...] = (
    Check("plan", "plan", "Plan in force", lambda facts: facts[0]),
    Check("bytes", "data", "Bytes as approved", lambda facts: facts[1]),
    Check("launcher", "run", "Launcher may launch", lambda facts: facts[2]),
)


def prepare(spec: Document) -> Mapping[str, Any]:
    from evals.purposes import stored_faults

    return {"bytes": tuple(stored_faults(spec))}


def gate(spec: Document, launcher: User, evidence: Mapping[str, Any], size: int, time: datetime) -> Verdict:
    from evals.checks import Signed, bytes_match, in_force
    from evals.purposes import may_launch
    from governance.selectors import documents as docs
    from governance.selectors import signoff

    plan = docs.linked_one(spec, "plan")
    signed = Signed(str(plan), signoff.in_force(plan, size, time)) if plan else None
    facts = (
        in_force("plan", signed),
        bytes_match("the work", evidence.get("bytes"), "engineer"),
        may_launch(launcher, ACTION, spec),
    )
    return gates.decide(CHECKS, facts)


def inputs(spec: Document) -> list[Input]:
    from evals.purposes import document_input
    from governance.selectors import documents as docs

    entry = docs.model_body(spec, WorkBody).file
    found = [document_input("work", spec)]
    if entry:
        found.append(Input(name=f"data/{entry.path}", sha256=entry.sha256, size=entry.size, role="data"))
    return found


def bounds(spec: Document) -> dict[str, Any]:
    from governance.selectors import documents as docs

    variables = docs.model_body(spec, WorkBody).variables
    return {"max_seconds": 300, "max_attempts": MAX_ATTEMPTS} | ({"variables": variables} if variables else {})


def digest(attempt: Attempt) -> dict[str, Any]:
    from governance.services.documents import check_body

    result = attempt.result or {}
    if not result.get("files"):
        raise Invalid("files", "found none")
    for entry in result["files"]:
        store.check(entry["sha256"])
    return check_body(KINDS[1], {"title": result["body"]["title"], "files": result["files"]})


def accept(m: Any, job: Job, attempt: Attempt, digested: dict[str, Any]) -> Document:
    from governance.services.documents import freeze

    return freeze(
        m,
        kind=KINDS[1],
        body=digested,
        references=[{"role": "spec", "digest": job.spec_id}],
        contributors=[job.requested_by.actor],
        by=None,
    )


def purpose() -> Purpose:
    from evals.purposes import decisions

    return Purpose(
        name=PURPOSE,
        label="toy work",
        entry_point="tests.support.toy_work:run",
        action=ACTION,
        spec_kind=SPEC,
        prepare=prepare,
        gate=gate,
        inputs=inputs,
        decisions=decisions,
        bounds=bounds,
        digest=digest,
        accept=accept,
    )


def install(monkeypatch: Any) -> None:
    """Install the purpose in this process, for one test."""
    monkeypatch.setitem(access.ACTIONS, ACTION, access.Action(ACTION, "start toy work", frozenset({ENGINEER})))
    for kind in KINDS:
        monkeypatch.setitem(registry.KINDS, kind.name, kind)
    monkeypatch.setitem(registry.PURPOSES, PURPOSE, purpose())
