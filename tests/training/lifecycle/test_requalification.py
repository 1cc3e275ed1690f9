"""R by stage: observed once there are enough, estimated until then, else unknown."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.lifecycle.made import estimates, inputs, past
from training.lifecycle.model import STAGES
from training.lifecycle.requalification import distributions, stages


def first(**changed):
    return stages(inputs(**changed))[0]


def test_five_completed_ones_are_enough() -> None:
    found = first(past=past(10, 4) + past(20, 1) + past(30, 2, done=False), estimates=estimates(1, 2, 3))
    assert (found.basis, found.complete, found.open, found.estimate) == ("observed", 5, 2, None)
    assert found.spread.p50.value == 10
    assert (found.spread.p50.formula, found.spread.p50.label) == ("survival", "")
    assert len(found.curve) == 2
    assert len(found.spread.p50.sources) == 7


def test_four_are_not_and_a_signed_estimate_stands_in_and_says_so() -> None:
    found = first(past=past(1, 4), estimates=estimates(5, 10, 20))
    assert (found.basis, found.complete) == ("estimate", 4)
    assert (found.spread.p80.formula, found.spread.p80.label) == ("three-point", "estimate")
    assert 10 < found.spread.p50.value < found.spread.p80.value < found.spread.p95.value < 20
    assert "e" * 64 in found.spread.p80.sources


@pytest.mark.parametrize("given", [(), estimates(signed=False)])
def test_without_a_signed_estimate_nobody_knows(given) -> None:
    found = first(past=past(1, 4), estimates=given)
    assert (found.basis, found.spread.p50.value, found.spread.p50.label) == ("none", None, "unknown")
    assert distributions(inputs(past=past(1, 4), estimates=given)) is None


def test_one_stage_without_a_basis_leaves_all_unknown() -> None:
    without = tuple(one for one in past(1, 5) if one.stage != "verdict")
    assert distributions(inputs(past=without)) is None
    assert [stage.basis for stage in stages(inputs(past=without))].count("none") == 1


def test_of_two_signed_estimates_the_longer_counts() -> None:
    longer = tuple(replace(one, document="f" * 64) for one in estimates(5, 10, 21))
    assert first(past=(), estimates=estimates(5, 10, 20) + longer).estimate == longer[0]
    assert first(past=(), estimates=longer + estimates(5, 10, 20)).estimate == longer[0]


def test_a_few_that_took_longer_than_estimated_lengthen_the_estimate() -> None:
    found = first(past=past(50, 2), estimates=estimates(5, 10, 20))
    assert (found.basis, found.spread.p50.value) == ("estimate", 50)


def test_one_that_has_been_open_for_longer_than_estimated_lengthens_the_estimate() -> None:
    assert first(past=past(50, 1, done=False), estimates=estimates(5, 10, 20)).spread.p50.value == 50


def test_with_enough_that_ended_what_others_are_open_for_is_unbounded() -> None:
    found = first(past=past(10, 5) + past(15, 5, done=False)).spread
    assert found.p50.value == 10
    assert (found.p80.value, found.p80.label) == (None, "unbounded")


@given(lengths=st.lists(st.integers(0, 60), min_size=1, max_size=8), high=st.integers(1, 60), share=st.floats(0.01, 1))
def test_forgetting_the_shortest_never_shortens_r(lengths, high, share) -> None:
    """Also where the sixth or fifth goes, and an estimate stands in that is shorter."""
    signed = estimates(0, high / 2, high)

    def known(kept):
        times = tuple(one for days in kept for one in past(days, 1))
        return distributions(inputs(past=times, estimates=signed))

    before, after = known(lengths), known(sorted(lengths)[1:])
    if len(lengths) > 1:
        assert all(after[stage].quantile(share) >= before[stage].quantile(share) for stage in STAGES)


def test_the_order_of_stages_is_that_of_the_work() -> None:
    assert tuple(stage.stage for stage in stages(inputs())) == STAGES
