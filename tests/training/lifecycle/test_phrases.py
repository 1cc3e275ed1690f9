"""How figures are said: rounding makes nothing certain, and what is not known is not said to be without an end."""

from typing import Any

import pytest

from training.bodies.risk import StageLine
from training.lifecycle.phrases import figure, took


def said(value: float | None, unit: str, *inputs: tuple[str, str], label: str = "") -> str:
    found: dict[str, Any] = {"value": value, "unit": unit, "formula": "freeze window", "label": label, "inputs": inputs}
    return figure(found)


@pytest.mark.parametrize(
    ("value", "words", "of_a_simulation"),
    [
        (0.0, "0%", "under 1%"),
        (0.0025, "under 1%", "under 1%"),
        (0.01, "1%", "1%"),
        (0.5, "50%", "50%"),
        (0.994, "99%", "99%"),
        (0.9975, "over 99%", "over 99%"),
        (1.0, "100%", "over 99%"),
    ],
)
def test_a_chance_is_not_rounded_to_certainty(value: float, words: str, of_a_simulation: str) -> None:
    assert said(value, "probability") == words
    assert said(value, "probability", ("T", "3"), ("runs", "400")) == of_a_simulation


@pytest.mark.parametrize(
    ("label", "words"),
    [("unknown", "not known"), ("unbounded", "without a known end"), ("held", "no end: the weights are held here")],
)
def test_a_window_of_which_nothing_is_known_is_not_said_to_be_without_an_end(label: str, words: str) -> None:
    assert said(None, "days", label=label) == words


def test_a_stage_without_a_basis_is_not_known_and_one_that_did_not_end_is_not_bounded() -> None:
    line = StageLine(stage="data", basis="none", complete=1, open=2, p50=None, p80=None, p95=None)
    assert took(line, "p80") == "not known"
    assert took(line.model_copy(update={"basis": "observed"}), "p80") == "not bounded"
    assert took(line.model_copy(update={"basis": "mixed"}), "p80") == "not bounded"
    assert took(line.model_copy(update={"basis": "observed", "p80": "1"}), "p80") == "1 day"
