"""Asking a backend for every answer of an evaluation, going on where an earlier attempt was killed."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from evals.engine.answers import Answer
from evals.engine.backends.base import Backend, Chat, Key, Request
from evals.engine.journal import Journal
from evals.engine.spec import Decoding
from governance.runner.protocol import Reporter, RunFailed


def requests_of(chats: Iterable[tuple[str, Chat]], decoding: Decoding) -> list[Request]:
    """Return one request per repeat of each case; `chats` are pairs of the case's id and its chat."""
    return [Request(case, repeat, chat) for case, chat in chats for repeat in range(1, decoding.repeats + 1)]


def ask(
    start: Callable[[], Backend],
    requests: Sequence[Request],
    decoding: Decoding,
    journal: Journal,
    report: Reporter,
    deadline: float,
    *,
    what: str = "answers",
    part: tuple[float, float] = (0.0, 1.0),
) -> tuple[dict[Key, Answer], dict[str, str]]:
    """Return the answers by key, in the order of `requests`, and the backend's environment.

    `start` makes the backend ready. Answers that the journal holds are not asked for again. `deadline` is in the time
    of `time.monotonic`. `what` names the answers in words, `part` says from where to where of the whole this takes.

    Raises:
        RunFailed: the attempt was stopped, its time is over, or the backend cannot answer.
    """
    total = len(requests)

    def share(done: int) -> float:
        return part[0] + (part[1] - part[0]) * (done / total if total else 1.0)

    left = [request for request in requests if request.key not in journal.answers]
    if len(left) < total:
        report.log(f"{total - len(left)} of {total} {what} are there from an earlier attempt; going on")
    report.progress(share(total - len(left)), "getting ready to ask", answers=total - len(left))
    backend = start()
    started, before = time.monotonic(), sum(answer.tokens for answer in journal.answers.values())
    tokens = before

    def take(batch: Mapping[Key, Answer]) -> None:
        nonlocal tokens
        journal.append(batch)
        done = len(journal.answers)
        if report.stopping():
            raise RunFailed(f"stopped after {done} of {total} {what}")
        if time.monotonic() > deadline:
            raise RunFailed(f"the permitted time is over after {done} of {total} {what}; allow more")
        tokens += sum(answer.tokens for answer in batch.values())
        speed = round((tokens - before) / max(time.monotonic() - started, 1e-9), 1)
        report.progress(share(done), f"{done} of {total} {what}", answers=done, tokens_per_second=speed)

    if left:
        backend.answer(left, decoding, take)
    found = {request.key: journal.answers[request.key] for request in requests if request.key in journal.answers}
    return found, backend.environment()
