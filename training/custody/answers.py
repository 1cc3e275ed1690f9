"""The file of a probe's answers: canonical JSON, one answer a line, in the order they were asked for.

{"prompt": name, "repeat": from 1, "text": …, "tokens": new ones, "finished": ended by itself}
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from governance.proof.formats.canonical import NotCanonical, dumps, loads

FILE: Final = "answers.jsonl"
MAX_BYTES: Final = 128 * 1024 * 1024
"""2,500 answers of 2,048 tokens have some 30 MB"""


class AnswersInvalid(Exception):
    """The file is none of answers to these prompts; the text says where and why."""


@dataclass(frozen=True)
class Line:
    """One answer."""

    prompt: str
    repeat: int
    text: str
    tokens: int
    finished: bool


def written(lines: Iterable[Line]) -> bytes:
    """Return the bytes of a file of answers."""
    return b"".join(dumps(asdict(line)) + b"\n" for line in lines)


def read(path: Path, prompts: Sequence[str], repeats: int) -> Mapping[str, list[str]]:
    """Return the answers to each prompt, in the order of the repeats.

    Raises:
        AnswersInvalid: it is too large, a line is none, or an answer is missing, twice there or to something else.
    """
    if (size := path.stat().st_size) > MAX_BYTES:
        raise AnswersInvalid(f"found {size:,} bytes, expected at most {MAX_BYTES:,}")
    found: dict[tuple[str, int], str] = {}
    with path.open("rb") as file:
        for number, content in enumerate(file, start=1):
            line = _line(content, number)
            key = line.prompt, line.repeat
            if line.prompt not in prompts or not 1 <= line.repeat <= repeats or key in found:
                raise AnswersInvalid(f"line {number}: found answer {line.repeat} to {line.prompt!r}, asked for once")
            found[key] = line.text
    if missing := [(prompt, r) for prompt in prompts for r in range(1, repeats + 1) if (prompt, r) not in found]:
        raise AnswersInvalid(f"{len(missing)} answers are missing, first {missing[0][1]} to {missing[0][0]!r}")
    return {prompt: [found[prompt, r] for r in range(1, repeats + 1)] for prompt in prompts}


def _line(content: bytes, number: int) -> Line:
    try:
        said: Any = loads(content.removesuffix(b"\n"))
        line = Line(**said)
        kinds = (line.prompt, str), (line.repeat, int), (line.text, str), (line.tokens, int), (line.finished, bool)
        if any(type(value) is not kind for value, kind in kinds):
            raise TypeError("fields of other types")
    except (NotCanonical, TypeError, ValueError) as problem:
        raise AnswersInvalid(f"line {number}: found no answer ({problem}), expected one as canonical JSON") from None
    return line
