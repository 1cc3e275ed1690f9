import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap
from sklearn.metrics import f1_score

from evals.engine.statistics.f1 import f1, f1_compared, f1_difference, f1_per_label


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=1, max_size=80))
def test_f1_equals_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    targets, answers = np.array(pairs, dtype=np.int64).T
    reference = f1_score(targets, answers, labels=range(5), average=None, zero_division=0)
    assert np.allclose(f1_per_label(targets, answers, 5), reference)


def answered(n: int, seed: int, right: float = 0.7) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 5, n)
    return targets, np.where(rng.random(n) < right, targets, rng.integers(0, 6, n))


def test_bounds_repeat_and_are_those_of_scipy() -> None:
    targets, answers = answered(200, 3)
    found = f1(targets, answers, range(5), 0.05)
    assert found == f1(targets, answers, range(5), 0.05)
    assert found.low is not None
    assert found.high is not None

    def macro(index, axis):
        moved = np.moveaxis(index, axis, -1).astype(int)
        rows = [f1_per_label(targets[row], answers[row], 5).mean() for row in moved.reshape(-1, moved.shape[-1])]
        return np.array(rows).reshape(moved.shape[:-1])

    reference = bootstrap(
        (np.arange(200),), macro, vectorized=True, confidence_level=0.9, n_resamples=3_000, rng=1
    ).confidence_interval
    width = reference.high - reference.low
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high), abs=0.06 * width)


def test_a_difference_uses_the_pairs() -> None:
    rng = np.random.default_rng(4)
    targets = rng.integers(0, 5, 200)
    baseline = np.where(rng.random(200) < 0.7, targets, 5)
    answers = baseline.copy()
    answers[:10] = targets[:10]
    found = f1_difference(targets, answers, baseline, range(5), 0.05)
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.value <= found.high < 0.06, "unpaired, the interval would be several times wider"
    relative = f1_compared(targets, answers, baseline, range(5), 0.05, "ratio")
    assert relative is not None
    assert 1 <= (relative.low or 0) <= relative.value <= (relative.high or 0) < 1.08
    assert f1_compared(targets, answers, np.full(200, 5), range(5), 0.05, "ratio") is None


def test_where_all_are_right_one_wrong_case_is_added() -> None:
    targets = np.arange(300) % 5
    found = f1(targets, targets, range(5), 0.05)
    assert found.value == found.high == 1
    assert found.low == pytest.approx(1 - 3 / 300, abs=0.003), "the rule of three"
    assert "one was added" in found.method
    rare = np.concatenate([targets, [5, 5, 5]])
    assert (f1(rare, rare, range(6), 0.05).low or 1) < 0.93, "three cases of a label say little about it"
    assert f1(targets[:1], targets[:1], [0], 0.05).low is None
    nothing = f1(targets, np.full(300, 6), range(5), 0.05)
    assert nothing.value == nothing.low == 0
    assert 0 < (nothing.high or 0) < 0.05


def test_clusters_widen_and_weights_shift_it() -> None:
    targets, answers = answered(60, 6)
    copies = np.repeat(np.arange(60), 5)
    alone, together = (
        f1(targets[copies], answers[copies], range(5), 0.05, clusters=clusters) for clusters in (None, copies)
    )
    once = f1(targets, answers, range(5), 0.05)
    assert (together.low, together.high) == pytest.approx((once.low, once.high), abs=1e-9)
    assert (alone.low or 0) > (together.low or 0) + 0.03
    heavy = f1(targets, answers, range(5), 0.05, weights=np.where(targets == answers, 5.0, 1.0))
    assert heavy.value > once.value


@given(st.data())
def test_an_answer_lost_is_worth_what_a_wrong_one_is(data: st.DataObject) -> None:
    """Both 5 (another class) and 6 (unparsed) are wrong for the label the case should have had."""
    targets, answers = answered(30, data.draw(st.integers(0, 50)))
    place = data.draw(st.integers(0, 29))
    lost, wrong = answers.copy(), answers.copy()
    lost[place], wrong[place] = 6, 5
    assert f1_per_label(targets, lost, 5).tolist() == f1_per_label(targets, wrong, 5).tolist()
    assert f1_per_label(targets, lost, 5)[targets[place]] <= f1_per_label(targets, answers, 5)[targets[place]]
