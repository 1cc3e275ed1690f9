"""Judging a tuned model: from the bytes evaluations left behind to the verdicts of the signed thresholds.

`python -m evals.engine.judgement` does it in a process of its own, for callers that must not load scipy: it reads one
JSON object from standard input and prints a Judgement. With `what_if` the same outputs are judged by other thresholds;
what comes out then is no Judgement but a WhatIf, which no document holds and no gate reads.
"""

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from evals.engine import unsupported
from evals.engine.calibrations import CalibrationFigure
from evals.engine.cases import CasesInvalid, check_cases, read_cases, strict_json
from evals.engine.deciders import UNCALIBRATED, UNGRADED, judged_criteria
from evals.engine.fields import Body
from evals.engine.given_grades import FrozenRound, Grades, of, read_rounds
from evals.engine.grading import Grading
from evals.engine.measures import ImportedMeasure
from evals.engine.output_lines import OutputsInvalid
from evals.engine.outputs import ASKED_AS, read_outputs
from evals.engine.results import Against, Judgement, WhatIf
from evals.engine.rubric import RubricBody
from evals.engine.samples import Answers
from evals.engine.spec import Case, EvaluationSetBody, ThresholdsBody
from evals.engine.statistics import Calibration
from evals.engine.verdicts import Evidence, verdicts


def judge(
    thresholds: ThresholdsBody,
    tuned: bytes,
    cases: Sequence[Case],
    rubric: RubricBody,
    *,
    baseline: bytes | None = None,
    last_release: bytes | None = None,
    measures: Sequence[ImportedMeasure] = (),
    calibrations: Mapping[str, CalibrationFigure] | None = None,
    uncalibrated: Mapping[str, str] | None = None,
    grades: Mapping[str, Grades] | None = None,
) -> Judgement:
    """Return the verdicts of `thresholds` on the tuned model's outputs, paired with what they are compared with.

    `calibrations` are those of judges, by criterion; `uncalibrated` says why others do not count. `grades` are people's
    of "tuned", "baseline" and "last_release".

    Raises:
        OutputsInvalid: a file of outputs is not usable.
        ValueError: the rubric's schema is not a JSON Schema.
    """
    grading, given = Grading(rubric), grades or {}
    found = read_outputs(tuned, cases, grading, "tuned", of(given, "tuned").counting)
    compared: dict[Against, bytes | None] = {"baseline": baseline, "last_release": last_release}
    references: dict[str, Answers] = {
        role: read_outputs(data, cases, grading, ASKED_AS[role], of(given, role).counting)
        for role, data in compared.items()
        if data is not None
    }
    known = {name: counted(figure) for name, figure in (calibrations or {}).items()}
    reasons = unjudged(rubric, known, uncalibrated)
    evidence = Evidence(
        rubric=rubric,
        cases=grading.expected(cases),
        tuned=found,
        references=references,
        measures=measures,
        undecided=reasons,
        calibrations=known,
        first=of(given, "tuned").first,
    )
    made = verdicts(thresholds.thresholds, evidence)
    return made.model_copy(update={"report_only": reasons | ungraded(rubric, found)})


def counted(figure: CalibrationFigure) -> Calibration:
    """Return a calibration's counts at what its answers are worth: those to one case count as one."""
    good, bad = figure.sensitivity.n, figure.specificity.n
    return Calibration(figure.found_good / figure.good * good, good, figure.found_bad / figure.bad * bad, bad)


def unjudged(
    rubric: RubricBody, calibrated: Collection[str] = (), why: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the criteria whose judges decide nothing, with the reason."""
    return {n: (why or {}).get(n, UNCALIBRATED) for n in judged_criteria(rubric) if n not in calibrated}


def ungraded(rubric: RubricBody, found: Answers) -> dict[str, str]:
    """Return the criteria that people have not graded every answer by."""
    names = [criterion.name for criterion in rubric.criteria_of("human")]
    return {n: UNGRADED for n in names if any(n not in graded.grades for graded in found.graded.values())}


class JudgementRequest(Body):
    """What the command reads: the signed bodies, and paths of the case files and of the files of outputs.

    `results` are the digests of the results behind "tuned", "baseline" and "last_release", by which the grades in
    `rounds` are told apart.
    """

    evaluation_set: EvaluationSetBody
    rubric: RubricBody
    thresholds: ThresholdsBody
    cases: dict[str, str]
    tuned_outputs: str
    baseline_outputs: str | None
    last_release_outputs: str | None = None
    measures: list[ImportedMeasure] = []
    calibrations: dict[str, CalibrationFigure] = {}
    uncalibrated: dict[str, str] = {}
    results: dict[str, str] = {}
    rounds: list[FrozenRound] = []
    what_if: ThresholdsBody | None = None

    @property
    def grades(self) -> dict[str, Grades]:
        """People's grades by what they are of: "tuned", "baseline", "last_release"."""
        found = read_rounds(self.rounds)
        return {role: of(found, digest) for role, digest in self.results.items()}


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
        calibrations=request.calibrations,
        uncalibrated=request.uncalibrated,
        grades=request.grades,
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
