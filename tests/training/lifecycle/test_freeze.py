"""The freeze window, and the chance to need a retrain in it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.lifecycle.made import NOON, base, dependant, held, in_days, inputs, seen
from training.lifecycle.freeze import freeze, retrain
from training.lifecycle.loss import loss


def of(*words, make=base):
    model = make("b", *words)
    given = inputs()
    return freeze(model, loss(model, given, None), given)


def test_the_window_runs_from_the_first_withdrawal_of_training_to_the_end_of_serving() -> None:
    found = of(seen(300), seen(100, phase="train-existing"), seen(120, phase="train-new"))
    assert (found.begins, found.ends, found.days.value, found.ahead.value) == (in_days(100), in_days(300), 200, 200)


def test_of_a_window_that_has_begun_only_the_rest_lies_ahead() -> None:
    found = of(seen(300), seen(-50, phase="train-new"))
    assert (found.days.value, found.ahead.value) == (350, 300)
    over = of(seen(-10), seen(-50, phase="train-new"))
    assert (over.days.value, over.ahead.value) == (40, 0)


def test_training_that_lasts_as_long_as_serving_leaves_no_window() -> None:
    assert of(seen(100), seen(200, phase="train-new")).days.value == 0


def test_a_side_that_nobody_named_is_not_guessed() -> None:
    unknown = of(seen(300))
    assert (unknown.begins, unknown.days.value, unknown.days.label) == (None, None, "unknown")
    open_ended = of(seen(100, phase="train-new"))
    assert (open_ended.ends, open_ended.days.value, open_ended.days.label) == (None, None, "unbounded")
    assert of(make=held).days.value == 0
    assert of(make=held).days.label == "held"


def test_a_tentative_beginning_is_labelled() -> None:
    assert of(seen(300), seen(100, phase="train-new", precision="tentative")).days.label == "tentative"


WINDOW = (seen(300), seen(100, phase="train-new"))


def test_the_chance_of_a_retrain_is_that_of_a_poisson_process() -> None:
    found = retrain(dependant(retrains=2, observed_days=400), of(*WINDOW), NOON)
    assert found.value == pytest.approx(1 - math.exp(-2 / 400 * 200))
    assert (found.label, found.sources) == ("", ("d", "5" * 64))


def test_without_a_retrain_the_rule_of_three_bounds_the_chance() -> None:
    found = retrain(dependant(retrains=0, observed_days=400), of(*WINDOW), NOON)
    assert found.value == pytest.approx(1 - math.exp(-3 / 400 * 200))
    assert found.label == "upper bound"
    assert math.exp(-3) <= 0.05, "no retrain in so many days happens in 5 of 100 cases at most at that rate"


def test_nothing_observed_and_no_window_are_unknown_and_an_endless_one_is_certain() -> None:
    assert retrain(dependant(retrains=0, observed_days=0), of(*WINDOW), NOON).label == "unknown"
    assert retrain(dependant(), of(seen(300)), NOON).label == "unknown"
    assert retrain(dependant(), None, NOON).label == "unknown"
    endless = retrain(dependant(), of(seen(100, phase="train-new")), NOON)
    assert (endless.value, endless.label) == (1.0, "upper bound")
    assert retrain(dependant(), of(make=held), NOON).value == 0


@given(earlier=st.integers(0, 300), retrains=st.integers(0, 5))
def test_losing_training_earlier_never_lowers_the_chance(earlier, retrains) -> None:
    def chance(days: int) -> float:
        found = retrain(dependant(retrains=retrains), of(seen(300), seen(days, phase="train-new")), NOON).value
        assert isinstance(found, float)
        return found

    assert chance(100 - earlier) >= chance(100)
