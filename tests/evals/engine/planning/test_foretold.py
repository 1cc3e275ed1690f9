"""What thresholds can show, in words, and that the words are the verdicts' own numbers."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.engine.planning.foretold import Planned, foretell
from evals.engine.spec import ThresholdsBody
from evals.engine.statistics import wilson
from tests.evals.engine.builders import threshold_dict


def planned(count: int, *slices: str, cluster: str | None = None, label: str | None = "eye", expects="answer"):
    return [Planned(frozenset(slices), cluster, Decimal(1), expects, label) for _ in range(count)]


def told(cases, exceptions=None, **changes):
    body = {
        "title": "t",
        "preset": "own",
        "thresholds": [threshold_dict(id="always", limit="0.1"), threshold_dict(id="asked", **changes)],
        "exceptions": exceptions or {},
    }
    return foretell(ThresholdsBody.model_validate(body), cases)[1]


def test_a_share_is_told_as_the_verdict_will_count_it() -> None:
    found = told(planned(289), limit="0.9", alpha="0.05")
    assert found.ranges is not None
    assert found.ranges.passes == 269 / 289
    assert found.ranges.fails == 251 / 289
    assert (wilson(269, 289, 0.05).low or 0) >= 0.9 > (wilson(268, 289, 0.05).low or 1)
    assert (wilson(251, 289, 0.05).high or 1) < 0.9 <= (wilson(252, 289, 0.05).high or 0)
    assert "289 cases of all cases count" in found.words
    assert "PASS takes a measured exact match of 93.1 % or more; 86.8 % or less is FAIL" in found.words
    assert "it says PASS in 8 of 10 evaluations" in found.words


@given(n=st.integers(5, 400), limit=st.integers(1, 99))
def test_ranges_are_where_the_bounds_cross(n: int, limit: int) -> None:
    found = told(planned(n), limit=f"0.{limit:02}")
    if found.ranges is None:
        return
    if found.ranges.passes is not None:
        k = round(found.ranges.passes * n)
        assert (wilson(k, n, 0.05).low or 0) >= limit / 100
        assert k == 0 or (wilson(k - 1, n, 0.05).low or 0) < limit / 100
    if found.ranges.fails is not None:
        k = round(found.ranges.fails * n)
        assert (wilson(k, n, 0.05).high or 0) < limit / 100


def test_what_is_counted_is_the_slice_not_the_whole_set() -> None:
    cases = planned(500, "common") + planned(12, "vague")
    assert told(cases, slice="vague", limit="0.9").found.n == 12
    assert not told(cases, slice="vague", limit="0.9").decidable
    assert told(cases, slice="common", limit="0.9").decidable
    short = told(cases, slice="vague", limit="0.5", n_min=13)
    assert not short.decidable
    assert "12 cases, fewer than the 13" in short.words


def test_a_labels_f1_rests_on_its_cases() -> None:
    cases = planned(300, label="ear") + planned(7, label="eye")
    assert told(cases, metric="f1:eye", limit="0.5").found.n == 7


def test_escalation_rests_on_cases_that_expect_it() -> None:
    cases = planned(300) + planned(40, expects="escalate")
    assert told(cases, metric="escalation_recall", limit="0.5").found.n == 40


def test_clusters_are_worth_less() -> None:
    alone, together = planned(200), planned(100, cluster="a") + planned(100, cluster="b")
    assert told(alone, limit="0.9").decidable
    found = told(together, limit="0.9")
    assert not found.decidable
    assert told(together, limit="0.9", cluster_key="none").decidable


def test_zero_tolerance_needs_its_number() -> None:
    assert not told(planned(298), kind="zero_tolerance", limit="0.01").decidable
    found = told(planned(299), kind="zero_tolerance", limit="0.01")
    assert found.decidable
    assert "One failure is FAIL" in found.words
    assert "fewer than 1 % would fail" in found.words


def test_no_worse_says_how_often_it_passes() -> None:
    found = told(planned(100), kind="non_inferiority", limit="0.03")
    assert found.decidable
    assert "687 cases would bring that to 8 of 10" in found.words


def test_an_upper_limit_is_told_the_other_way_round() -> None:
    found = told(planned(300), metric="refusal_rate", direction="<=", limit="0.1")
    assert found.ranges is not None
    assert found.ranges.passes is not None
    assert found.ranges.fails is not None
    assert found.ranges.passes < 0.1 < found.ranges.fails
    assert " % or less;" in found.words


def test_an_exception_does_not_make_it_decidable() -> None:
    found = told(planned(3), {"asked": "A pilot; nobody relies on it."}, limit="0.9")
    assert not found.decidable
    assert found.exception == "A pilot; nobody relies on it."


@pytest.mark.parametrize("kind", ["absolute", "relative", "non_inferiority", "zero_tolerance", "gap"])
def test_nothing_promised_without_cases(kind: str) -> None:
    more = {"groups": ["a", "b"], "direction": "<="} if kind == "gap" else {}
    found = told([], kind=kind, limit="0.5", **more)
    assert not found.decidable
    assert found.words.startswith("It cannot decide")
