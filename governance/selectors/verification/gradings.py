"""Rounds of grading, grades and ends of rounds against the leaves, both ways."""

from typing import Any

from governance import events
from governance.models import GradingClosed, GradingRound, HumanGrade
from governance.proof.formats.leaf import Leaf
from governance.selectors import gradings
from governance.selectors.verification.tables import Pairs, Table, Tables


def _pairs(said: dict[str, Any], leaf: Leaf) -> Pairs:
    return {key: (value, leaf.data.get(key)) for key, value in said.items()}


class Gradings(Tables):
    """Compares every row about grading by people with its leaf."""

    tables = (
        Table(
            "grading round",
            (events.GRADING_OPENED,),
            GradingRound.objects.select_related("by"),
            lambda row, leaf: _pairs(gradings.opening(row), leaf) | {"project": (str(row.project_id), leaf.project)},
        ),
        Table(
            "grade",
            (events.GRADE_GIVEN,),
            HumanGrade.objects.select_related("by"),
            lambda row, leaf: _pairs(gradings.grade(row), leaf),
        ),
        Table(
            "end of a grading round",
            (events.GRADING_CLOSED,),
            GradingClosed.objects.select_related("by"),
            lambda row, leaf: _pairs(gradings.closing(row), leaf),
        ),
    )
