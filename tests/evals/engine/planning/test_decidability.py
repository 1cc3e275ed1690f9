import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from evals.engine.planning.decidability import Claim, Decidability, Supposed, decidable
from evals.engine.planning.outcomes import (
    difference_at_least,
    no_failure,
    normally,
    quantile_at_most,
    share_at_least,
)
from evals.engine.planning.sample import Sample
from evals.engine.statistics import clopper_pearson, gap, quantile, share, tango, wilson
from evals.engine.statistics.clusters import Design

ALONE = Sample.independent


@pytest.mark.parametrize(("n", "limit", "true"), [(100, 0.9, 0.95), (300, 0.5, 0.55), (50, 0.97, 0.99)])
def test_verdicts_on_a_share_are_as_likely_as_counting_them_says(n: int, limit: float, true: float) -> None:
    passes = sum(binom.pmf(k, n, true) for k in range(n + 1) if (wilson(k, n, 0.05).low or 0) >= limit)
    fails = sum(binom.pmf(k, n, true) for k in range(n + 1) if (wilson(k, n, 0.05).high or 1) < limit)
    found = share_at_least(limit, true, n, 0.05)
    assert (found.passes, found.fails) == pytest.approx((passes, fails), abs=1e-9)
    assert found.passes + found.fails + found.inconclusive == pytest.approx(1)


@pytest.mark.parametrize(("n", "gained", "lost", "limit"), [(60, 0.1, 0.05, -0.05), (40, 0.02, 0.12, -0.1)])
def test_verdicts_on_a_difference_are_as_likely_as_counting_them_says(
    n: int, gained: float, lost: float, limit: float
) -> None:
    passes = fails = 0.0
    for won in range(n + 1):
        for gone in range(n + 1 - won):
            ways = math.lgamma(n + 1) - math.lgamma(won + 1) - math.lgamma(gone + 1) - math.lgamma(n - won - gone + 1)
            chance = math.exp(
                ways + won * math.log(gained) + gone * math.log(lost) + (n - won - gone) * math.log(1 - gained - lost)
            )
            if chance > 1e-12:
                bound = tango(won, gone, n, 0.05)
                passes += chance * ((bound.low or -1) >= limit)
                fails += chance * ((bound.high or 1) < limit)
    found = difference_at_least(limit, gained, lost, n, 0.05)
    assert (found.passes, found.fails) == pytest.approx((passes, fails), abs=1e-6)


def test_many_discordant_pairs_are_reckoned_as_normal() -> None:
    close, far = (
        difference_at_least(-0.02, 0.05, 0.05, 3_990, 0.05),
        difference_at_least(-0.02, 0.05, 0.05, 4_010, 0.05),
    )
    assert close.passes == pytest.approx(far.passes, abs=0.01)
    none = difference_at_least(-0.05, 0.0, 0.0, 100, 0.05)
    assert none.passes == 1
    assert difference_at_least(-0.01, 0.0, 0.0, 100, 0.05).passes == 0


@pytest.mark.parametrize(("n", "within"), [(80, 0.99), (300, 0.97), (300, 0.90)])
def test_verdicts_on_a_quantile_are_as_likely_as_drawing_them_says(n: int, within: float) -> None:
    rng = np.random.default_rng(1)
    found = quantile_at_most(0.95, within, n, 0.05)
    passes = fails = 0
    for _ in range(600):
        bound = quantile(rng.random(n), 0.95, 0.05)
        assert bound is not None
        passes += bound.high is not None and bound.high <= within
        fails += bound.low is not None and bound.low > within
    assert (passes / 600, fails / 600) == pytest.approx((found.passes, found.fails), abs=0.07)


def test_verdicts_of_zero_tolerance() -> None:
    found = no_failure(0.001, 300, True)
    assert (found.passes, found.fails, found.inconclusive) == pytest.approx((0.999**300, 1 - 0.999**300, 0))
    assert no_failure(0.0, 10, False).inconclusive == 1


def test_normal_verdicts() -> None:
    assert normally(0.0, 0.01, 0.05).passes == pytest.approx(0.05)
    assert normally(0.0, 0.01, 0.05).fails == pytest.approx(0.05)
    assert normally(0.1, 0.0, 0.05).passes == 1


def test_what_cannot_pass_is_undecidable() -> None:
    claim = Claim("absolute", "share", 0.9, 0.05)
    found = decidable(claim, ALONE(20), Supposed(0.95))
    assert not found.can_pass
    assert not found.decidable
    assert found.attainable == pytest.approx(wilson(20, 20, 0.05).low)
    assert found.outcome is not None
    assert found.outcome.passes == 0
    assert found.reason == (
        "even the best answers cannot pass: with every answer right the bound is 88.1 %; the limit is 90 %"
    )
    assert decidable(claim, ALONE(100), Supposed(0.95)).decidable
    assert not decidable(claim, ALONE(0)).decidable


def test_what_cannot_fail_is_undecidable_too() -> None:
    found = decidable(Claim("absolute", "share", 0.01, 0.05), ALONE(30))
    assert found.can_pass
    assert not found.can_fail
    assert "cannot fail" in found.reason


def test_too_few_cases_are_never_decided() -> None:
    found = decidable(Claim("absolute", "share", 0.5, 0.05, n_min=200), ALONE(100), Supposed(0.9))
    assert not found.decidable
    assert found.outcome is not None
    assert found.outcome.inconclusive == 1
    assert "fewer than the 200" in found.reason


def test_the_smallest_truth_passes_with_the_power_asked_for() -> None:
    found = decidable(Claim("absolute", "share", 0.9, 0.05, power=0.8), ALONE(100), Supposed(0.95))
    assert found.smallest is not None
    assert share_at_least(0.9, found.smallest, 100, 0.05).passes == pytest.approx(0.8, abs=0.001)
    assert found.needed == 184
    pairs = decidable(Claim("non_inferiority", "share", 0.05, 0.05), ALONE(248), Supposed(0.0, discordant=0.1))
    assert pairs.needed == 248
    assert pairs.outcome is not None
    assert pairs.outcome.passes == pytest.approx(0.8, abs=0.04)
    assert decidable(Claim("non_inferiority", "share", 0.01, 0.05), ALONE(100)).can_pass is False


def test_at_most_mirrors_at_least() -> None:
    one = decidable(Claim("absolute", "share", 0.9, 0.05), ALONE(200), Supposed(0.95))
    other = decidable(Claim("absolute", "share", 0.1, 0.05, direction="<="), ALONE(200), Supposed(0.05))
    assert other.attainable == pytest.approx(1 - (one.attainable or 0))
    assert other.smallest == pytest.approx(1 - (one.smallest or 0), abs=1e-6)
    assert other.outcome == one.outcome


def test_zero_tolerance_needs_its_cases_in_independent_clusters() -> None:
    claim = Claim("zero_tolerance", "share", 0.01, 0.05)
    assert decidable(claim, ALONE(299), Supposed(0.0)).decidable
    assert not decidable(claim, ALONE(298), Supposed(0.0)).decidable
    pairs = Sample.of([(str(i // 2), Decimal(1)) for i in range(400)])
    assert not decidable(claim, pairs).decidable
    assert decidable(claim, pairs).needed == 598
    assert (clopper_pearson(0, 299, 0.05).high or 1) <= 0.01


def test_clusters_make_a_plan_weaker() -> None:
    clustered = Sample.of([(str(i // 5), Decimal(1)) for i in range(200)])
    claim = Claim("absolute", "share", 0.9, 0.05)
    alone, together = decidable(claim, ALONE(200), Supposed(0.95)), decidable(claim, clustered, Supposed(0.95))
    assert together.least == pytest.approx(40)
    assert together.attainable == pytest.approx(share([1] * 200, 0.05, clusters=[i // 5 for i in range(200)]).low)
    assert alone.outcome is not None
    assert together.outcome is not None
    assert together.outcome.passes < alone.outcome.passes
    assert (together.needed or 0) > (alone.needed or 0)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.sampled_from(["1", "0.5", "3"])), min_size=1))
def test_a_sample_is_worth_what_the_statistics_say(cases: list[tuple[str | None, str]]) -> None:
    found = Sample.of([(cluster, Decimal(weight)) for cluster, weight in cases])
    codes = np.unique([cluster or f"-{i}" for i, (cluster, _) in enumerate(cases)], return_inverse=True)[1]
    design = Design.of(codes, np.array([float(weight) for _, weight in cases]))
    for correlation in (0.0, 0.3, 1.0):
        assert found.worth(correlation) == pytest.approx(float(design.worth(correlation)))
    assert found.worth(1.0) <= found.worth(0.0) <= found.n + 1e-9


def test_quantiles_means_ratios_and_what_is_measured_elsewhere() -> None:
    slow = Claim("absolute", "quantile", 2.0, 0.05, direction="<=", bounded=False)
    assert not decidable(slow, ALONE(58)).decidable
    found = decidable(slow, ALONE(100), Supposed(0.99))
    assert found.decidable
    assert found.outcome is not None
    assert 0.7 < found.outcome.passes < 0.8
    scores = decidable(Claim("absolute", "mean", 0.9, 0.05), ALONE(100), Supposed(0.95))
    assert scores.attainable == pytest.approx(0.05 ** (1 / 100)), "the rule of three"
    assert decidable(Claim("absolute", "mean", 900, 0.05, direction="<=", bounded=False), ALONE(100)).outcome is None
    assert decidable(Claim("absolute", "external", 900, 0.05), ALONE(0)).decidable


def test_a_factor_depends_on_the_baseline() -> None:
    claim = Claim("relative", "share", 1.2, 0.05)
    assert decidable(claim, ALONE(300), Supposed(0.9)).attainable is None
    found = decidable(claim, ALONE(300), Supposed(0.95, baseline=0.7))
    assert found.can_pass
    assert found.outcome is not None
    assert found.outcome.passes > 0.9
    assert not decidable(claim, ALONE(300), Supposed(0.95, baseline=0.9)).can_pass, "a ninth more is all there can be"


def test_gaps_rest_on_the_smallest_group() -> None:
    claim = Claim("gap", "share", 0.1, 0.05, direction="<=")
    found = decidable(claim, ALONE(0), Supposed(0.9), {"north": ALONE(400), "south": ALONE(20)})
    assert not found.decidable
    assert found.attainable == pytest.approx(gap(wilson(400, 400, 0.05), wilson(20, 20, 0.05)).high)
    assert "south, 20 cases" in found.reason
    many = decidable(claim, ALONE(0), Supposed(0.9), {"north": ALONE(400), "south": ALONE(300)})
    assert many.decidable
    assert many.outcome is not None
    assert many.outcome.passes > 0.95
    with pytest.raises(ValueError, match="fewer than two groups"):
        decidable(claim, ALONE(5))
    assert not decidable(claim, ALONE(0), None, {"north": ALONE(400), "south": ALONE(0)}).decidable


CLAIMS = st.sampled_from(
    [
        Claim("absolute", "share", 0.8, 0.05),
        Claim("absolute", "ratio", 0.8, 0.05),
        Claim("zero_tolerance", "share", 0.05, 0.05),
        Claim("non_inferiority", "share", 0.1, 0.05),
        Claim("absolute", "quantile", 1.0, 0.05, direction="<=", bounded=False),
    ]
)


@settings(max_examples=40, deadline=None)
@given(CLAIMS, st.integers(1, 300), st.integers(1, 300))
def test_more_cases_never_make_a_claim_undecidable(claim: Claim, n: int, more: int) -> None:
    def found(count: int) -> Decidability:
        return decidable(claim, ALONE(count))

    assert found(n + more).decidable >= found(n).decidable
