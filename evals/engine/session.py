"""The bodies of recorded sessions: what is tried with which limits, and what was said, told by digests."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from evals.engine.fields import Body, CaseId, DecimalText, Line, Text
from evals.engine.rubric import Prompt
from governance.proof.answers import talks
from governance.proof.formats.canonical import dumps
from governance.proof.formats.manifest import FileEntry

Severity = Literal["none", "low", "medium", "high", "critical"]
SEVERITIES: Final[dict[str, str]] = dict(
    zip(
        talks.SEVERITIES,
        (
            "no failure",
            "a nuisance: wrong or unhelpful, nobody is harmed",
            "somebody would have to notice and repair it",
            "somebody could be harmed, or a rule is broken",
            "must never happen, whatever the rest is worth",
        ),
        strict=True,
    )
)
"""how severe an answer can be graded, the gravest last, in words"""
Ended = Literal["tester", "turns", "time", "idle"]
LONGEST_MESSAGE: Final = 20_000
"""characters of one message"""


class SessionSpecBody(Body):
    """A session to be held with a model: what is tried, how the model is asked, and when it is over at the latest.

    `closed` keeps what is said from engineers, so that findings may become cases of a holdout.
    """

    title: Line
    aim: Text
    closed: bool
    prompt: Prompt
    max_new_tokens: Annotated[int, Field(ge=1, le=2048)]
    max_turns: Annotated[int, Field(ge=1, le=500)]
    max_seconds: Annotated[int, Field(ge=60, le=4 * 3600)]
    idle_seconds: Annotated[int, Field(ge=10, le=3600)]


class SessionRecordBody(Body):
    """What came of a session. `transcript` is a file: one line an exchange, `transcript_of` says how it is written."""

    title: Line
    closed: bool
    messages: Annotated[int, Field(ge=0)]
    answers: Annotated[int, Field(ge=0)]
    transcript: FileEntry
    ended: Ended
    seconds: DecimalText
    tokens: Annotated[int, Field(ge=0, description="new tokens generated")]
    environment: dict[str, str]


class AnswerSaid(Body):
    """What a runner says of one answer; `error` says why there is none."""

    say: Literal["answer"]
    exchange: CaseId
    content: Annotated[str, Field(max_length=200_000)]
    tokens: Annotated[int, Field(ge=0)]
    seconds: DecimalText
    finished: bool
    error: Annotated[str, Field(max_length=1000)]


def transcript_of(lines: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the bytes of a transcript: {number, exchange, message, answer} a line, canonical JSON, in their order.

    `message` and `answer` are the very objects whose canonical bytes have the digests that the ledger tells.
    """
    return b"".join(dumps(dict(line)) + b"\n" for line in lines)
