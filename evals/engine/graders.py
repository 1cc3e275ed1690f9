"""Grading: what an answer is worth by the rubric. Pure; the same text always gets the same grades.

An answer is the text a model generated. It is parsed as JSON first: what cannot be parsed, or is not there at all,
meets no criterion.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evals.engine import unsupported
from evals.engine.cases import strict_json
from evals.engine.json_schemas import compiled
from evals.engine.spec import Case, RubricBody

UNPARSED = "(unparsed)"
"""The class of an answer that is not JSON or is missing."""
OTHER = "(other)"
"""The class of an answer that is JSON but holds none of the declared labels."""


@dataclass(frozen=True)
class Expected:
    """A case as verdicts see it: its label is None when its target holds none."""

    id: str
    slices: frozenset[str]
    label: str | None


@dataclass(frozen=True)
class Grades:
    """One graded answer: equal to the target, of valid form, passed by the rubric, and the label it holds."""

    parsed: bool
    correct: bool
    valid: bool
    passed: bool
    label: str


class Grader:
    """The rubric made callable."""

    def __init__(self, rubric: RubricBody) -> None:
        """Compile the rubric's JSON Schema (draft 2020-12).

        Raises:
            ValueError: the schema is not a JSON Schema.
        """
        unsupported.of_rubric(rubric)
        self._schema = compiled(rubric.output.json_schema or {})
        self._field = str(rubric.output.label_field)
        self._criteria = [(criterion.grader, Decimal(criterion.weight)) for criterion in rubric.criteria]
        self._pass_mark = Decimal(rubric.pass_mark)

    def expected(self, case: Case) -> Expected:
        """Return what verdicts need to know of `case`."""
        return Expected(case.id, frozenset(case.slices), self._label(_target(case)))

    def grade(self, case: Case, answer: str) -> Grades:
        """Return the grades of `answer` to `case`."""
        target = _target(case)
        wanted = self._label(target)
        try:
            value = strict_json(answer)
        except ValueError:
            return Grades(parsed=False, correct=False, valid=False, passed=False, label=UNPARSED)
        label = self._label(value)
        met = {
            "exact": same(value, target),
            "json_schema": self._schema.is_valid(value),
            # A case without a label has nothing to get wrong but everything, so only the whole answer counts.
            "label": label == wanted if wanted is not None else same(value, target),
        }
        score = sum((weight for grader, weight in self._criteria if met[grader]), Decimal(0))
        return Grades(True, met["exact"], met["json_schema"], score >= self._pass_mark, label or OTHER)

    def _label(self, value: Any) -> str | None:
        label = value.get(self._field) if isinstance(value, dict) else None
        return label if isinstance(label, str) else None


def _target(case: Case) -> Any:
    return strict_json(case.target) if case.target is not None else None


def same(first: Any, second: Any) -> bool:
    """Return whether two JSON values are equal; unlike Python's `==`, true is not 1 and 1 is not 1.0."""
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(value, second[key]) for key, value in first.items())
    if isinstance(first, list):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def grade_all(grader: Grader, cases: Iterable[Case], answers: Mapping[str, str]) -> dict[str, Grades]:
    """Return the grades by case id of those `cases` that have an answer in `answers` (by case id)."""
    return {case.id: grader.grade(case, answers[case.id]) for case in cases if case.id in answers}
