"""What every grader is given, and what it returns."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from evals.engine.cases import strict_json
from evals.engine.fields import Body
from evals.engine.rubric import Criterion, RubricBody
from evals.engine.spec import Case

Key = tuple[str, int]
"""An answer's name: the case's id and the repeat, counted from 1."""


@dataclass(frozen=True)
class Grade:
    """What one criterion says of one answer: a score from 0 to 1, whether it is met, and why, small enough to show.

    `detail` is JSON without floats. `met` is never true of an answer that cannot be read.
    """

    score: float
    met: bool
    detail: Mapping[str, Any] = field(default_factory=dict)

    def recorded(self) -> dict[str, Any]:
        """Return the grade as a line of outputs.jsonl holds it."""
        return {"score": f"{self.score:.6f}", "met": self.met, "detail": dict(self.detail)}


@dataclass(frozen=True)
class Reading:
    """An answer as it was read: its text, and its value where answers are JSON. `parsed` is false if it is none."""

    text: str
    value: Any
    parsed: bool

    def part(self, member: str | None) -> str | None:
        """Return the text that is graded: all of it, or a member of the JSON object; None if there is no such."""
        if member is None:
            return self.text
        found = self.value.get(member) if isinstance(self.value, dict) else None
        return found if isinstance(found, str) or found is None else _plain(found)


@dataclass(frozen=True)
class Context:
    """What a grader is built from: its criterion, its parameters, and the rest of the rubric."""

    rubric: RubricBody
    criterion: Criterion
    parameters: Any

    @property
    def json(self) -> bool:
        """Whether answers are JSON."""
        return self.rubric.output.format == "json"

    def read(self, text: str) -> Reading:
        """Return a text, an answer's or a right one, as it is to be read under the rubric."""
        return read(text, self.rubric.output.format)

    def rights(self, case: Case) -> list[str]:
        """Return the graded part of every right answer to `case`."""
        member = getattr(self.parameters, "field", None)
        parts = [self.read(answer).part(member) for answer in case.answers]
        return [part for part in parts if part is not None]


Grader = Callable[[Case, Reading], Grade]
"""Grades one answer by itself."""
Build = Callable[[Context], Grader]


def read(text: str, form: Literal["json", "text", "choice"]) -> Reading:
    """Return `text` as it is to be read; an answer that should be JSON and is not is not parsed."""
    if form != "json":
        return Reading(text, None, bool(text.strip()))
    try:
        return Reading(text, strict_json(text), True)
    except ValueError:
        return Reading(text, None, False)


def yes(met: bool, **detail: Any) -> Grade:
    """Return the grade of something that is met or not, with nothing between."""
    return Grade(1.0 if met else 0.0, met, detail)


def scored(score: float, parameters: Body, **detail: Any) -> Grade:
    """Return the grade of a `score` from 0 to 1, met from the parameters' `met_from` up. Six decimals count."""
    rounded = round(min(max(score, 0.0), 1.0), 6)
    met = Decimal(f"{rounded:.6f}") >= Decimal(getattr(parameters, "met_from", "1"))
    return Grade(rounded, met, detail)


def shown(text: str, length: int = 120) -> str:
    """Return `text` short enough to stand in a detail."""
    return text if len(text) <= length else text[: length - 1] + "…"


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
