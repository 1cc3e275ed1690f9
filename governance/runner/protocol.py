"""What a purpose's entry point is given, and what it gives back.

An entry point is `run(work, permit, report) -> Outcome`. Before it is called the runner has verified and consumed the
permit and put every input, hashed while copied, at `work/"inputs"/<input.name>`. Outputs go to `work/"outputs"`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from governance.proof.formats.permit import Permit


class RunFailed(Exception):
    """The work ended cleanly without a result; `reason` is shown to the person who launched it.

    `again` says that nothing is wrong with the work itself: another attempt may go on from the journal of this one.
    """

    def __init__(self, reason: str, *, again: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again


def blotted(text: str, keys: Mapping[str, str]) -> str:
    """Return `text` with each value of `keys` (by variable) replaced by the variable's name in parentheses."""
    for name, value in sorted(keys.items(), key=lambda item: -len(item[1])):
        if value:
            text = text.replace(value, f"({name})")
    return text


def backup_variable(name: str) -> str:
    """Return the environment variable in which a runner finds the folder of a backup that its permit names."""
    return f"COUNTERSIGN_BACKUP_{name.upper()}"


class Reporter(Protocol):
    """The entry point's line to the control plane; every call is cheap and none of them raises."""

    def progress(self, done: float, message: str, **figures: float | str) -> None:
        """Say how far the work is: `done` is a share from 0 to 1, `figures` are live values such as the loss."""
        ...

    def log(self, line: str) -> None:
        """Add one line to the attempt's log."""
        ...

    def stopping(self) -> bool:
        """Return True once the attempt has lost its lease or was stopped: finish now, the result will be refused."""
        ...


class Talker(Reporter, Protocol):
    """The line of entry points whose purpose has a `talk`: they also ask, and are answered."""

    def talk(self, said: dict[str, Any]) -> dict[str, Any]:
        """Say something to the control plane's side of the purpose and return its answer.

        Unlike the rest this waits for the network. Its errors are the runner's: an entry point lets them pass.
        """
        ...


@dataclass(frozen=True)
class OutputFile:
    """A file to upload; `name` is its safe relative path in the result's manifest, `path` where it lies now."""

    name: str
    path: Path


@dataclass(frozen=True)
class Outcome:
    """What the work found: `body` has a canonical JSON form (decimals as strings, no floats), `files` the big parts."""

    body: dict[str, Any]
    files: list[OutputFile] = field(default_factory=list)


class EntryPoint(Protocol):
    """The signature every purpose's entry point has; raise `RunFailed` to end without a result."""

    def __call__(self, work: Path, permit: "Permit", report: Reporter) -> Outcome:
        """Do the work the permit allows and return what came of it."""
        ...
