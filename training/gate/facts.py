"""Facts that the gate of a training run and what gathers them share."""

from dataclasses import dataclass

from evals.checks import Signed


@dataclass(frozen=True)
class QualityFacts:
    """The quality report of a run. `mismatch` is empty, or says which data or cases it is about instead."""

    title: str
    status: str
    failed: tuple[str, ...]
    leaks: tuple[str, ...]
    mismatch: str


@dataclass(frozen=True)
class Exceeded:
    """A bound of a standing approval that a run does not keep."""

    bound: str
    found: str
    expected: str


@dataclass(frozen=True)
class ApprovalFacts:
    """The standing approval a run names. `use` is the number that this run's use of it has."""

    signed: Signed
    exceeded: tuple[Exceeded, ...]
    use: int
    max_runs: int

    @property
    def covers(self) -> bool:
        """True when the run lies inside every bound of an approval in force."""
        return self.signed.standing.ok and not self.exceeded
