"""A job without subject matter, taken through gate, permit, consumption, result and acceptance by the services."""

from collections.abc import Callable
from typing import Any

from governance import gates, registry
from governance.access import ACTIONS, ENGINEER, Action
from governance.job_states import AttemptState
from governance.models import Attempt, Document, Job
from governance.registry import Purpose
from governance.services import attempts, documents, permits
from governance.services import jobs as service
from tests.governance.cast import NOTE, NOTE_KIND, World

EXPIRED = AttemptState.EXPIRED
GREEN = gates.Check[Any]("green", "plan", "always green", lambda facts: gates.Answer(True, "yes", "yes"))


def purpose(**changes: Any) -> Purpose:
    values: dict[str, Any] = {
        "name": "note",
        "label": "note",
        "entry_point": "tests.nothing:run",
        "action": "note.launch",
        "spec_kind": NOTE,
        "prepare": lambda spec: {},
        "gate": lambda spec, user, evidence, size, time: gates.decide([GREEN], None),
        "inputs": lambda spec: [],
        "decisions": lambda spec: [],
        "bounds": lambda spec: {"max_seconds": 60, "max_attempts": 2},
        "digest": lambda attempt: dict(attempt.result["body"]),
        "accept": accept,
    }
    return Purpose(**values | changes)


def accept(m: Any, job: Job, attempt: Attempt, digested: dict[str, Any]) -> Document:
    return documents.freeze(
        m, kind=NOTE_KIND, body=digested, references=[], contributors=[job.requested_by.actor], by=None
    )


def register(monkeypatch: Any, **changes: Any) -> Callable[..., Purpose]:
    """Make the purpose known for one test."""
    monkeypatch.setitem(registry.PURPOSES, "note", purpose(**changes))
    monkeypatch.setitem(ACTIONS, "note.launch", Action("note.launch", "launch notes", frozenset({ENGINEER})))
    return purpose


def done(world: World, monkeypatch: Any, spec: Document) -> Job:
    """Take a job from launch to its accepted result."""
    register(monkeypatch)
    job = service.launch(actor=world.engineer, spec=spec)
    issued = permits.issue(job=job)
    assert issued is not None
    attempt, secret = issued
    _, token = permits.consume(permit=bytes(attempt.permit), secret=secret, nonce="n" * 32)
    working = attempts.by_token(token)
    attempts.receive(attempt=working, result={"body": {"title": "Result", "text": "", "files": []}, "files": []})
    received = Attempt.objects.select_related("job__spec", "job__project", "job__requested_by").get(pk=attempt.pk)
    assert attempts.accept(attempt=received) is not None
    job.refresh_from_db()
    return job
