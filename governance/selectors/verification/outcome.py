"""What a verification of the database says: the problems with their places, counted and kept up to a limit."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from governance.proof.outcome import DOES_NOT_HOLD, HOLDS

KEPT = 100  # problems shown per check: a rewritten ledger would otherwise name every entry


@dataclass(frozen=True)
class Problem:
    """Something that does not hold: where, and what was found and expected there."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


@dataclass
class Tally:
    """One check: how many things it looked at, and what it found wrong with them."""

    name: str
    what: str
    looked_at: int = 0
    problems: list[Problem] = field(default_factory=list)
    count: int = 0
    note: str = ""

    def add(self, problems: Iterable[Problem]) -> None:
        """Count the problems and keep the first of them."""
        for problem in problems:
            self.count += 1
            if len(self.problems) < KEPT:
                self.problems.append(problem)

    @property
    def holds(self) -> bool:
        """True when nothing was found wrong."""
        return not self.count

    @property
    def detail(self) -> str:
        """The check in a line."""
        line = f"{self.looked_at:,} {self.what}"
        if self.count:
            line += f", {self.count:,} problem{'s' if self.count > 1 else ''}"
        return f"{line}; {self.note}" if self.note else line

    def as_dict(self) -> dict[str, Any]:
        """Return the check for JSON."""
        return {
            "name": self.name,
            "ok": self.holds,
            "detail": self.detail,
            "problems": [{"place": p.place, "problem": p.text} for p in self.problems],
            "count": self.count,
        }


@dataclass(frozen=True)
class LedgerVerification:
    """The outcome: the size and root that were verified, every check, and the seconds it took."""

    size: int
    root: str
    fingerprint: str
    checks: tuple[Tally, ...]
    seconds: float

    @property
    def code(self) -> int:
        """0 when all holds, 1 when something does not."""
        return HOLDS if all(check.holds for check in self.checks) else DOES_NOT_HOLD

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome for JSON."""
        return {
            "code": self.code,
            "size": self.size,
            "root": self.root,
            "root_fingerprint": self.fingerprint,
            "seconds": round(self.seconds, 3),
            "checks": [check.as_dict() for check in self.checks],
        }


def differences(place: str, pairs: Mapping[str, tuple[Any, Any]]) -> Iterator[Problem]:
    """Yield a problem for each name whose (found, expected) differ."""
    for name, (found, expected) in pairs.items():
        if found != expected:
            yield Problem(place, f"{name}: found {found!r}, expected {expected!r}")
