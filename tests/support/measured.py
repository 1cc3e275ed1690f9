"""The story with answers that were really given: they can be graded again, so that reports tell of single answers."""

import json
from typing import Any

from evals import documents as evals
from evals.engine.cases import read_cases
from evals.engine.evaluation_set import sizes
from evals.engine.fields import Arm
from evals.engine.spec import Case, EvaluationSetBody, RubricBody
from governance import store
from governance.selectors import documents as docs
from tests.evals.engine import builders
from tests.support import papers
from tests.support.story import _PLAN, Story, _arm

ROLES = {"failure-prone": "failure_prone", "high-value": "high_value", "red-team": "red_team"}


def thresholds() -> dict[str, Any]:
    """Thresholds of every kind, hard and soft, of two stages."""
    ask = papers.threshold
    gap = {"kind": "gap", "direction": "<=", "groups": ["common", "high-value"]}
    return {
        "title": "Acceptance of the chapter coder",
        "preset": "standard",
        "thresholds": [
            ask("accuracy", "exact_match", "all", "0.6", power="0.9"),
            ask("form", "valid_format", "all", "0.9"),
            ask("no-worse", "macro_f1", "all", "0.05", kind="non_inferiority", against="baseline"),
            ask("attacks", "valid_format", "red-team", "0.1", kind="zero_tolerance"),
            ask("high-value", "exact_match", "high-value", "0.9", "soft"),
            ask("alike", "exact_match", "all", "0.15", "soft", **gap),
            ask("latency", "latency_p95", "all", "2", "soft", stage="pilot", direction="<="),
        ],
        "stages": {"release": "whether it may code the queue", "pilot": "whether the pilot goes on"},
    }


class Measured(Story):
    """The story whose arms answered the cases: the base model nearly always wrong, the tuned one mostly right."""

    def plan(self) -> None:
        """The plan with roles and sizes of slices and thresholds of every kind."""
        known = papers.evaluation_set, papers.thresholds
        papers.evaluation_set = lambda file: known[0](file) | {"roles": ROLES, "sizes": _sizes()}
        papers.thresholds = thresholds
        try:
            super().plan()
        finally:
            papers.evaluation_set, papers.thresholds = known

    def measure(self) -> None:
        """The baseline."""
        self.submit("engineer", "baseline_spec", evals.SPEC, _arm("base"), **_PLAN, subject="base")
        self.made["baseline"] = self.run("baseline_spec", lambda _: self.answers("base"))

    def evaluate(self) -> None:
        """The tuned arm, judged by its answers."""
        self.submit("engineer", "tuned_spec", evals.SPEC, _arm("tuned"), **_PLAN, subject="record", baseline="baseline")
        self.made["result"] = self.run("tuned_spec", lambda _: self.answers("tuned"))

    def answers(self, arm: Arm) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """What a runner sends: the arm's answers, and figures that the server replaces by its own."""
        rubric: RubricBody = docs.model_body(self["rubric"], RubricBody)
        [entry] = docs.model_body(self["set"], EvaluationSetBody).files
        cases = read_cases([(entry.path, store.path_of(entry.sha256))])
        texts = {case.id: said for case in cases if (said := says(case, arm)) is not None}
        outputs = self.bytes(f"answers of the {arm} arm", builders.outputs(rubric, cases, texts, arm))
        return papers.evaluation_result(arm, outputs, 0.5), [outputs]


def _sizes() -> dict[str, Any]:
    held = [Case.model_validate_json(line) for line in papers.cases().splitlines()]
    return {name: size.model_dump() for name, size in sizes(held, papers.SLICES).items()}


def says(case: Case, arm: Arm) -> str | None:
    """What an arm answers to a case, by the case's number alone; None where nothing comes."""
    number = int(case.id.rpartition("-")[2])
    right = json.loads(str(case.target))["chapter"]
    if arm == "base":
        wrong = f"I think it is {right}" if number % 2 else '{"chapter":"skin"}'
        return str(case.target) if number % 19 == 0 else wrong
    if number == 77:
        return None
    if number % 29 == 3 and case.slices != ["red-team"]:
        return f"chapter: {right}"
    if number % 6 == 4 or number == 19:
        return json.dumps({"chapter": papers.LABELS[(papers.LABELS.index(right) + 1 + number % 2 * 7) % 15]})
    return str(case.target)
