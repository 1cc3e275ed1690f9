"""Every formula is used, and explained in the documentation with the same words."""

from pathlib import Path

import pytest

from tests.training.lifecycle.made import base, dependant, estimates, held, in_days, inputs, past, seen
from tests.training.lifecycle.test_risk import figures
from training.lifecycle.formulas import FORMULAS
from training.lifecycle.risk import assess

PAGE = Path(__file__).parents[3] / "docs" / "retirement-risk.md"


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=FORMULAS)
def test_the_documentation_says_what_the_figure_says(formula) -> None:
    assert f"| {formula.name} | {formula.words} | {formula.source} |\n" in PAGE.read_text()


def test_every_formula_makes_a_figure() -> None:
    ended = base("e", seen(50), seen(10, phase="train-new"), released_on=in_days(-300))
    services = (dependant("d0", "e"), dependant("d1", "undated"), dependant("d2", "h"))
    given = inputs(ended, base("undated"), held("h"), dependants=services)
    some = tuple(one for one in past() if one.stage != "run")
    worlds = [given, inputs(past=some), inputs(past=some, estimates=estimates())]
    assert {figure.formula for world in worlds for figure in figures(assess(world))} == set(FORMULAS)
