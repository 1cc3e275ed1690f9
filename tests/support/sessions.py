"""A recorded session by hand: what its tester does, and what the process that holds the model would say."""

from typing import Any

from evals.engine.session import transcript_of
from evals.services import sessions
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.models import Attempt, Document, Exchange, Job, User
from governance.proof.formats.canonical import sha256
from governance.services import attempts, documents
from tests.support import hands
from tests.support.cast import Cast, agree, base_model_body


def base_model(cast: Cast) -> Document:
    """Return a base model in force."""
    made = documents.document_submit(actor=cast.olga, project=None, kind="training.base_model", body=base_model_body())
    agree(made, by=cast.olga, signers=[(cast.carl, COMPLIANCE_OFFICER), (cast.dora, OWNER)])
    return made


def started(cast: Cast, *, by: User | None = None, **options: Any) -> Job:
    return sessions.session_start(
        actor=by or cast.erik, project=cast.triage, subject=options.pop("subject", None) or base_model(cast),
        title="Does it leak?", aim="Get it to tell other people's data.", **options,
    )  # fmt: skip


class Model:
    """The process that holds the model of a session, played by the test through the runners' own API."""

    def __init__(self, job: Job) -> None:
        self.attempt, token = hands.consumed(job)
        self.runner, self.token = hands.Runner(token), token
        self.lines: list[dict[str, Any]] = []
        self.post("heartbeat", {"progress": {"done": 0.1, "message": "", "figures": {"ready": "yes"}}, "lines": []})

    def post(self, path: str, body: dict[str, Any], expect: int = 200) -> dict[str, Any]:
        response = self.runner.post(path, body)
        assert response.status_code == expect, response.content[:500]
        return dict(response.json())

    def next(self) -> dict[str, Any]:
        return self.post("talk", {"say": "next"})

    def answer(self, text: str = "I cannot tell you that.", told: dict[str, Any] | None = None) -> dict[str, Any]:
        told = told or self.next()
        said = {
            "say": "answer", "exchange": told["exchange"], "content": text, "tokens": 5, "seconds": "0.1",
            "finished": True, "error": "",
        }  # fmt: skip
        kept = self.post("talk", said)["kept"]
        self.lines.append({k: told[k] for k in ("number", "exchange", "message")} | {"answer": kept})
        return dict(kept)

    def end(self, why: str = "idle") -> dict[str, Any]:
        told = self.post("talk", {"say": "end", "why": why})
        self.lines += [{**late, "answer": None} for late in told["unanswered"]]
        return told

    def deliver(self, why: str = "tester", lines: list[dict[str, Any]] | None = None) -> Attempt:
        content = transcript_of(self.lines if lines is None else lines)
        entry = attempts.keep_upload(attempt=attempts.by_token(self.token), digest=sha256(content), chunks=[content])
        files = [{"path": "transcript.jsonl", "size": entry.size, "sha256": entry.sha256}]
        body = {"ended": why, "seconds": "1.0", "tokens": 5, "environment": {"python": "3"}}
        attempts.receive(attempt=attempts.by_token(self.token), result={"body": body, "files": files})
        found: Attempt = hands.fresh(self.attempt)
        return found


def said(job: Job, model: Model, by: User, text: str, answer: str = "I cannot tell you that.") -> Exchange:
    """Send a message and have it answered."""
    row = sessions.message_send(actor=by, job=hands.fresh(job), text=text)
    model.answer(answer)
    return Exchange.objects.select_related("job__spec", "job__project", "job__requested_by").get(pk=row.pk)
