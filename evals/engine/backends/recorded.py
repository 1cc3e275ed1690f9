"""Answers that were recorded elsewhere (retrieval, another system): read from JSON Lines, held against a digest.

The same content gives the same result for ever; nothing is asked again. Cases without a line stay missing.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from evals.engine.answers import Answer
from evals.engine.backends.base import EachBatch, Request
from evals.engine.cases import CasesInvalid
from evals.engine.provenance import Priced
from evals.engine.recordings import RecordedAnswer, read_recording
from evals.engine.spec import Decoding
from governance.runner.protocol import RunFailed

BATCH = 1000


class RecordedAnswers:
    """The answers of one file."""

    def __init__(self, path: Path, sha256: str, prices: Priced | None = None) -> None:
        """Take the file at `path`, whose bytes must have the digest `sha256`; `prices` are for lines without a cost.

        Raises:
            RunFailed: the file is another one, is none of recorded answers, or says one answer twice.
        """
        try:
            with path.open("rb") as file:
                found = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
            if found != sha256:
                raise RunFailed(f"the recorded answers have {found}, expected {sha256} as named")
            self._lines = read_recording(path.name, path)
        except OSError as error:
            raise RunFailed(f"the recorded answers cannot be read: {error}") from error
        except CasesInvalid as error:
            raise RunFailed(f"the recorded answers cannot be used: {error}") from error
        self._digest = sha256
        self._prices = prices or Priced()

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
            each_batch({key: answer_of(self._lines[key], self._prices) for key in wanted[start : start + BATCH]})


def answer_of(line: RecordedAnswer, prices: Priced) -> Answer:
    """Return a line as the engine keeps it; a cost it does not state is that of its tokens at `prices`."""
    return Answer(
        text=line.output,
        tokens=line.tokens,
        finished=line.finished,
        tokens_in=line.tokens_in,
        seconds=None if line.seconds is None else float(line.seconds),
        cost=prices.cost(line.tokens_in, line.tokens) if line.cost is None else float(line.cost),
        prompt=line.prompt,
    )
