"""The lines of outputs.jsonl as they are written: read by whoever needs the texts, without a library that grades."""

from io import BytesIO
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from evals.engine.cases import strict_json
from evals.engine.fields import Amount, Body, CaseId, Count, Digest


class OutputsInvalid(ValueError):
    """The outputs of an evaluation are not what the engine writes for these cases under this rubric."""


class JudgeReply(Body):
    """What a judge said to one prompt about an answer: its text as it came, and the score that was read in it.

    `prompt` is the digest of the chat that the judge was sent. `unparsed`: it replied without a score of the scale;
    `unasked`: it could not be given the prompt (too long for it, or with a control token of its own). Either counts
    as a criterion that is not met.
    """

    prompt: Digest
    state: Literal["scored", "unparsed", "unasked"]
    reply: str | None
    finished: bool
    score: int | None


class Output(Body):
    """One line: what the model answered to case `id` the `repeat`-th time, what that took, and its grades.

    `prompt` is the digest of the chat that was sent; `finished` says whether the model ended the answer itself rather
    than running into the limit of tokens; `replies` are what judges said, by criterion.
    """

    id: CaseId
    repeat: Annotated[int, Field(ge=1)]
    prompt: Digest
    output: str
    tokens_in: Count
    tokens: Count
    seconds: Amount | None
    cost: Amount | None
    finished: bool
    parsed: bool
    passed: bool
    grades: dict[str, dict[str, Any]]
    replies: dict[str, list[JudgeReply]] = {}


def parse_outputs(data: bytes) -> list[Output]:
    """Return the lines as they are, not held against anything.

    Raises:
        OutputsInvalid: a line is not one that the engine writes.
    """
    found = []
    for number, line in enumerate(BytesIO(data), start=1):  # one at a time: there may be a hundred thousand
        try:
            found.append(Output.model_validate(strict_json(line.decode("utf-8"))))
        except (ValidationError, ValueError) as error:
            raise OutputsInvalid(f"line {number} of the outputs cannot be read: {error}") from None
    return found
