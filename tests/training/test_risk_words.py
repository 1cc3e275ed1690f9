"""How figures are said: rounding makes nothing certain, and what is not known is not said to be without an end."""

from typing import Any

import pytest

from training.risk_bodies import StageLine
from training.risk_words import figure, took


def probability(value: float | None, label: str = "") -> dict[str, Any]:
    return {"value": value, "unit": "probability", "formula": "too late", "label": label}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0%"),
        (0.0025, "under 1%"),
        (0.01, "1%"),
        (0.5, "50%"),
        (0.994, "99%"),
        (0.9975, "over 99%"),
        (1.0, "100%"),
    ],
)
def test_a_chance_is_not_rounded_to_certainty(value: float, words: str) -> None:
    assert figure(probability(value)) == words


@pytest.mark.parametrize(
    ("label", "words"),
    [("unknown", "not known"), ("unbounded", "without a known end"), ("held", "no end: the weights are held here")],
)
def test_a_window_of_which_nothing_is_known_is_not_said_to_be_without_an_end(label: str, words: str) -> None:
    window = {"value": None, "unit": "days", "formula": "freeze window", "label": label}
    assert figure(window) == words


def test_a_stage_without_a_basis_is_not_known_and_one_that_did_not_end_is_not_bounded() -> None:
    line = StageLine(stage="data", basis="none", complete=1, open=2, p50=None, p80=None, p95=None)
    assert took(line, "p80") == "not known"
    assert took(line.model_copy(update={"basis": "observed"}), "p80") == "not bounded"
    assert took(line.model_copy(update={"basis": "mixed"}), "p80") == "not bounded"
    assert took(line.model_copy(update={"basis": "observed", "p80": "1"}), "p80") == "1 day"
