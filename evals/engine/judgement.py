"""Judging a tuned model: from the bytes evaluations left behind to the verdicts of the signed thresholds.

`python -m evals.engine.judgement` does it in a process of its own, for callers that must not load scipy: it reads one
JSON object from standard input and prints a Judgement. With `what_if` the same outputs are judged by other thresholds;
what comes out then is no Judgement but a WhatIf, which no document holds and no gate reads.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from evals.engine import unsupported
from evals.engine.cases import CasesInvalid, check_cases, read_cases, strict_json
from evals.engine.fields import Body
from evals.engine.grading import Grading, Scores, judged_criteria
from evals.engine.measures import ImportedMeasure
from evals.engine.output_lines import OutputsInvalid
from evals.engine.outputs import read_outputs
from evals.engine.results import Judgement, WhatIf
from evals.engine.rubric import RubricBody
from evals.engine.samples import Answers
from evals.engine.spec import Case, EvaluationSetBody, ThresholdsBody
from evals.engine.verdicts import Evidence, verdicts

UNCALIBRATED = "the judge's agreement with people has not been measured and signed; its scores are for reading only"
UNGRADED = "people have not graded every answer yet"


def judge(
    thresholds: ThresholdsBody,
    tuned: bytes,
    cases: Sequence[Case],
    rubric: RubricBody,
    *,
    baseline: bytes | None = None,
    last_release: bytes | None = None,
    measures: Sequence[ImportedMeasure] = (),
    calibrated: Sequence[str] = (),
    given: Scores | None = None,
) -> Judgement:
    """Return the verdicts of `thresholds` on the tuned model's outputs, paired with what they are compared with.

    `calibrated` names the criteria whose judges were calibrated; `given` are people's grades of the tuned arm.

    Raises:
        OutputsInvalid: a file of outputs is not usable.
        ValueError: the rubric's schema is not a JSON Schema.
    """
    grading = Grading(rubric)
    found = read_outputs(tuned, cases, grading, "tuned", given)
    references: dict[str, Answers] = {}
    if baseline is not None:
        references["baseline"] = read_outputs(baseline, cases, grading, "base")
    if last_release is not None:
        references["last_release"] = read_outputs(last_release, cases, grading, "tuned")
    evidence = Evidence(
        rubric=rubric,
        cases=grading.expected(cases),
        tuned=found,
        references=references,
        measures=measures,
        undecided=undecided(rubric, found, calibrated),
    )
    return verdicts(thresholds.thresholds, evidence)


def undecided(rubric: RubricBody, found: Answers, calibrated: Sequence[str] = ()) -> dict[str, str]:
    """Return the criteria whose grades decide nothing, with the reason: uncalibrated judges, people still to grade."""
    reasons = {name: UNCALIBRATED for name in judged_criteria(rubric) if name not in calibrated}
    for criterion in rubric.criteria_of("human"):
        if any(criterion.name not in graded.grades for graded in found.graded.values()):
            reasons[criterion.name] = UNGRADED
    return reasons


class JudgementRequest(Body):
    """What the command reads: the signed bodies, and paths of the case files and of the files of outputs.

    `people` holds people's grades: case id → repeat (as text) → criterion → scores.
    """

    evaluation_set: EvaluationSetBody
    rubric: RubricBody
    thresholds: ThresholdsBody
    cases: dict[str, str]
    tuned_outputs: str
    baseline_outputs: str | None
    last_release_outputs: str | None = None
    measures: list[ImportedMeasure] = []
    calibrated: list[str] = []
    people: dict[str, dict[str, dict[str, list[int]]]] = {}
    what_if: ThresholdsBody | None = None

    @property
    def given(self) -> Scores:
        """People's grades by answer."""
        return {
            (case, int(repeat)): scores for case, repeats in self.people.items() for repeat, scores in repeats.items()
        }


def answer(request: JudgementRequest) -> Judgement | WhatIf:
    """Return what a request comes to: the verdicts of the plan, or with `what_if` those that would have been.

    Raises:
        ValueError: cases, outputs and plan do not fit one another.
    """
    cases = read_cases((name, Path(path)) for name, path in sorted(request.cases.items()))
    check_cases(cases, request.evaluation_set, request.rubric)
    thresholds = request.what_if or request.thresholds
    unsupported.of_thresholds(thresholds)
    thresholds.check_against(request.evaluation_set, request.rubric)
    judgement = judge(
        thresholds,
        Path(request.tuned_outputs).read_bytes(),
        cases,
        request.rubric,
        baseline=_bytes(request.baseline_outputs),
        last_release=_bytes(request.last_release_outputs),
        measures=request.measures,
        calibrated=request.calibrated,
        given=request.given or None,
    )
    return judgement if request.what_if is None else WhatIf(judgement=judgement)


def main() -> int:
    """Judge one request from standard input; exit code 0 with the answer, 2 with the reason on standard error."""
    try:
        found = answer(JudgementRequest.model_validate(strict_json(sys.stdin.read())))
    except (CasesInvalid, OutputsInvalid, ValidationError, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    told: Mapping[str, object] = found.model_dump(mode="json")
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    return 0


def _bytes(path: str | None) -> bytes | None:
    return Path(path).read_bytes() if path is not None else None


if __name__ == "__main__":
    sys.exit(main())
