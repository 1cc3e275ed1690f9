"""What every backend is asked, and how it hands its answers back. Plain data: no model library is imported here."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from evals.engine.answers import Answer
from evals.engine.spec import Decoding

Chat = Sequence[dict[str, str]]
Key = tuple[str, int]
"""An answer's name: the case's id and the repeat, counted from 1."""
EachBatch = Callable[[Mapping[Key, Answer]], None]


@dataclass(frozen=True)
class Request:
    """One answer that is wanted: to `chat`, for the case `case`, the `repeat`-th time."""

    case: str
    repeat: int
    chat: Chat

    @property
    def key(self) -> Key:
        """The name of the answer."""
        return self.case, self.repeat


class Backend(Protocol):
    """Whatever answers chats."""

    def answer(self, requests: Sequence[Request], decoding: Decoding, each_batch: EachBatch) -> None:
        """Answer the requests as `decoding` says, handing `each_batch` answers as they come, in any order.

        An answer depends on its own request and on `decoding`, not on what else is asked or on how it is batched. What
        `each_batch` raises ends the work. Requests that get no answer stay missing, which counts as failure.

        Raises:
            RunFailed: the requests cannot be answered as `decoding` says.
        """
        ...

    def environment(self) -> dict[str, str]:
        """Return what else the answers depend on (device, threads, server), for the record."""
        ...


def draw(seed: int, key: Key, step: int) -> float:
    """Return the number from 0 up to 1 (exclusive) by which the `step`-th token of an answer is drawn.

    The top 53 bits of SHA-256 over seed, case, repeat and step: the same on every machine, with every library, in
    every batch.
    """
    digest = hashlib.sha256(f"{seed}\n{key[0]}\n{key[1]}\n{step}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53
