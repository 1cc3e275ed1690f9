"""How often bounds at 5 % are wrong, and how often they show what is true: counted where possible, else simulated.

`python -m benchmarks.estimators` prints the table of docs/statistics.md. As a benchmark the figure is the share of
wrong lower bounds in the least favourable setting of each estimator, and the time and memory that all of them take on
100,000 cases.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.measurement import Goal, Measurement
from evals.engine.bounds import binomial_at_least, wilson_low
from evals.engine.planning.outcomes import difference_at_least, quantile_at_most, share_at_least
from evals.engine.statistics import (
    Calibration,
    Estimate,
    corrected_share,
    f1,
    gap,
    mean,
    mean_compared,
    quantile,
    share,
    share_difference,
    wilson,
)

ALPHA = 0.05
SEED = 20_261_126
CASES = 100_000
WRONG_AT_MOST = 0.08
"""The goal: 5 %, and what small samples and 1,000 tries may add to it."""


@dataclass(frozen=True)
class Size:
    """How often a bound claimed too much in one setting.

    `wrong` is the share of tries in which the lower bound lay above the truth, `plain` the same for the method that
    ignores what makes the setting hard, `shown` how often a claim that is true by a stated distance was shown; each
    None where it was not asked. `tries` is 0 where the probability was counted instead of simulated.
    """

    estimator: str
    setting: str
    wrong: float
    plain: float | None
    shown: float | None
    tries: int


def sizes() -> Iterator[Size]:
    """Yield every setting's figures, in the order of the table."""
    yield from _shares()
    yield from _clustered()
    yield from _weighted()
    yield from _paired()
    yield from _bootstrapped()
    yield from _quantiles()
    yield from _gaps()
    yield from _judged()


def measure() -> list[Measurement]:
    """Return the worst size of each estimator, and the time and memory of all on 100,000 cases."""
    worst: dict[str, float] = {}
    for one in sizes():
        worst[one.estimator] = max(one.wrong, worst.get(one.estimator, 0.0))
    goal = Goal("value", "<=", WRONG_AT_MOST)
    wrong = [Measurement(f"wrong bounds at 5 %, {name}", value, "of tries", goal) for name, value in worst.items()]
    seconds = _seconds_on_many()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux reports KiB
    return [
        *wrong,
        Measurement(f"every estimator on {CASES:,} cases", seconds, "s", Goal("value", "<=", 60)),
        Measurement(f"memory for every estimator on {CASES:,} cases", peak, "MB", Goal("value", "<=", 1_000)),
    ]


def _shares() -> Iterator[Size]:
    for n, limit in ((100, 0.9), (300, 0.9), (300, 0.97), (1_000, 0.95)):
        at_limit, above = (share_at_least(limit, true, n, ALPHA).passes for true in (limit, limit + (1 - limit) / 2))
        plain = binomial_at_least(int(np.ceil(limit * n - 1e-9)), n, limit)
        yield Size("Wilson, share", f"n = {n}, limit {limit}", at_limit, plain, above, 0)


def _clustered() -> Iterator[Size]:
    rng = np.random.default_rng(SEED)
    for clusters, correlation in ((40, 0.0), (40, 0.4), (100, 0.1), (100, 0.4), (300, 0.4)):
        codes = np.repeat(np.arange(clusters), 5)

        def tried(true: float, codes: NDArray[np.int64] = codes, r: float = correlation) -> tuple[bool, bool]:
            right = _together(rng, codes, true, r)
            low = share(right, ALPHA, clusters=codes).low or 0.0
            return low > 0.9, (wilson(int(right.sum()), right.size, ALPHA).low or 0.0) > 0.9

        wrong, plain = _rates(lambda: tried(0.9), 1_000)
        shown, _ = _rates(lambda: tried(0.95), 500)
        setting = f"{clusters} clusters of 5, correlation {correlation}, limit 0.9"
        yield Size("Wilson, clustered share", setting, wrong, plain, shown, 1_000)


def _weighted() -> Iterator[Size]:
    rng = np.random.default_rng(SEED)
    for n in (100, 400):
        weights = np.where(np.arange(n) % 4 == 0, 5.0, 1.0)

        def tried(true: float, weights: NDArray[np.float64] = weights) -> tuple[bool, bool]:
            right = rng.random(weights.size) < true
            found = share(right, ALPHA, weights=weights)
            return (found.low or 0.0) > 0.9, wilson_low(found.value, weights.size, ALPHA) > 0.9

        wrong, plain = _rates(lambda: tried(0.9), 2_000)
        shown, _ = _rates(lambda: tried(0.95), 500)
        yield Size("Wilson, weighted share", f"n = {n}, a quarter weighs 5, limit 0.9", wrong, plain, shown, 2_000)


def _paired() -> Iterator[Size]:
    for n, margin in ((250, 0.05), (700, 0.03)):
        found, equal = (
            difference_at_least(-margin, 0.05 - d / 2, 0.05 + d / 2, n, ALPHA).passes for d in (margin, 0.0)
        )
        yield Size("Tango, paired difference", f"n = {n}, margin {margin}, 10 % discordant", found, None, equal, 0)
    rng = np.random.default_rng(SEED)
    for clusters in (60, 150):
        codes = np.repeat(np.arange(clusters), 4)

        def tried(lost: float, codes: NDArray[np.int64] = codes) -> tuple[bool, bool]:
            signs = _drawn_together(rng, codes, 0.05, lost)
            new, old = signs >= 0, signs <= 0
            ours = share_difference(new, old, ALPHA, clusters=codes).low or 0.0
            return ours > -0.05, (share_difference(new, old, ALPHA).low or 0.0) > -0.05

        wrong, plain = _rates(lambda: tried(0.10), 1_000)
        shown, _ = _rates(lambda: tried(0.05), 500)
        setting = f"{clusters} clusters of 4, half of them as one, margin 0.05"
        yield Size("Tango, clustered difference", setting, wrong, plain, shown, 1_000)


def _bootstrapped() -> Iterator[Size]:
    rng = np.random.default_rng(SEED)
    for n in (50, 200):
        wrong, _ = _rates(lambda n=n: _above(mean(rng.beta(8, 2, n), ALPHA, within=(0, 1)), 0.8), 500)  # type: ignore[misc]
        yield Size("BCa, mean score", f"n = {n}, skewed scores", wrong, None, None, 500)
    codes = np.repeat(np.arange(60), 4)

    def clustered() -> tuple[bool, bool]:
        scores = np.repeat(rng.beta(8, 2, 60), 4)
        return _above(mean(scores, ALPHA, clusters=codes), 0.8)[0], _above(mean(scores, ALPHA), 0.8)[0]

    wrong, plain = _rates(clustered, 300)
    yield Size("BCa, clustered mean", "60 clusters of 4 equal scores", wrong, plain, None, 300)

    def relative() -> tuple[bool, bool]:
        old = rng.random(300) < 0.7
        new = np.where(old, rng.random(300) < 0.95, rng.random(300) < 0.4)
        found = mean_compared(new, old, ALPHA, "ratio")
        return _above(found, (0.7 * 0.95 + 0.3 * 0.4) / 0.7) if found else (False, False)

    yield Size(
        "BCa, ratio to the baseline", "n = 300, 0.7 against 0.785", _rates(relative, 1_000)[0], None, None, 1_000
    )
    yield Size(
        "BCa, macro F1", "n = 300, 5 labels, accuracy 0.8", _rates(lambda: _macro(rng, 300), 500)[0], None, None, 500
    )


def _macro(rng: np.random.Generator, n: int) -> tuple[bool, bool]:
    targets = rng.integers(0, 5, n)
    answers = np.where(rng.random(n) < 0.75, targets, rng.integers(0, 5, n))
    return _above(f1(targets, answers, range(5), ALPHA), 0.8)


def _quantiles() -> Iterator[Size]:
    for n in (60, 300):
        found, shown = (quantile_at_most(0.95, within, n, ALPHA).passes for within in (0.95, 0.99))
        yield Size("order statistics, p95", f"n = {n}", found, None, shown, 0)


def _gaps() -> Iterator[Size]:
    rng = np.random.default_rng(SEED)
    for n, m in ((100, 40), (300, 100)):

        def tried(second: float, n: int = n, m: int = m) -> tuple[bool, bool]:
            groups = (wilson(int(rng.binomial(size, p)), size, ALPHA) for size, p in ((n, 0.9), (m, second)))
            return (gap(*groups).high or 1.0) < 0.1, False

        setting = f"{n} and {m} cases, limit 0.1"
        yield Size(
            "Newcombe, gap",
            setting,
            _rates(lambda: tried(0.8), 4_000)[0],
            None,
            _rates(lambda: tried(0.9), 1_000)[0],
            4_000,
        )


def _judged() -> Iterator[Size]:
    rng = np.random.default_rng(SEED)
    for calibrated, true in ((60, 0.9), (200, 0.9), (200, 0.7)):

        def tried(size: int = calibrated, true: float = true) -> tuple[bool, bool]:
            found = Calibration(int(rng.binomial(size, 0.95)), size, int(rng.binomial(size, 0.75)), size)
            called = int(rng.binomial(500, true * 0.95 + (1 - true) * 0.25))
            return _above(corrected_share(called, 500, found, ALPHA), true)[0], _above(
                wilson(called, 500, ALPHA), true
            )[0]

        wrong, plain = _rates(tried, 4_000)
        setting = f"500 judged, {calibrated} good and {calibrated} bad calibrated, true share {true}"
        yield Size("Lang-Reiczigel, judged share", setting, wrong, plain, None, 4_000)


def _together(rng: np.random.Generator, codes: NDArray[np.int64], true: float, correlation: float) -> NDArray[np.bool_]:
    """Return outcomes of mean `true` whose pairs within clusters have that correlation (beta-binomial)."""
    clusters = int(codes.max()) + 1
    scale = (1 - correlation) / correlation if correlation else 0.0
    chances = rng.beta(true * scale, (1 - true) * scale, clusters) if correlation else np.full(clusters, true)
    return np.asarray(rng.random(codes.size) < chances[codes])


def _drawn_together(
    rng: np.random.Generator, codes: NDArray[np.int64], gained: float, lost: float
) -> NDArray[np.int64]:
    """Return -1, 0 or 1 per case; in half of the clusters all cases have the same."""

    def drawn(size: int) -> NDArray[np.int64]:
        return np.asarray(rng.choice([1, -1, 0], p=[gained, lost, 1 - gained - lost], size=size))

    clusters = int(codes.max()) + 1
    shared = rng.random(clusters) < 0.5
    return np.where(shared[codes], drawn(clusters)[codes], drawn(codes.size))


def _above(found: Estimate, true: float) -> tuple[bool, bool]:
    return found.low is not None and found.low > true, False


def _rates(tried: Callable[[], tuple[bool, bool]], tries: int) -> tuple[float, float]:
    found = np.array([tried() for _ in range(tries)], dtype=float)
    return float(found[:, 0].mean()), float(found[:, 1].mean())


def _seconds_on_many() -> float:
    rng = np.random.default_rng(SEED)
    old, new = rng.random(CASES) < 0.85, rng.random(CASES) < 0.88
    codes = np.arange(CASES) // 3
    targets = rng.integers(0, 20, CASES)
    answers = np.where(new, targets, rng.integers(0, 22, CASES))
    scores = rng.beta(8, 2, CASES)
    started = time.perf_counter()
    share(new, ALPHA)
    share(new, ALPHA, clusters=codes)
    share_difference(new, old, ALPHA, clusters=codes)
    mean_compared(new, old, ALPHA, "ratio")
    mean(scores, ALPHA, within=(0, 1))
    f1(targets, answers, range(20), ALPHA)
    quantile(scores, 0.95, ALPHA)
    return time.perf_counter() - started


def main() -> int:
    """Print the table as Markdown; return 0."""
    print("| Estimator | Setting | Wrong | Plain method | Shown | Tries |\n|---|---|---|---|---|---|")
    for one in sizes():
        figures = [f"{100 * x:.1f} %" if x is not None else "" for x in (one.wrong, one.plain, one.shown)]
        print(f"| {one.estimator} | {one.setting} | {' | '.join(figures)} | {one.tries or 'counted'} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
