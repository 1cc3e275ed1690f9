"""Entry point of the purpose "converse": hold one recorded session with one model.

The process keeps the model loaded and asks the control plane for the next message until the session is over. Every
answer is handed over as soon as it is there, so whatever ends this process, what was said before is kept.
"""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from evals.engine.answers import Answer, render
from evals.engine.backends.base import Backend, Key, Request
from evals.engine.run import SETTINGS, environment
from evals.engine.session import SessionSpecBody, transcript_of
from evals.engine.spec import Decoding, Message
from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.envelope import Envelope
from governance.runner.protocol import Outcome, OutputFile, RunFailed, Talker

if TYPE_CHECKING:
    from governance.proof.formats.permit import Permit

POLL = 0.5
"""seconds between two questions for the next message"""
TRANSCRIPT = "transcript.jsonl"


def run(work: Path, permit: "Permit", report: Talker) -> Outcome:
    """Answer messages until the session is over; return a `SessionRecordBody` and its transcript.

    Reads `inputs/documents/session_spec.json`, `inputs/base/…` and, if it is there, `inputs/adapter/…`.

    Raises:
        RunFailed: an input is not what the documents say, the model cannot be used, or the attempt was stopped.
    """
    started = time.monotonic()
    os.environ.update(SETTINGS)
    inputs = work / "inputs"
    spec = _spec(inputs, permit)
    report.progress(0.06, "loading the model")
    model = _model(inputs, spec)
    talk = Conversation(spec, model, report)
    report.progress(0.1, "waiting for a message", ready="yes")
    ended = talk.hold(started + min(spec.max_seconds, permit.bounds.get("max_seconds", spec.max_seconds)))
    target = work / "outputs" / TRANSCRIPT
    target.parent.mkdir(parents=True, exist_ok=True)
    content = transcript_of(talk.lines)
    target.write_bytes(content)
    return Outcome(
        body={
            "ended": ended,
            "seconds": f"{time.monotonic() - started:.3f}",
            "tokens": talk.tokens,
            "environment": environment() | model.environment(),
        },
        files=[OutputFile(TRANSCRIPT, target)],
    )


class Conversation:
    """One session: what was said so far, as the control plane has kept it."""

    def __init__(self, spec: SessionSpecBody, model: Backend, report: Talker) -> None:
        self._spec, self._model, self._report = spec, model, report
        self.lines: list[dict[str, Any]] = []
        self.tokens = 0

    def hold(self, deadline: float) -> str:
        """Answer until the session is over, at the latest at `deadline`, and return why it is."""
        quiet_since = time.monotonic()
        while True:
            if self._report.stopping():
                raise RunFailed("the session was stopped; what was said before is kept")
            told = self._report.talk({"say": "next"})
            if "message" in told:
                self._answer(told)
                quiet_since = time.monotonic()
                continue
            now = time.monotonic()
            why = told.get("end") or ("time" if now > deadline else "")
            if not why and now - quiet_since > self._spec.idle_seconds:
                why = "idle"
            if why:
                return self._close(str(why))
            time.sleep(POLL)

    def _close(self, why: str) -> str:
        """Tell that the session is over, and note the messages that came too late to be answered."""
        told = self._report.talk({"say": "end", "why": why})
        self.lines += [{**late, "answer": None} for late in told["unanswered"]]
        return str(told["why"])

    def _answer(self, told: dict[str, Any]) -> None:
        self._report.progress(0.1, f"answering message {told['number']}", ready="yes")
        started = time.monotonic()
        said = {"say": "answer", "exchange": told["exchange"], "content": "", "tokens": 0, "finished": False}
        try:
            answer = self._generate(told["message"]["content"])
            said |= {"content": answer.text, "tokens": answer.tokens, "finished": answer.finished, "error": ""}
            self.tokens += answer.tokens
        except RunFailed as problem:  # a message the model cannot be given ends that exchange, not the session
            said["error"] = problem.reason[:1000]
        kept = self._report.talk(said | {"seconds": f"{time.monotonic() - started:.3f}"})
        line = {name: told[name] for name in ("number", "exchange", "message")}
        self.lines.append(line | {"answer": kept["kept"]})
        self._report.progress(0.1, "waiting for a message", ready="yes", messages=len(self.lines))

    def _generate(self, content: str) -> Answer:
        chat = render(self._spec.prompt, [*self._said(), Message(role="user", content=content)])
        answers: dict[Key, Answer] = {}
        request = Request("message", len(self.lines) + 1, chat)
        self._model.answer([request], decoding_of(self._spec), answers.update)
        return answers[request.key]

    def _said(self) -> list[Message]:
        """Return the earlier exchanges that have an answer, as the model is to see them."""
        said = []
        for line in self.lines:
            if line["answer"] is not None and line["answer"]["content"]:
                said.append(Message(role="user", content=line["message"]["content"]))
                said.append(Message(role="assistant", content=line["answer"]["content"]))
        return said


def decoding_of(spec: SessionSpecBody) -> Decoding:
    """Return how answers are generated in a session: always the most likely next token, to be repeatable."""
    return Decoding(max_new_tokens=spec.max_new_tokens, do_sample=False, batch_size=1, precision="fp32")


def _model(inputs: Path, spec: SessionSpecBody) -> Backend:
    from evals.engine.backends.loading import quieten
    from evals.engine.backends.local_model import LocalModel

    quieten()
    adapter = inputs / "adapter"
    return LocalModel.load(inputs / "base", adapter if adapter.is_dir() else None, decoding_of(spec))


def _spec(inputs: Path, permit: "Permit") -> SessionSpecBody:
    """Return the permitted specification."""
    path = inputs / "documents" / "session_spec.json"
    try:
        envelope = Envelope.from_bytes(path.read_bytes())
        if envelope.digest != permit.spec:
            raise RunFailed(f"found the session {envelope.digest}, expected {permit.spec} as permitted")
        return SessionSpecBody.model_validate(envelope.body)
    except (OSError, NotCanonical, ValidationError) as error:
        raise RunFailed(f"the document {path.name} cannot be used: {error}") from error
