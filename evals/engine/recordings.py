"""Answers that another system recorded, as JSON Lines: what a line says, and whether every case has its answer.

That a file holds an answer proves that the answer was graded, not that any model gave it.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from evals.engine.cases import CasesInvalid, read_lines
from evals.engine.fields import Amount, Body, CaseId, Digest

Key = tuple[str, int]
MAX_NAMED = 3


class RecordedAnswer(Body):
    """One line: what was answered to case `id` the `repeat`-th time, and, where known, what that took.

    `prompt` is the digest of the chat that was sent. Where a line says nothing of tokens, they count as none. An answer
    that never came is a line with an empty `output` and `finished` false.
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


def read_recording(name: str, path: Path) -> dict[Key, RecordedAnswer]:
    """Return the answers of the file at `path` by case and repeat; `name` is what errors call the file.

    Raises:
        CasesInvalid: a line is no recorded answer, or says one answer twice.
    """
    found: dict[Key, RecordedAnswer] = {}
    for number, line in enumerate(read_lines(name, path, RecordedAnswer), start=1):
        if (line.id, line.repeat) in found:
            raise CasesInvalid(
                name, number, f"the answer to {line.id!r}, repeat {line.repeat}, is recorded twice; keep one"
            )
        found[line.id, line.repeat] = line
    return found


def check_complete(name: str, found: Mapping[Key, RecordedAnswer], cases: Collection[str], repeats: int) -> None:
    """Check that a recording answers every case as often as it is asked, and nothing else.

    Raises:
        CasesInvalid: an answer is to nothing that is asked, or one is missing.
    """
    wanted = {(case, repeat) for case in cases for repeat in range(1, repeats + 1)}
    if strange := sorted(found.keys() - wanted):
        raise CasesInvalid(
            name, 0, f"{_counted(strange)} to nothing that is asked ({_named(strange)}); take them out of the file"
        )
    if missing := sorted(wanted - found.keys()):
        raise CasesInvalid(
            name, 0, f"{_counted(missing)} missing ({_named(missing)}); an answer that never came is a line with an "
            "empty output and finished false"
        )  # fmt: skip


def _counted(keys: list[Key]) -> str:
    return "1 answer is" if len(keys) == 1 else f"{len(keys):,} answers are"


def _named(keys: list[Key]) -> str:
    more = f" and {len(keys) - MAX_NAMED:,} more" if len(keys) > MAX_NAMED else ""
    return ", ".join(f"{case!r}, repeat {repeat}" for case, repeat in keys[:MAX_NAMED]) + more
