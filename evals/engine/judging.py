"""Asking the rubric's judges about the answers of an evaluation.

A judge is asked after all answers are there, prompt by prompt; the same prompt is asked once, whoever gave the answer,
and its reply is named by the digest of what was sent. What a judge said is kept with the answer it is about, so that
grades are read from it again whenever the outputs are judged.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from evals.engine.answers import Answer, prompt_digest
from evals.engine.asking import ask
from evals.engine.backends.base import Backend, Chat, EachBatch, Request
from evals.engine.graders.base import Key
from evals.engine.grading import Grading
from evals.engine.journal import Journal
from evals.engine.output_lines import JudgeReply
from evals.engine.rubric import Judge
from evals.engine.spec import Case, Decoding
from governance.runner.protocol import Reporter, RunFailed

if TYPE_CHECKING:
    from evals.engine.backends.local_model import LocalModel

Said = Mapping[Key, Mapping[str, Sequence[JudgeReply]]]
"""What judges said, by answer and criterion."""


def texts_of(said: Said) -> dict[Key, dict[str, list[str | None]]]:
    """Return the texts of what judges said, as they are graded."""
    return {key: {name: [one.reply for one in each] for name, each in heard.items()} for key, heard in said.items()}


class Ready(Protocol):
    """Makes the backend of a judge ready."""

    def __call__(self, judge: Judge) -> Backend:
        """Return it. Raises RunFailed when it cannot be used."""
        ...


def judge_chat(prompt: str) -> list[dict[str, str]]:
    """Return the chat that a judge is sent."""
    return [{"role": "user", "content": prompt}]


def judge_decoding(judge: Judge, batch_size: int) -> Decoding:
    """Return how a judge generates its replies: greedily at the temperature "0", else drawn by its seed."""
    drawn = Decimal(judge.parameters.temperature) > 0
    return Decoding(
        max_new_tokens=judge.parameters.max_new_tokens,
        do_sample=drawn,
        temperature=judge.parameters.temperature if drawn else None,
        seed=judge.parameters.seed if drawn else None,
        batch_size=batch_size,
        precision="fp32",
    )


class Fitting:
    """A model on this machine that is given only the chats it can be given; the others get no answer.

    What one answer says must not end the evaluation of all of them.
    """

    def __init__(self, model: "LocalModel") -> None:
        self._model = model

    def answer(self, requests: Sequence[Request], decoding: Decoding, each_batch: EachBatch) -> None:
        """Answer the requests that fit; see `Backend`."""
        self._model.answer([one for one in requests if self._model.fits(one, decoding)], decoding, each_batch)

    def environment(self) -> dict[str, str]:
        """Return device and threads."""
        return self._model.environment()


def ask_judges(
    grading: Grading,
    cases: Iterable[Case],
    texts: Mapping[Key, str],
    ready: Ready,
    journal: Callable[[str], Journal],
    report: Reporter,
    deadline: float,
    part: tuple[float, float],
) -> tuple[Said, dict[str, str]]:
    """Return what the judges said about the answers `texts`, and what is to be kept of how they were asked.

    `journal` opens the journal of a name; replies that it holds are not asked for again. Without a criterion for a
    judge nothing is asked.

    Raises:
        RunFailed: a judge cannot be used or kept failing, or the attempt was stopped or its time is over.
    """
    known = {case.id: case for case in cases}
    wanted = {key: grading.questions(known[key[0]], text) for key, text in texts.items()}
    chats: dict[str, dict[str, Chat]] = {}
    named: dict[str, str] = {}  # prompt → its digest
    for asked in wanted.values():
        for judge, prompts in asked.values():
            for prompt in prompts:
                chat = judge_chat(prompt)
                digest = named.setdefault(prompt, prompt_digest(chat))
                chats.setdefault(judge, {})[digest] = chat
    replies: dict[str, Mapping[Key, Answer]] = {}
    environment: dict[str, str] = {}
    for number, (name, asked_of) in enumerate(sorted(chats.items()), start=1):
        judge_ = grading.rubric.judges[name]
        width = (part[1] - part[0]) / len(chats)
        span = (part[0] + width * (number - 1), part[0] + width * number)
        requests = [Request(digest, 1, chat) for digest, chat in asked_of.items()]
        decoding = judge_decoding(judge_, grading.rubric.decoding.batch_size)
        with journal(f"judge-{number}.jsonl") as kept:
            try:
                replies[name], _ = ask(
                    _starter(ready, judge_), requests, decoding, kept, report, deadline,
                    what=f"replies of the judge {name}", part=span,
                )  # fmt: skip
            except RunFailed as problem:
                raise RunFailed(f"judge {name!r}: {problem.reason}") from None
        environment[f"judge {name}"] = _took(judge_, len(requests), list(replies[name].values()))
    said = {
        key: {
            name: [_reply(grading, name, named[prompt], replies[judge]) for prompt in prompts]
            for name, (judge, prompts) in asked.items()
        }
        for key, asked in wanted.items()
        if asked
    }
    return said, environment


def _took(judge: Judge, prompts: int, replies: Sequence[Answer]) -> str:
    """Return what a judge took, in words; a result's own cost is of the answers alone."""
    read, written = sum(one.tokens_in for one in replies), sum(one.tokens for one in replies)
    priced = judge.price_in is not None
    money = f"{sum(one.cost or 0 for one in replies):.6f} US dollars" if priced else "no price named"
    return f"{prompts} prompts, {len(replies)} replies, {read} tokens read, {written} written, {money}"


def _starter(ready: Ready, judge: Judge) -> Callable[[], Backend]:
    return lambda: ready(judge)


def _reply(grading: Grading, criterion: str, digest: str, replies: Mapping[Key, Answer]) -> JudgeReply:
    found = replies.get((digest, 1))
    if found is None:
        return JudgeReply(prompt=digest, state="unasked", reply=None, finished=False, score=None)
    score = grading.score_in(criterion, found.text)
    return JudgeReply(
        prompt=digest,
        state="unparsed" if score is None else "scored",
        reply=found.text,
        finished=found.finished,
        score=score,
    )


def judge_backend(inputs: Path, judge: Judge) -> Backend:
    """Return what answers for a judge: its endpoint, or its files among the inputs.

    Raises:
        RunFailed: it cannot be used.
    """
    if (endpoint := judge.reached) is not None:
        from evals.engine.backends.http import HttpModel

        return HttpModel(endpoint)
    from evals.engine.backends.loading import quieten
    from evals.engine.backends.local_model import LocalModel

    quieten()
    folder = inputs / judge.folder
    adapter = folder / "adapter"
    decoding = judge_decoding(judge, 1)
    return Fitting(LocalModel.load(folder / "base", adapter if adapter.is_dir() else None, decoding))
