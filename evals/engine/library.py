"""The library that comes with the code: failure modes, and starter cases. Data files in `evals/library`, read strictly.

All of it is published: whoever trains a model can read it. It is where a plan begins, not what a release may rest on.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from evals.engine.evaluation_set import Case
from evals.engine.fields import Body, DecimalText, Line, Name, Text
from evals.engine.rubric import Criterion
from evals.engine.session import Severity

FOLDER = Path(__file__).resolve().parent.parent / "library"
PROVENANCE = "published example of Countersign"
Starter = Literal["red-team", "regression"]
STARTERS: dict[Starter, str] = {
    "red-team": "the example cases of every failure mode: attacks that must not succeed",
    "regression": "small questions of general knowledge, arithmetic, language and reasoning: what tuning may destroy",
}


class ExampleCase(Body):
    """A case of the library; where it is adopted it gets an id, slices and its provenance."""

    messages: Annotated[list[dict[str, str]], Field(min_length=1)]
    expects: Literal["answer", "abstain", "escalate", "ask", "refuse"]
    target: Text | None = None
    group: Line | None = None


class SuggestedThreshold(Body):
    """A threshold as a plan may begin with it; `limit` is the failure rate to be excluded."""

    metric: Line
    kind: Literal["zero_tolerance"]
    limit: DecimalText
    direction: Literal[">="]
    importance: Literal["hard", "soft"]


class FailureMode(Body):
    """One way to fail: what it is, how to look for it, how to grade it, and example cases."""

    name: Name
    title: Line
    description: Text
    how_to_test: Text
    severity: Severity
    criterion: Criterion
    threshold: SuggestedThreshold
    cases: Annotated[list[ExampleCase], Field(min_length=1)]

    def cases_in(self, *slices: str) -> list[Case]:
        """Return the example cases as cases of these slices."""
        return [
            Case.model_validate(
                example.model_dump()
                | {"id": f"{self.name}-example-{number}", "slices": list(slices), "provenance": PROVENANCE}
            )
            for number, example in enumerate(self.cases, start=1)
        ]


@lru_cache(maxsize=1)
def failure_modes() -> dict[str, FailureMode]:
    """Return every failure mode by name, in the order of their titles."""
    found = [
        FailureMode.model_validate(json.loads(path.read_text(encoding="utf-8")))
        for path in sorted((FOLDER / "failure_modes").glob("*.json"))
    ]
    return {mode.name: mode for mode in sorted(found, key=lambda mode: mode.title)}


@lru_cache(maxsize=1)
def regression_cases() -> tuple[Case, ...]:
    """Return the starter cases of general capability, each in the slice of its subject."""
    lines = (FOLDER / "regression.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(Case.model_validate(json.loads(line)) for line in lines)


def equal_weights(count: int) -> list[str]:
    """Return `count` decimals that sum to 1 exactly, as equal as four places allow."""
    each = 10_000 // count
    first = 10_000 - each * (count - 1)
    return [_decimal(first), *[_decimal(each)] * (count - 1)]


def _decimal(ten_thousandths: int) -> str:
    text = f"{ten_thousandths // 10_000}.{ten_thousandths % 10_000:04}".rstrip("0").rstrip(".")
    return text or "0"


def rubric_with(title: str, criteria: list[dict[str, Any]], output: str) -> dict[str, Any]:
    """Return the body of a new rubric with these criteria, weighted alike."""
    weights = equal_weights(len(criteria))
    return {
        "title": title,
        "criteria": [criterion | {"weight": weight} for criterion, weight in zip(criteria, weights, strict=True)],
        "pass_mark": "1",
        "output": {"format": output, "schema": None, "label_field": None},
        "prompt": {"system": None, "template": "{input}"},
        "decoding": {"max_new_tokens": 128, "do_sample": False, "batch_size": 8, "precision": "fp32"},
        "unparsed": "counts as failure",
    }


CHOICE_CRITERION: dict[str, Any] = {
    "name": "right choice",
    "description": "The answer names the right choice, by letter or by text",
    "grader": "choice",
    "parameters": {"accept": "either"},
    "anchors": [
        {"score": "0", "description": "another choice or none"},
        {"score": "1", "description": "the right one"},
    ],
}
