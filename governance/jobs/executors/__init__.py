"""What runs attempts. An executor is told what to do and observed; it never decides anything."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from governance.models import Attempt


class Seen(str, Enum):
    """What an executor can say of an attempt. UNREACHABLE never changes any state."""

    ABSENT = "absent"
    PENDING = "pending"
    ALIVE = "alive"
    EXITED = "exited"
    VANISHED = "vanished"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Observation:
    """What was seen; `code` is the exit code of an EXITED one."""

    seen: Seen
    code: int | None = None


class Executor(Protocol):
    """A place where runners run."""

    def submit(self, attempt: Attempt, secret: str) -> None:
        """Start a runner for the attempt, with the journal an earlier one left; a second call starts none."""
        ...

    def observe(self, attempt: Attempt) -> Observation:
        """Say what there is to see."""
        ...

    def stop(self, attempt: Attempt) -> None:
        """Ask the runner to end, then end it."""
        ...

    def logs(self, attempt: Attempt, offset: int) -> str:
        """Return what the runner printed from a byte offset on."""
        ...

    def list_owned(self) -> list[str]:
        """Return the ids of the attempts it still keeps private files of."""
        ...

    def forget(self, attempt: Attempt) -> None:
        """Delete the private files of an attempt that has ended; what it printed stays.

        A journal in its work directory goes to the next attempt of the same job, if there is one.
        """
        ...


def executor() -> Executor:
    """Return the configured executor."""
    from governance.jobs.executors.local import LocalExecutor

    return LocalExecutor()
