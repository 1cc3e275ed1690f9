"""What a verification of the database says: the problems with their places, counted and kept up to a limit."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from governance.proof.checks.outcome import DOES_NOT_HOLD, HOLDS

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
    """One check: how many things it looked at, and what it found wrong with them.

    `found` names what it also counts (`seen`); `compromised` counts what was signed with a key declared compromised by
    then. `remarks` are no faults, but people should look at them.
    """

    name: str
    what: str
    looked_at: int = 0
    problems: list[Problem] = field(default_factory=list)
    count: int = 0
    note: str = ""
    found: str = ""
    seen: int = 0
    compromised: int = 0
    remarks: list[Problem] = field(default_factory=list)

    def join(self, other: "Tally") -> None:
        """Take over what another tally of the same check counted and found."""
        self.looked_at += other.looked_at
        self.seen += other.seen
        self.compromised += other.compromised
        self.count += other.count
        self.problems += other.problems[: KEPT - len(self.problems)]
        self.remarks += other.remarks[: KEPT - len(self.remarks)]
        self.note = self.note or other.note

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
        if self.found:
            line += f"; {self.seen:,} {self.found}"
        if self.compromised:
            line += f"; {self.compromised:,} of them with a key declared compromised by then: they count nowhere"
        if self.remarks:
            line += f"; {len(self.remarks):,} remark{'s' if len(self.remarks) > 1 else ''}"
        return f"{line}; {self.note}" if self.note else line

    def as_dict(self) -> dict[str, Any]:
        """Return the check for JSON."""
        return {
            "name": self.name,
            "ok": self.holds,
            "detail": self.detail,
            "problems": [{"place": p.place, "problem": p.text} for p in self.problems],
            "count": self.count,
            "remarks": [{"place": p.place, "remark": p.text} for p in self.remarks],
        }


@dataclass(frozen=True)
class LedgerVerification:
    """The outcome: the size and root that were verified, every check, and the seconds it took.

    Entries before `since` were not read again.
    """

    size: int
    since: int
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
            "since": self.since,
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
