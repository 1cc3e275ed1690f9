import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm
from statsmodels.stats.proportion import proportion_confint

from evals.engine.bounds import (
    binomial_at_least,
    binomial_below,
    binomial_point,
    exact_high,
    exact_low,
    normal_quantile,
    wilson_high,
    wilson_low,
)

ALPHAS = st.sampled_from([0.001, 0.01, 0.05, 0.1, 0.25])


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    n = draw(st.integers(1, 2_000))
    return draw(st.integers(0, n)), n


@given(st.floats(0.0005, 0.9995))
def test_normal_quantile_is_scipys(share: float) -> None:
    assert normal_quantile(share) == pytest.approx(norm.ppf(share), abs=1e-12)


@given(counts(), st.floats(1e-9, 1 - 1e-9) | st.sampled_from([0.0, 1.0]))
def test_binomial_probabilities_are_scipys(count: tuple[int, int], share: float) -> None:
    successes, n = count
    assert binomial_below(successes, n, share) == pytest.approx(binom.cdf(successes, n, share), abs=1e-11)
    assert binomial_at_least(successes, n, share) == pytest.approx(binom.sf(successes - 1, n, share), abs=1e-11)
    assert binomial_point(successes, n, share) == pytest.approx(binom.pmf(successes, n, share), abs=1e-11)


@given(counts(), ALPHAS)
def test_bounds_of_a_share_are_those_of_statsmodels(count: tuple[int, int], alpha: float) -> None:
    successes, n = count
    low, high = proportion_confint(successes, n, 2 * alpha, method="wilson")
    assert wilson_low(successes / n, n, alpha) == pytest.approx(low, abs=1e-10)
    assert wilson_high(successes / n, n, alpha) == pytest.approx(high, abs=1e-10)
    low, high = proportion_confint(successes, n, 2 * alpha, method="beta")
    assert exact_low(successes, n, alpha) == pytest.approx(low, abs=1e-9)
    assert exact_high(successes, n, alpha) == pytest.approx(high, abs=1e-9)


@given(counts(), ALPHAS)
def test_exact_bounds_never_claim_more_than_wilson_does_on_the_safe_side(count: tuple[int, int], alpha: float) -> None:
    successes, n = count
    for bound in (exact_low(successes, n, alpha), 1 - exact_high(n - successes, n, alpha)):
        if bound:
            assert binom.sf(successes - 1, n, bound) == pytest.approx(alpha, rel=1e-6)
