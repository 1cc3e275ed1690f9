"""Whether two samples come from one distribution: counts by kind, lengths, texts that a program learns to tell apart.

Each test says how large the difference is, how often one so large arises by chance alone, and from which size on it
would have been seen in `POWER` of all samples of this size. Cases and rows must be independent of one another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import numpy as np
from scipy.optimize import brentq
from scipy.stats import beta, binom, chi2, kstwobign, ncx2, norm

POWER: Final = 0.8
FEWEST_EXPECTED: Final = 5.0
"""cases that every cell of a table must expect (W. Cochran, "Some methods for strengthening the common χ² tests",
Biometrics 10, 1954, asks it of four cells in five; rare kinds are joined until it holds of all)"""
REST: Final = "the rest"
FEATURES: Final = 2**16
GRAMS: Final = (2, 4)
"""lengths of the character n-grams that texts are told apart by"""
FEWEST_TEXTS: Final = 20
"""texts on each side, half of them to learn from"""


@dataclass(frozen=True)
class Compared:
    """What a test came to: the size of the difference, `p`, and the size `seen` that it would have shown.

    `p` is how often chance alone makes a difference as large, `seen` None where no size would be shown.
    """

    effect: float
    p: float
    seen: float | None
    first: int
    second: int


@dataclass(frozen=True)
class Mix(Compared):
    """Counts by kind: `effect` is Cohen's w, `moved` the share of the first that would have to be of other kinds."""

    statistic: float
    freedom: int
    moved: float
    kinds: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Guess(Compared):
    """Texts told apart: `effect` is the share of held-out texts that were told right, between its 95 % bounds."""

    right: int
    held_out: int
    low: float
    high: float


def mix(first: Mapping[str, int], second: Mapping[str, int], alpha: float) -> Mix | None:
    """Compare counts by kind with Pearson's chi-square test of homogeneity; None when one kind is left.

    The effect is w = √(Σ (p−q)²/π) with the pooled shares π (J. Cohen, "Statistical power analysis for the behavioral
    sciences", 2nd ed., 1988, section 7.2: 0.1 small, 0.3 medium, 0.5 large), less what chance alone adds to it.
    Power: the noncentral chi-square distribution with λ = w²·nm/(n+m).
    """
    kinds = joined(first, second)
    if len(kinds) < 2:
        return None
    table = np.array(list(kinds.values()), dtype=float).T
    expected = np.outer(table.sum(1), table.sum(0)) / table.sum()
    statistic, freedom = float(((table - expected) ** 2 / expected).sum()), len(kinds) - 1
    n, m = int(table[0].sum()), int(table[1].sum())
    weight = n * m / (n + m)
    shares = table / table.sum(1, keepdims=True)
    limit = chi2.isf(alpha, freedom)
    needed = brentq(lambda x: ncx2.sf(limit, freedom, x) - POWER, 1e-9, 1e4)
    return Mix(
        effect=sqrt(max(0.0, statistic - freedom) / weight),
        p=float(chi2.sf(statistic, freedom)),
        seen=sqrt(needed / weight),
        first=n,
        second=m,
        statistic=statistic,
        freedom=freedom,
        moved=float(np.abs(shares[0] - shares[1]).sum() / 2),
        kinds=kinds,
    )


def joined(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Return the counts of each kind on both sides, the rarest joined until every cell expects enough."""
    pairs = sorted(((first.get(k, 0), second.get(k, 0), k) for k in {*first, *second}), key=lambda p: (p[0] + p[1], p))
    n, m = sum(first.values()), sum(second.values())
    if not n or not m:
        return {}
    smaller = min(n, m) / (n + m)
    rest = [0, 0]
    while pairs and (sum(pairs[0][:2]) * smaller < FEWEST_EXPECTED or 0 < sum(rest) * smaller < FEWEST_EXPECTED):
        a, b, _ = pairs.pop(0)
        rest = [rest[0] + a, rest[1] + b]
    found = {kind: (a, b) for a, b, kind in sorted(pairs, key=lambda p: p[2])}
    return found | ({REST: (rest[0], rest[1])} if any(rest) else {})


def lengths(first: Sequence[int], second: Sequence[int], alpha: float) -> Compared | None:
    """Compare two samples of lengths by the Kolmogorov-Smirnov test; None when either is empty.

    The effect is D, the largest distance between the two distribution functions. p is Smirnov's limit (N. Smirnov,
    "Table for estimating the goodness of fit of empirical distributions", Ann. Math. Statist. 19, 1948); lengths that
    occur twice make it larger than it is, never smaller. Power is bounded from below: where the functions are truly Δ
    apart the empirical ones are Δ apart but for a normal error of at most ½·√(1/n+1/m).
    """
    if not first or not second:
        return None
    a, b = np.sort(np.asarray(first)), np.sort(np.asarray(second))
    at = np.concatenate([a, b])
    apart = np.searchsorted(a, at, side="right") / len(a) - np.searchsorted(b, at, side="right") / len(b)
    distance, scale = float(np.abs(apart).max()), sqrt(len(a) * len(b) / (len(a) + len(b)))
    seen = (float(kstwobign.isf(alpha)) + float(norm.isf(1 - POWER)) / 2) / scale
    return Compared(distance, float(kstwobign.sf(scale * distance)), seen if seen < 1 else None, len(a), len(b))


def texts(first: Sequence[str], second: Sequence[str], alpha: float, seed: int) -> Guess | None:
    """Compare two samples of texts by a classifier; None with too few of them.

    As many texts of each side, drawn by `seed`; a logistic regression on hashed character n-grams learns from half of
    them to tell the sides apart and is asked about the other half (D. Lopez-Paz, M. Oquab, "Revisiting classifier
    two-sample tests", ICLR 2017). If both sides are of one distribution the number it gets right is binomial with ½,
    or varies less; the bounds are Clopper and Pearson's.
    """
    size = min(len(first), len(second)) // 2 * 2
    if size < FEWEST_TEXTS:
        return None
    random = np.random.default_rng(seed)
    sides = [[side[i] for i in random.permutation(len(side))[:size]] for side in (first, second)]
    learnt = [text for side in sides for text in side[: size // 2]]
    asked = [text for side in sides for text in side[size // 2 :]]
    truth = np.repeat([0, 1], size // 2)
    right = int((_classified(learnt, truth, asked) == truth).sum())
    count = len(asked)
    low = float(beta.ppf(0.025, right, count - right + 1)) if right else 0.0
    high = float(beta.ppf(0.975, right + 1, count - right)) if right < count else 1.0
    return Guess(
        effect=right / count,
        p=float(binom.sf(right - 1, count, 0.5)),
        seen=_shown(count, alpha),
        first=size,
        second=size,
        right=right,
        held_out=count,
        low=low,
        high=high,
    )


def _classified(learnt: Sequence[str], sides: Any, asked: Sequence[str]) -> Any:
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.linear_model import LogisticRegression

    hashed = HashingVectorizer(analyzer="char_wb", ngram_range=GRAMS, n_features=FEATURES, alternate_sign=False)
    model = LogisticRegression(C=10.0, max_iter=1000)
    return model.fit(hashed.transform(learnt), sides).predict(hashed.transform(asked))


def _shown(count: int, alpha: float) -> float | None:
    """Return the true share of right guesses from which on the test says so in `POWER` of all samples."""
    least = int(binom.isf(alpha, count, 0.5)) + 1
    if least > count:
        return None
    return float(brentq(lambda share: binom.sf(least - 1, count, share) - POWER, 0.5, 1 - 1e-12))
