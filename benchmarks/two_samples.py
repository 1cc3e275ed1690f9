"""How often holding cases against production tells of a difference that is none, and how often it sees one.

`python -m benchmarks.two_samples` prints the table of docs/statistics.md. As a benchmark the figures are the largest
share of false alarms of each look.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.measurement import Goal, Measurement
from evals.quality import two_samples
from evals.quality.representative import ALPHA, LOOKS

SEED = 20_261_126
SHARE = ALPHA / LOOKS
TRIES = {"mix": 4000, "lengths": 4000, "texts": 200}
FALSE_AT_MOST = 0.03
"""the goal: 1.7 % for each look, and what a table of small counts may add"""
KINDS = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
MOVED = np.array([0.25, 0.3, 0.2, 0.15, 0.1])
"""another mix, w about 0.35 away: 15 % of the cases are of other kinds"""
WORDS = np.array([first + second for first in ("ka", "mo", "ti", "re", "su", "lo") for second in ("ran", "del", "vik")])


@dataclass(frozen=True)
class Row:
    """How often a look told of a difference: where there is none, and where there is the one described."""

    look: str
    setting: str
    false: float
    seen: float
    tries: int


def rows() -> Iterator[Row]:
    """Yield every setting's figures, in the order of the table."""
    for cases, sample in ((100, 1000), (300, 1000), (300, 10_000)):
        yield _row("mix", f"{cases} cases, {sample} rows; 15 % moved", _mix, cases, sample)
    for cases, sample in ((100, 1000), (300, 1000), (300, 10_000)):
        yield _row("lengths", f"{cases} cases, {sample} rows; half as long again", _lengths, cases, sample)
    for cases, sample in ((100, 1000), (300, 1000)):
        yield _row("texts", f"{cases} cases, {sample} rows; one word in twenty another", _texts, cases, sample)


def measure() -> list[Measurement]:
    """Return the largest share of false alarms of each look."""
    worst: dict[str, float] = {}
    for row in rows():
        worst[row.look] = max(row.false, worst.get(row.look, 0.0))
    goal = Goal("value", "<=", FALSE_AT_MOST)
    return [Measurement(f"false alarms, {look}", value, "of tries", goal) for look, value in worst.items()]


def _row(look: str, setting: str, told: Callable[[Any, int, int, bool], bool], cases: int, sample: int) -> Row:
    random, tries = np.random.default_rng(SEED), TRIES[look]
    found = [np.mean([told(random, cases, sample, other) for _ in range(tries)]) for other in (False, True)]
    return Row(look, setting, float(found[0]), float(found[1]), tries)


def _mix(random: Any, cases: int, sample: int, other: bool) -> bool:
    def counts(size: int, shares: Any) -> dict[str, int]:
        return {str(kind): int(count) for kind, count in enumerate(random.multinomial(size, shares))}

    found = two_samples.mix(counts(cases, MOVED if other else KINDS), counts(sample, KINDS), SHARE)
    return found is not None and found.p < SHARE


def _lengths(random: Any, cases: int, sample: int, other: bool) -> bool:
    def drawn(size: int, scale: float) -> list[int]:
        return [int(length) for length in random.lognormal(np.log(120 * scale), 0.8, size)]

    found = two_samples.lengths(drawn(cases, 1.5 if other else 1.0), drawn(sample, 1.0), SHARE)
    return found is not None and found.p < SHARE


def _texts(random: Any, cases: int, sample: int, other: bool) -> bool:
    usual, unusual = WORDS[:12], WORDS[12:]

    def drawn(size: int, strange: bool) -> list[str]:
        words = random.choice(usual, (size, 8))
        if strange:
            words = np.where(random.random(words.shape) < 0.05, random.choice(unusual, words.shape), words)
        return [" ".join(line) for line in words]

    found = two_samples.texts(drawn(cases, other), drawn(sample, False), SHARE, int(random.integers(2**32)))
    return found is not None and found.p < SHARE


def main() -> int:
    """Print the table."""
    print("| Look | Setting | False alarms | Seen | Tries |\n|---|---|---|---|---|")
    for row in rows():
        print(f"| {row.look} | {row.setting} | {row.false:.1%} | {row.seen:.1%} | {row.tries} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
