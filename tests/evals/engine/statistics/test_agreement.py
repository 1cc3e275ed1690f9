import krippendorff as reference
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import aggregate_raters
from statsmodels.stats.inter_rater import cohens_kappa as reference_cohen
from statsmodels.stats.inter_rater import fleiss_kappa as reference_fleiss

from evals.engine.statistics.agreement import cohen_kappa, fleiss_kappa, krippendorff, pairs_agreeing

# K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C: four observers, twelve units. The
# data and the two figures are those that several public implementations test themselves with; the paper was not at
# hand.
OBSERVERS = [
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
]
PUBLISHED = np.array([[np.nan if v == "." else float(v) for v in row.split()] for row in OBSERVERS]).T


@pytest.mark.parametrize(("level", "value"), [("nominal", 0.743), ("ordinal", 0.815)])
def test_the_published_example(level, value: float) -> None:
    found = krippendorff(PUBLISHED, level, 0.05)
    assert found is not None
    assert round(found.value, 3) == value
    assert found.n == 11, "one unit was rated by a single observer"
    assert (found.low or 1) < found.value < (found.high or 0)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(["nominal", "ordinal", "interval"]))
def test_alpha_is_that_of_an_independent_implementation(data: st.DataObject, level) -> None:
    units, raters = data.draw(st.integers(2, 12)), data.draw(st.integers(2, 4))
    cell = st.sampled_from([0.0, 0.25, 0.5, 1.0, float("nan")])
    table = np.array(
        data.draw(st.lists(st.lists(cell, min_size=raters, max_size=raters), min_size=units, max_size=units))
    )
    pairable = table[(~np.isnan(table)).sum(axis=1) > 1]
    if np.unique(pairable[~np.isnan(pairable)]).size < 2:
        if not np.isnan(table).all():
            assert krippendorff(table, level, 0.05) is None
        return
    found = krippendorff(table, level, 0.05)
    assert found is not None
    assert found.value == pytest.approx(reference.alpha(reliability_data=table.T, level_of_measurement=level), abs=1e-9)


def test_perfect_agreement_is_bounded_by_one_disagreement() -> None:
    table = np.repeat([[0.0], [1.0], [0.5], [1.0]], 2, axis=1)
    small = krippendorff(np.tile(table, (5, 1)), "interval", 0.05)
    large = krippendorff(np.tile(table, (50, 1)), "interval", 0.05)
    assert small is not None
    assert large is not None
    assert small.value == large.value == 1
    assert (small.low or 1) < (large.low or 0) < 1


def test_ratings_of_chance_have_an_alpha_about_0() -> None:
    table = np.random.default_rng(3).integers(0, 3, (300, 3)).astype(float)
    found = krippendorff(table, "nominal", 0.025)
    assert found is not None
    assert (found.low or 1) < 0 < (found.high or -1)


def test_pairs_agreeing() -> None:
    found = pairs_agreeing([[1.0, 1.0, 1.0], [1.0, 1.0, 2.0], [1.0, np.nan, np.nan]], 0.05)
    assert found is not None
    assert found.value == pytest.approx((1 + 1 / 3) / 2)
    assert found.n == 2
    assert pairs_agreeing([[1.0, np.nan]], 0.05) is None


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=30))
def test_kappas_are_those_of_statsmodels(rows: list[tuple[int, int, int]]) -> None:
    table = np.array(rows)
    if np.unique(table).size < 2:
        assert fleiss_kappa(table) is None
        return
    assert fleiss_kappa(table) == pytest.approx(reference_fleiss(aggregate_raters(table)[0]))
    if np.unique(table[:, :2]).size < 2:
        assert cohen_kappa(table[:, 0], table[:, 1]) is None
        return
    counts = np.zeros((3, 3))
    np.add.at(counts, (table[:, 0], table[:, 1]), 1)
    assert cohen_kappa(table[:, 0], table[:, 1]) == pytest.approx(reference_cohen(counts, return_results=False))


def test_what_is_no_table_of_ratings_is_refused() -> None:
    for table in ([1.0, 2.0], [[np.nan, np.nan]]):
        with pytest.raises(ValueError, match="units by raters"):
            krippendorff(table, "nominal", 0.05)
    with pytest.raises(ValueError, match="two or more raters"):
        fleiss_kappa([[1.0], [2.0]])
