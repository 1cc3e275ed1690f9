"""Answers that were recorded elsewhere (retrieval, another system): read from JSON Lines, held against a digest.

The same content gives the same result for ever; nothing is asked again. Cases without a line stay missing.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from evals.engine.answers import Answer
from evals.engine.backends.base import EachBatch, Key, Request
from evals.engine.cases import CasesInvalid, read_lines
from evals.engine.fields import Amount, Body, CaseId, Digest
from evals.engine.spec import Decoding
from governance.runner.protocol import RunFailed

BATCH = 1000


class RecordedAnswer(Body):
    """One line: what was answered to case `id` the `repeat`-th time, and, where known, what that took.

    `prompt` is the digest of the chat that was sent. Where a line says nothing of tokens, they count as none.
    """

    id: CaseId
    repeat: Annotated[int, Field(ge=1)] = 1
    output: Annotated[str, Field(max_length=1_000_000)]
    prompt: Digest | None = None
    tokens_in: Annotated[int, Field(ge=0)] = 0
    tokens: Annotated[int, Field(ge=0)] = 0
    seconds: Amount | None = None
    cost: Amount | None = None
    finished: bool = True


class RecordedAnswers:
    """The answers of one file."""

    def __init__(self, path: Path, sha256: str) -> None:
        """Take the file at `path`, whose bytes must have the digest `sha256`.

        Raises:
            RunFailed: the file is another one, is none of recorded answers, or says one answer twice.
        """
        try:
            with path.open("rb") as file:
                found = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
            if found != sha256:
                raise RunFailed(f"the recorded answers have {found}, expected {sha256} as named")
            lines = read_lines(path.name, path, RecordedAnswer)
        except OSError as error:
            raise RunFailed(f"the recorded answers cannot be read: {error}") from error
        except CasesInvalid as error:
            raise RunFailed(f"the recorded answers cannot be used: {error}") from error
        self._digest = sha256
        self._lines: dict[Key, RecordedAnswer] = {}
        for line in lines:
            if (line.id, line.repeat) in self._lines:
                raise RunFailed(f"the answer to {line.id!r}, repeat {line.repeat}, is recorded twice; keep one")
            self._lines[line.id, line.repeat] = line

    def environment(self) -> dict[str, str]:
        """Return which file it was."""
        return {"recorded": self._digest}

    def answer(self, requests: Sequence[Request], decoding: Decoding, each_batch: EachBatch) -> None:
        """Hand over the recorded answers to `requests`; see `Backend`.

        Raises:
            RunFailed: the file holds an answer that nobody asked for.
        """
        wanted = [request.key for request in requests if request.key in self._lines]
        asked = {request.case for request in requests}
        strange = sorted(key for key in self._lines if key[0] not in asked or key[1] > decoding.repeats)
        if strange:
            case, repeat = strange[0]
            raise RunFailed(f"{len(strange)} recorded answers are to nothing that is asked, first {case!r}, {repeat}")
        for start in range(0, len(wanted), BATCH):
            each_batch({key: _answer(self._lines[key]) for key in wanted[start : start + BATCH]})


def _answer(line: RecordedAnswer) -> Answer:
    return Answer(
        text=line.output,
        tokens=line.tokens,
        finished=line.finished,
        tokens_in=line.tokens_in,
        seconds=None if line.seconds is None else float(line.seconds),
        cost=None if line.cost is None else float(line.cost),
        prompt=line.prompt,
    )
