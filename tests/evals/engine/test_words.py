"""No figure reads better than it is: limits stand as signed, bounds round outwards, a part is never all or none."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.engine.words import Demand, amount, between, in_unit, required
from governance.proof.words import printed

millionths = st.integers(0, 1_000_000).map(lambda n: Decimal(n) / 1_000_000)


def number(text: str) -> Decimal:
    return Decimal(text.split(maxsplit=1)[0])


@given(millionths, millionths)
def test_bounds_never_reach_what_they_miss_and_limits_stand_as_signed(low: Decimal, limit: Decimal) -> None:
    asked = Demand("exact_match", "all", "absolute", str(limit))
    assert number(required(asked).removeprefix("at least ")) == limit * 100
    first, last = printed.bounds(str(low), str(low)).split(" to ")
    assert Decimal(first) <= low <= Decimal(last)
    first, last = between("exact_match", str(low), str(low)).split(" to ")
    assert number(first) <= low * 100 <= number(last)


@given(millionths)
def test_a_part_is_neither_all_nor_none(share: Decimal) -> None:
    for shown in (Decimal(printed.figure(str(share))), number(in_unit("exact_match", str(share))) / 100):
        assert (shown in (0, 1)) == (share in (0, 1))
        assert abs(shown - share) <= Decimal("0.0005")


@pytest.mark.parametrize(
    ("kind", "limit", "said"),
    [
        ("absolute", "0.8996", "at least 89.96 %"),
        ("zero_tolerance", "0.0004", "not one failure, and at most 0.04 % in truth"),
        ("non_inferiority", "0.0496", "at most 4.96 points below the baseline"),
        ("relative", "0.99951", "at least 0.99951 times the baseline"),
    ],
)
def test_a_limit_is_never_rounded(kind: str, limit: str, said: str) -> None:
    assert required(Demand("exact_match", "all", kind, limit)) == said


def test_one_failure_of_many_is_told_and_small_costs_are_some() -> None:
    assert amount(Demand("exact_match", "all", "zero_tolerance", "0.01"), Decimal("0.0004")) == "0.04 %"
    assert in_unit("exact_match", "0.9996") == "99.96 %"
    assert in_unit("exact_match", "0.5833") == "58.3 %"
    assert in_unit("cost_mean", "0.00042").startswith("0.0004 ")
    assert printed.figure("1E+999999").startswith("1000")
