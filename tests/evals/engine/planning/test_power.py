import pytest
from scipy.stats import binom

from evals.engine.planning.power import cases_needed_absolute, cases_needed_non_inferiority
from evals.engine.statistics import wilson


def test_cases_needed() -> None:
    assert cases_needed_non_inferiority(0.05, 0.10, 0.05, 0.8) == 248
    assert cases_needed_non_inferiority(0.03, 0.10, 0.05, 0.8) == 687
    needed = cases_needed_absolute(0.5, 0.6, 0.05, 0.8)
    power = sum(binom.pmf(k, needed, 0.6) for k in range(needed + 1) if (wilson(k, needed, 0.05).low or 0) >= 0.5)
    assert power == pytest.approx(0.8, abs=0.03)
    with pytest.raises(ValueError, match="not above the limit"):
        cases_needed_absolute(0.5, 0.5, 0.05, 0.8)
    with pytest.raises(ValueError, match="both above 0"):
        cases_needed_non_inferiority(0.0, 0.1, 0.05, 0.8)
