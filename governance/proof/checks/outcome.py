"""What a verification says: one line for each thing checked, and an exit code."""

from collections.abc import Iterable
from dataclasses import dataclass

HOLDS, DOES_NOT_HOLD, COULD_NOT_CHECK, FORKED = 0, 1, 2, 3
TWO_HISTORIES = "two histories"
"""The name of every line which proves that the log signed two histories."""


@dataclass(frozen=True)
class CheckLine:
    """One thing checked: `ok` True holds, False does not hold, None cannot be shown by the file alone."""

    name: str
    ok: bool | None
    detail: str


@dataclass(frozen=True)
class Verification:
    """The outcome: `code` is the exit code.

    0: all holds. 1: something does not. 2: it could not be checked. 3: it is proved that the log signed two histories.
    """

    code: int
    checks: list[CheckLine]

    @classmethod
    def of(cls, checks: list[CheckLine]) -> "Verification":
        """Return the outcome of checks that could all be made."""
        failed = {check.name for check in checks if check.ok is False}
        return cls(FORKED if TWO_HISTORIES in failed else DOES_NOT_HOLD if failed else HOLDS, checks)

    @classmethod
    def impossible(cls, name: str, detail: str) -> "Verification":
        """Return the outcome of a check that could not be made at all."""
        return cls(COULD_NOT_CHECK, [CheckLine(name, None, detail)])


def lines(name: str, problems: Iterable[str], holds: str) -> list[CheckLine]:
    """Return a failing line for each problem, or one line saying what holds when there is none."""
    return [CheckLine(name, False, problem) for problem in problems] or [CheckLine(name, True, holds)]
