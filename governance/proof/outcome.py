"""What a verification says: one line for each thing checked, and an exit code."""

from collections.abc import Iterable
from dataclasses import dataclass

HOLDS, DOES_NOT_HOLD, COULD_NOT_CHECK = 0, 1, 2


@dataclass(frozen=True)
class CheckLine:
    """One thing checked: `ok` True holds, False does not hold, None cannot be shown by the file alone."""

    name: str
    ok: bool | None
    detail: str


@dataclass(frozen=True)
class Verification:
    """The outcome: `code` is the exit code (0 all holds, 1 something does not hold, 2 could not check)."""

    code: int
    checks: list[CheckLine]

    @classmethod
    def of(cls, checks: list[CheckLine]) -> "Verification":
        """Return the outcome of checks that could all be made."""
        return cls(DOES_NOT_HOLD if any(check.ok is False for check in checks) else HOLDS, checks)

    @classmethod
    def impossible(cls, name: str, detail: str) -> "Verification":
        """Return the outcome of a check that could not be made at all."""
        return cls(COULD_NOT_CHECK, [CheckLine(name, None, detail)])


def lines(name: str, problems: Iterable[str], holds: str) -> list[CheckLine]:
    """Return a failing line for each problem, or one line saying what holds when there is none."""
    return [CheckLine(name, False, problem) for problem in problems] or [CheckLine(name, True, holds)]
