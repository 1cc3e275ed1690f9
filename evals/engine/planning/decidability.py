"""What a threshold can and cannot show with the cases it has, before anything is measured.

A threshold is undecidable when even the best answers could not pass it, or the worst could not fail it. Whether a
decidable one is likely to be decided depends on what is true: `Supposed` says what is taken for true, and the
probabilities of the three verdicts follow.

Scores between 0 and 1 and ratios such as F1 are reckoned as shares: no such figure varies more than right or wrong
answers of the same mean do (R. Bhatia and C. Davis, "A better bound on the variance", American Mathematical Monthly 107
(2000) 353-357), so for scores the truth is no worse; for F1 it is an approximation over the cases of its labels.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from evals.engine.bounds import exact_low, normal_quantile, wilson_high, wilson_low
from evals.engine.planning.outcomes import (
    Outcome,
    difference_at_least,
    no_failure,
    normally,
    quantile_at_most,
    share_at_least,
)
from evals.engine.planning.power import (
    cases_needed_absolute,
    cases_needed_non_inferiority,
    cases_needed_quantile,
    cases_needed_zero_tolerance,
)
from evals.engine.planning.sample import Sample

Kind = Literal["absolute", "relative", "non_inferiority", "zero_tolerance", "gap"]
Family = Literal["share", "mean", "ratio", "quantile", "external", "agreement"]


@dataclass(frozen=True)
class Claim:
    """What a threshold claims, in numbers: `limit` as the threshold states it (a margin, a factor, a failure rate).

    `quantile` is the quantile that a metric of that family is about; `bounded` says whether the metric's values lie
    within 0 and 1.
    """

    kind: Kind
    family: Family
    limit: float
    alpha: float
    n_min: int = 1
    direction: Literal[">=", "<="] = ">="
    bounded: bool = True
    quantile: float = 0.95
    power: float = 0.8


@dataclass(frozen=True)
class Supposed:
    """What is taken for true when verdicts are foreseen.

    `value` is the true share, mean or ratio; for a quantile the share of calls within the limit; for zero tolerance the
    true failure rate; for non-inferiority the true difference. `baseline` is the baseline's value, `discordant` the
    share of cases that exactly one of the two gets right, `correlation` that within clusters.
    """

    value: float | None = None
    baseline: float | None = None
    discordant: float = 0.1
    correlation: float = 0.3


@dataclass(frozen=True)
class Decidability:
    """What a claim can come to with its cases.

    `effective` is what `n` cases are worth at the supposed correlation, and `least` where clusters agree within.
    `attainable` is the bound that the best possible answers reach, in the terms of the limit; for non-inferiority the
    bound where no answer is worse and none better. `smallest` is the weakest truth that passes with the claim's power;
    `needed` are the cases that the supposed truth needs for that. All None where they cannot be told.
    """

    n: int
    effective: float
    least: float
    attainable: float | None
    can_pass: bool
    can_fail: bool
    outcome: Outcome | None
    smallest: float | None
    needed: int | None
    reason: str
    enough: bool = field(default=True)

    @property
    def decidable(self) -> bool:
        """Whether there are enough cases, and answers that would pass and answers that would fail."""
        return self.enough and self.can_pass and self.can_fail


def decidable(
    claim: Claim, sample: Sample, supposed: Supposed | None = None, groups: Mapping[str, Sample] | None = None
) -> Decidability:
    """Return what `claim` can come to with the cases in `sample`, or for a gap with those in `groups`.

    Raises:
        ValueError: a gap without two groups.
    """
    truth = supposed or Supposed()
    if claim.kind == "gap":
        if groups is None or len(groups) < 2:
            raise ValueError("found fewer than two groups, expected the samples whose gap is judged")
        return _gap(claim, groups, truth)
    if claim.family == "external":
        return _told(claim, sample, truth, None, True, True, "measured outside; its bounds come with it")
    if claim.family == "agreement":
        words = "how far people agree is not known before they have graded"
        return _told(claim, sample, truth, None, True, True, words)
    if sample.n == 0:
        return _told(claim, sample, truth, None, False, False, "no case is of the kind the metric is about")
    return _KINDS[claim.kind](claim, sample, truth)


def _absolute(claim: Claim, sample: Sample, truth: Supposed) -> Decidability:
    if claim.family == "quantile":
        return _quantile(claim, sample, truth)
    if not claim.bounded:
        return _told(
            claim, sample, truth, None, True, True, "how far the figure varies is not known before it is measured"
        )
    turned = claim.direction == "<="
    limit = 1 - claim.limit if turned else claim.limit
    n, least = _whole(sample.worth(truth.correlation)), sample.least
    best = (
        wilson_low(1.0, least, claim.alpha)
        if claim.family == "share"
        else exact_low(_whole(least), _whole(least), claim.alpha)
    )
    can_pass, can_fail = best >= limit, wilson_high(0.0, least, claim.alpha) < limit

    def chances(value: float) -> Outcome:
        return share_at_least(limit, value, n, claim.alpha)

    true = None if truth.value is None else 1 - truth.value if turned else truth.value
    needed = None
    if true is not None and true > limit:
        needed = _scaled(cases_needed_absolute(limit, true, claim.alpha, claim.power), sample, truth)
    smallest = _smallest(lambda value: chances(value).passes, limit, 1.0, claim.power) if can_pass else None
    if turned:
        best, smallest = 1 - best, None if smallest is None else 1 - smallest
    words = f"with every answer {'at the good end' if claim.family != 'share' else 'right'} the bound is {_share(best)}"
    return _told(
        claim, sample, truth, best, can_pass, can_fail, words,
        None if true is None else chances(true), smallest, needed,
    )  # fmt: skip


def _quantile(claim: Claim, sample: Sample, truth: Supposed) -> Decidability:
    q = claim.quantile if claim.direction == "<=" else 1 - claim.quantile
    n, least = _whole(sample.worth(truth.correlation)), _whole(sample.least)
    fewest = cases_needed_quantile(q, claim.alpha)
    can_pass = least >= fewest
    can_fail = (1 - q) ** least <= claim.alpha

    def chances(within: float) -> Outcome:
        return quantile_at_most(q, within, n, claim.alpha)

    needed = None
    if truth.value is not None and truth.value > q:
        needed = max(fewest, cases_needed_absolute(q, truth.value, claim.alpha, claim.power))
    smallest = _smallest(lambda within: chances(within).passes, q, 1.0, claim.power) if can_pass else None
    words = f"a bound for the {q:.0%} quantile needs {fewest} independent calls"
    outcome = None if truth.value is None else chances(truth.value)
    scaled = None if needed is None else _scaled(needed, sample, truth)
    return _told(claim, sample, truth, None, can_pass, can_fail, words, outcome, smallest, scaled)


def _zero_tolerance(claim: Claim, sample: Sample, truth: Supposed) -> Decidability:
    fewest = cases_needed_zero_tolerance(claim.limit, claim.alpha)
    # A cluster with any failure counts as one that failed.
    excluded = 1 - exact_low(sample.clusters, sample.clusters, claim.alpha)
    enough = sample.clusters >= fewest
    words = f"without a failure a rate of {_share(excluded)} is excluded; {fewest} independent cases are needed"
    return _told(
        claim, sample, truth, excluded, enough, True, words,
        None if truth.value is None else no_failure(truth.value, sample.n, enough),
        1 - claim.power ** (1 / sample.n) if enough else None,
        math.ceil(fewest * sample.n / sample.clusters),
    )  # fmt: skip


def _non_inferiority(claim: Claim, sample: Sample, truth: Supposed) -> Decidability:
    if not claim.bounded:
        return _told(
            claim, sample, truth, None, True, True, "how far the figure varies is not known before it is measured"
        )
    n, z2 = _whole(sample.worth(truth.correlation)), normal_quantile(1 - claim.alpha) ** 2
    best = -z2 / (sample.least + z2)

    def chances(difference: float) -> Outcome:
        discordant = max(truth.discordant, abs(difference))
        gained = (discordant + difference) / 2
        return difference_at_least(-claim.limit, gained, discordant - gained, n, claim.alpha)

    difference = truth.value or 0.0
    needed = None
    if difference > -claim.limit:
        pairs = cases_needed_non_inferiority(claim.limit + difference, truth.discordant, claim.alpha, claim.power)
        needed = _scaled(pairs, sample, truth)
    can_pass = best >= -claim.limit
    smallest = _smallest(lambda value: chances(value).passes, -claim.limit, 0.2, claim.power) if can_pass else None
    words = f"with no answer better or worse than the baseline's the bound is {_points(best)}"
    return _told(claim, sample, truth, best, can_pass, True, words, chances(difference), smallest, needed)


def _relative(claim: Claim, sample: Sample, truth: Supposed) -> Decidability:
    old = truth.baseline
    if old is None or not claim.bounded or not 0 < old < 1:
        return _told(claim, sample, truth, None, True, True, "depends on the baseline, which is not supposed here")
    n, z = sample.worth(truth.correlation), normal_quantile(1 - claim.alpha)
    higher = claim.direction == ">="
    best = math.exp(-math.log(old) - z * math.sqrt((1 - old) / old / sample.least)) if higher else 0.0
    can_pass = best >= claim.limit if higher else True
    outcome = None
    if truth.value is not None and 0 < truth.value <= 1:
        discordant = max(truth.discordant, abs(truth.value - old))
        together = (truth.value + old - discordant) / 2 - truth.value * old
        error = math.sqrt(
            max((1 - truth.value) / truth.value + (1 - old) / old - 2 * together / (truth.value * old), 0.0) / n
        )
        distance = math.log(truth.value / old / claim.limit)
        outcome = normally(distance if higher else -distance, error, claim.alpha)
    words = (
        f"with every answer right and a baseline at {_share(old)} the bound is {_shown(best)} times it"
        if higher
        else (f"reckoned with a baseline at {_share(old)}")
    )
    return _told(claim, sample, truth, best if higher else None, can_pass, True, words, outcome)


def _gap(claim: Claim, groups: Mapping[str, Sample], truth: Supposed) -> Decidability:
    smallest = sorted(groups.values(), key=lambda one: one.least)[:2]
    few = smallest[0]
    if few.n == 0:
        return _told(claim, few, truth, None, False, False, "a group has no case")
    best = 1 - wilson_low(1.0, few.least, claim.alpha)
    widest = 1 - math.hypot(
        *(1 - wilson_low(1.0, one.least, claim.alpha / _comparisons(len(groups))) for one in smallest)
    )
    outcome = None
    if truth.value is not None:
        error = math.sqrt(sum(truth.value * (1 - truth.value) / one.worth(truth.correlation) for one in smallest))
        one_sided = normally(claim.limit, error, claim.alpha)
        outcome = Outcome(max(0.0, 2 * one_sided.passes - 1), 0.0)
    name = min(groups, key=lambda name: groups[name].least)
    words = (
        f"with every answer right in both, the smallest group ({name}, {few.n} cases) leaves a gap of {_points(best)}"
    )
    return _told(claim, few, truth, best, best <= claim.limit, widest > claim.limit, words, outcome)


_KINDS: dict[str, Callable[[Claim, Sample, Supposed], Decidability]] = {
    "absolute": _absolute,
    "relative": _relative,
    "non_inferiority": _non_inferiority,
    "zero_tolerance": _zero_tolerance,
}


def _told(
    claim: Claim,
    sample: Sample,
    truth: Supposed,
    attainable: float | None,
    can_pass: bool,
    can_fail: bool,
    words: str,
    outcome: Outcome | None = None,
    smallest: float | None = None,
    needed: int | None = None,
) -> Decidability:
    enough = sample.n >= claim.n_min or claim.family == "external"
    reason = words
    if not can_pass:
        reason = f"even the best answers cannot pass: {words}; the limit is {_limit(claim)}"
    elif not can_fail:
        reason = f"even the worst answers cannot fail: {words}; the limit is {_limit(claim)}"
    if not enough:
        reason = f"{sample.n} cases, fewer than the {claim.n_min} it asks for, so it is never decided"
        outcome = Outcome(0.0, 0.0)
    return Decidability(
        sample.n, sample.worth(truth.correlation), sample.least, attainable, can_pass, can_fail, outcome, smallest,
        needed, reason, enough,
    )  # fmt: skip


def _smallest(passes: Callable[[float], float], low: float, high: float, power: float) -> float | None:
    """Return the smallest true value from `low` to `high` that passes with `power`; None if none does."""
    if passes(high) < power:
        return None
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (low, middle) if passes(middle) >= power else (middle, high)
    return high


def _whole(effective: float) -> int:
    return max(1, math.floor(effective + 1e-9))


def _scaled(cases: int, sample: Sample, truth: Supposed) -> int:
    """Return how many cases clustered and weighted as these are worth `cases` independent ones."""
    return math.ceil(cases * sample.n / sample.worth(truth.correlation) - 1e-9)


def _comparisons(groups: int) -> int:
    return groups * (groups - 1)


def _limit(claim: Claim) -> str:
    if claim.kind == "relative":
        return f"{_shown(claim.limit)} times it"
    if claim.kind == "non_inferiority":
        return _points(-claim.limit)
    if claim.kind == "gap":
        return _points(claim.limit)
    return _share(claim.limit) if claim.bounded and claim.family != "quantile" else _shown(claim.limit)


def _share(value: float) -> str:
    return f"{_shown(100 * value, 1)} %"


def _points(difference: float) -> str:
    """Return a difference of shares in words: percentage points, and on which side of the other they lie."""
    return f"{_shown(100 * abs(difference), 1)} points{' below' if difference < 0 else ''}"


def _shown(value: float, digits: int = 4) -> str:
    shown = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown
