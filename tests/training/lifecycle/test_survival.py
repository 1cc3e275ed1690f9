"""The survival curve against published figures and three independent implementations."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight

from training.lifecycle.survival import curve, lengths

DAYS = st.integers(0, 40).map(float)
LISTS = st.lists(DAYS, max_size=30)


def test_the_survival_of_eight_patients_is_as_published() -> None:
    """V. Bewick, L. Cheek and J. Ball, "Statistics review 12: survival analysis", Critical Care 8 (2004) 389, table 2:
    deaths at 1, 1, 4, 5, 9 and 22 days, two patients still alive at 6 and 9."""
    found = curve([1, 1, 4, 5, 9, 22], [6, 9])
    assert [(step.days, step.at_risk, step.done) for step in found] == [
        (1, 8, 2), (4, 6, 1), (5, 5, 1), (9, 3, 1), (22, 1, 1),
    ]  # fmt: skip
    assert [round(step.survival, 3) for step in found] == [0.750, 0.625, 0.500, 0.333, 0.0]
    assert found[-1].variance is None


def test_the_remissions_of_freireich_are_as_published() -> None:
    """The 21 patients on 6-MP of E. J. Freireich et al., Blood 21 (1963) 699-716, on which survival curves are taught.
    Estimates and standard errors are those that textbooks print, such as D. Collett, "Modelling Survival Data"."""
    relapsed = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    found = curve(relapsed, [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
    assert [round(step.survival, 3) for step in found] == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    errors = [round(math.sqrt(step.variance or math.nan), 4) for step in found]
    assert errors == [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert lengths(relapsed, [35.0] * 12).longest == 35


def test_the_median_of_the_remissions_is_23_weeks_and_their_last_fifth_was_never_seen() -> None:
    found = lengths([6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
    assert found.quantile(0.5) == 23
    assert math.isinf(found.quantile(0.8))
    assert (found.bounded, found.longest) == (False, 35)


@pytest.mark.parametrize("recorded", json.loads((Path(__file__).parent / "lifelines.json").read_text()))
def test_it_agrees_with_lifelines(recorded) -> None:
    """What KaplanMeierFitter of lifelines 0.30.3 says, recorded: it needs pandas before 3, so it is not installed here.

    Each entry holds lengths drawn at random, then for each end its days, at risk, ended and surviving share, and the
    median (null: not reached). Where exactly half go on it rounds one way or the other, so such cases are left out.
    """
    found = curve(recorded["complete"], recorded["unfinished"])
    assert [[step.days, step.at_risk, step.done] for step in found] == [step[:3] for step in recorded["steps"]]
    assert np.allclose([step.survival for step in found], [step[3] for step in recorded["steps"]], atol=1e-12)
    median = lengths(recorded["complete"], recorded["unfinished"]).quantile(0.5)
    assert median == (recorded["median"] or math.inf)


@given(complete=LISTS, unfinished=LISTS)
def test_it_agrees_with_statsmodels(complete, unfinished) -> None:
    assume(complete)
    found = curve(complete, unfinished)
    other = SurvfuncRight([*complete, *unfinished], [1] * len(complete) + [0] * len(unfinished))
    assert [step.days for step in found] == list(other.surv_times)
    assert [step.at_risk for step in found] == list(other.n_risk)
    assert [step.done for step in found] == list(other.n_events)
    assert np.allclose([step.survival for step in found], other.surv_prob, atol=1e-12)
    defined = [i for i, step in enumerate(found) if step.variance is not None]
    assert np.allclose([math.sqrt(found[i].variance or 0) for i in defined], other.surv_prob_se[defined], atol=1e-12)


@given(complete=LISTS, unfinished=LISTS)
def test_it_agrees_with_scipy(complete, unfinished) -> None:
    assume(complete)
    other = stats.ecdf(stats.CensoredData(uncensored=complete, right=unfinished)).sf
    for step in curve(complete, unfinished):
        assert math.isclose(step.survival, float(other.evaluate(step.days)), abs_tol=1e-12)


@given(complete=st.lists(DAYS, min_size=1, max_size=30), share=st.integers(1, 99))
def test_without_unfinished_ones_a_quantile_is_that_of_the_ordered_values(complete, share) -> None:
    """Exactly, also where a sum of shares is a hair off: 4 of 5 are 80 %."""
    assert lengths(complete, []).quantile(share / 100) == sorted(complete)[-(-share * len(complete) // 100) - 1]


def test_a_share_that_is_a_hair_below_by_rounding_is_reached() -> None:
    """12 of 15 are 80 %, though the product of the shares that go on leaves 0.7999999999999999."""
    found = lengths(map(float, range(1, 16)), [])
    assert found.reached[11] < 0.8
    assert found.quantile(0.8) == 12


@given(complete=st.lists(DAYS, min_size=1, max_size=30), unfinished=LISTS, share=st.floats(0.01, 1))
def test_taking_an_end_away_from_something_never_shortens_a_quantile(complete, unfinished, share) -> None:
    one, *rest = complete
    assert lengths(rest, [*unfinished, one]).quantile(share) >= lengths(complete, unfinished).quantile(share)


@given(complete=LISTS, unfinished=LISTS, more=DAYS, times=st.integers(1, 3), share=st.floats(0.01, 1))
def test_taking_longer_throughout_never_shortens_a_quantile(complete, unfinished, more, times, share) -> None:
    def stretched(days):
        return [times * length + more for length in days]

    before = lengths(complete, unfinished).quantile(share)
    assert lengths(stretched(complete), stretched(unfinished)).quantile(share) >= before


@given(complete=st.lists(DAYS, min_size=1, max_size=20), more=DAYS, share=st.floats(0.01, 1))
def test_one_that_takes_longer_never_shortens_a_quantile_where_all_have_ended(complete, more, share) -> None:
    one, *rest = complete
    assert lengths([one + more, *rest], []).quantile(share) >= lengths(complete, []).quantile(share)


@given(complete=LISTS, unfinished=st.lists(DAYS, min_size=1, max_size=20), more=DAYS, share=st.floats(0.01, 1))
def test_staying_open_for_longer_never_shortens_a_quantile(complete, unfinished, more, share) -> None:
    one, *rest = unfinished
    assert lengths(complete, [one + more, *rest]).quantile(share) >= lengths(complete, unfinished).quantile(share)


def test_one_that_ends_later_than_an_open_one_can_shorten_a_quantile() -> None:
    """No fault: what ends after the open one tells that such lengths do end, and of fewer that had lasted so long."""
    assert math.isinf(lengths([0], [1]).quantile(1))
    assert lengths([2], [1]).quantile(1) == 2


def test_nothing_seen_is_unbounded() -> None:
    assert curve([], [3]) == ()
    assert math.isinf(lengths([], [3]).quantile(0.01))
    assert lengths([], []).longest == 0
