from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.engine.planning.spending import Account, Disclosure, account, plan_alpha

IDS = st.frozensets(st.integers(0, 30).map(str), min_size=1, max_size=20)
ALPHAS = st.sampled_from([Decimal("0.01"), Decimal("0.05"), Decimal("0.1")])
DISCLOSURES = st.lists(st.builds(Disclosure, IDS, ALPHAS), max_size=6)
BUDGET = Decimal("0.2")


def cases(first: int, last: int) -> frozenset[str]:
    return frozenset(map(str, range(first, last)))


def spent(disclosures: list[Disclosure], plan: frozenset[str]) -> Account:
    return account(disclosures, plan, Decimal("0.05"), BUDGET)


def test_each_disclosure_of_the_same_cases_spends_its_alpha() -> None:
    shown = [Disclosure(cases(0, 100), Decimal("0.05"))] * 3
    found = spent(shown, cases(0, 100))
    assert (found.spent, found.left, found.next, found.further) == (
        Decimal("0.15"), Decimal("0.05"), Decimal("0.05"), 1,
    )  # fmt: skip
    assert found.affordable
    assert not spent([*shown, shown[0]], cases(0, 100)).affordable
    assert spent([*shown, shown[0], shown[0]], cases(0, 100)).left == 0


def test_freezing_again_under_another_digest_resets_nothing() -> None:
    """An account knows cases, not documents: the same cases in a new set are the same cases."""
    shown = [Disclosure(cases(0, 100), Decimal("0.05"))]
    assert spent(shown, frozenset(sorted(cases(0, 100), reverse=True))) == spent(shown, cases(0, 100))


def test_new_cases_beside_the_used_ones_give_nothing_back_and_replacing_them_does() -> None:
    shown = [Disclosure(cases(0, 100), Decimal("0.05"))]
    assert spent(shown, cases(0, 1_000)).spent == Decimal("0.05")
    assert spent(shown, cases(50, 150)).spent == Decimal("0.025")
    assert spent(shown, cases(100, 200)).spent == 0


def test_rounding_never_favours_the_plan() -> None:
    found = account([Disclosure(cases(0, 3), Decimal("0.05"))], cases(2, 5), Decimal("0.05"), BUDGET)
    assert found.spent == Decimal("0.016667")
    assert found.left == Decimal("0.183333")


def test_a_stage_is_held_to_the_largest_alpha_of_its_thresholds_and_stages_add_up() -> None:
    assert plan_alpha([[Decimal("0.05"), Decimal("0.1")]]) == Decimal("0.1")
    assert plan_alpha([[Decimal("0.05"), Decimal("0.1")], [], [Decimal("0.02")]]) == Decimal("0.12")
    with pytest.raises(ValueError, match="at least one deciding threshold"):
        plan_alpha([[], []])


@pytest.mark.parametrize(
    ("plan", "alpha", "budget"), [(frozenset(), "0.05", "0.2"), (cases(0, 1), "0", "0.2"), (cases(0, 1), "0.05", "2")]
)
def test_what_is_no_plan_is_refused(plan: frozenset[str], alpha: str, budget: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        account([], plan, Decimal(alpha), Decimal(budget))


@given(DISCLOSURES, IDS)
def test_disjoint_sets_spend_nothing(disclosures: list[Disclosure], plan: frozenset[str]) -> None:
    apart = frozenset("x" + case for case in plan)
    assert spent(disclosures, apart).spent == 0


@given(DISCLOSURES, st.builds(Disclosure, IDS, ALPHAS), IDS)
def test_another_disclosure_never_gives_back(
    disclosures: list[Disclosure], another: Disclosure, plan: frozenset[str]
) -> None:
    before, after = spent(disclosures, plan), spent([*disclosures, another], plan)
    assert after.spent >= before.spent
    assert after.left <= before.left
    assert after.further <= before.further
    assert after.spent - before.spent <= another.alpha + Decimal("0.000001")


@given(DISCLOSURES, st.frozensets(st.integers(0, 30).map(str), min_size=2, max_size=20), st.data())
def test_replacing_a_fresh_case_by_a_used_one_never_gives_back(
    disclosures: list[Disclosure], plan: frozenset[str], data: st.DataObject
) -> None:
    out = data.draw(st.sampled_from(sorted(plan)))
    fresh = (plan - {out}) | {"fresh"}
    assert spent(disclosures, fresh).spent <= spent(disclosures, plan).spent


@given(DISCLOSURES, IDS, st.frozensets(st.integers(100, 130).map(str), max_size=20))
def test_padding_with_new_cases_spends_at_least_what_the_smaller_set_shares(
    disclosures: list[Disclosure], plan: frozenset[str], fresh: frozenset[str]
) -> None:
    padded = spent(disclosures, plan | fresh)
    for one, cost in zip(disclosures, padded.costs, strict=True):
        assert cost >= one.alpha * len(one.cases & plan) / len(one.cases)
