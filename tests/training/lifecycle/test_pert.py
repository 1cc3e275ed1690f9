"""Three-point estimates against the beta distribution of scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from training.lifecycle.pert import STEPS, lengths, mean

POINTS = st.lists(st.floats(0, 200), min_size=3, max_size=3).map(sorted)
NAMED = [(5, 10, 30), (0, 0, 10), (0, 10, 10), (2, 2.1, 90), (1, 40, 41), (7, 8, 9)]


def beta(low, likely, high):
    """Return scipy's beta distribution between `low` and `high` with the exponents that Malcolm's mean asks for."""
    shapes = 1 + 4 * (likely - low) / (high - low), 1 + 4 * (high - likely) / (high - low)
    return stats.beta(*shapes, loc=low, scale=high - low)


@pytest.mark.parametrize("points", NAMED)
def test_every_step_is_that_of_the_beta_distribution(points) -> None:
    found, expected = lengths(*points), beta(*points)
    shares = np.arange(1, STEPS) / STEPS
    assert np.allclose(found.days[:-1], expected.ppf(shares), atol=2e-5 * (points[2] - points[0]))
    assert found.days[-1] == points[2] == found.longest


@pytest.mark.parametrize("points", NAMED)
def test_the_mean_is_that_of_the_paper(points) -> None:
    """(a + 4m + b) / 6; the steps count with their upper ends, so theirs is above it by less than a step."""
    low, _, high = points
    assert mean(*points) == pytest.approx(beta(*points).mean())
    found = sum(lengths(*points).days) / STEPS
    assert mean(*points) <= found <= mean(*points) + 1.01 * (high - low) / STEPS


@given(points=POINTS, more=st.floats(0, 100), share=st.floats(0.001, 1))
def test_a_longer_estimate_never_shortens_a_quantile(points, more, share) -> None:
    """Longer: all three points later, or the likeliest later within the same range."""
    low, likely, high = points
    before = lengths(*points).quantile(share)
    tiny = 1e-9 * (1 + high + more)
    assert lengths(low + more, likely + more, high + more).quantile(share) >= before - tiny
    assert lengths(low, min(high, likely + more), high).quantile(share) >= before - tiny - 1e-5 * (high - low)


@given(points=POINTS)
def test_it_stays_within_its_points_and_is_bounded(points) -> None:
    found = lengths(*points)
    assert points[0] <= found.days[0] <= found.days[-1] == points[2]
    assert found.bounded


def test_a_certain_estimate_is_one_step() -> None:
    assert lengths(7.0, 7.0, 7.0).days == (7.0,)


def test_points_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="expected low <= likely <= high"):
        lengths(3, 2, 4)
