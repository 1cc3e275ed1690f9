"""Judging a tuned model: from the bytes two evaluations left behind to the verdicts of the signed thresholds.

The recorded texts are graded again here, by the signed rubric, and must come to the recorded grades: a verdict never
rests on a grade that somebody merely wrote down. `python -m evals.engine.judgement` does the same in a process of its
own, for callers that must not load scipy: it reads one JSON object from standard input and prints a Judgement.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from pydantic import Field, ValidationError

from evals.engine.answers import Answer
from evals.engine.cases import CasesInvalid, check_cases, read_cases, strict_json
from evals.engine.fields import Body
from evals.engine.graders import Grader, Grades
from evals.engine.results import Judgement
from evals.engine.spec import Case, EvaluationSetBody, RubricBody, ThresholdsBody
from evals.engine.verdicts import verdicts
from governance.proof.canonical import dumps


class OutputsInvalid(ValueError):
    """The outputs of an evaluation are not what the engine writes for these cases under this rubric."""


class Output(Body):
    """One line of outputs.jsonl: what the model answered to case `id`, in `tokens` new tokens, and its grades.

    `finished` says whether the model ended the answer itself rather than running into the limit of tokens.
    """

    id: str
    output: str
    tokens: int = Field(ge=0)
    finished: bool
    parsed: bool
    valid: bool
    correct: bool
    passed: bool
    label: str


def write_outputs(answers: dict[str, Answer], grades: dict[str, Grades]) -> bytes:
    """Return the lines of outputs.jsonl: canonical JSON, one per case, sorted by id."""
    lines = []
    for name in sorted(answers):
        answer = answers[name]
        recorded = {"id": name, "output": answer.text, "tokens": answer.tokens, "finished": answer.finished}
        lines.append(dumps(recorded | asdict(grades[name])) + b"\n")
    return b"".join(lines)


def read_outputs(data: bytes, cases: Iterable[Case], grader: Grader) -> dict[str, Grades]:
    """Return the grades by case id, graded anew from the recorded texts. Cases may be missing.

    Raises:
        OutputsInvalid: not the engine's lines, an unknown or repeated case, or grades other than the text deserves.
    """
    known = {case.id: case for case in cases}
    graded: dict[str, Grades] = {}
    for number, line in enumerate(data.splitlines(), start=1):
        try:
            output = Output.model_validate(strict_json(line.decode("utf-8")))
        except (ValidationError, ValueError) as error:
            raise OutputsInvalid(f"line {number} of the outputs cannot be read: {error}") from None
        if output.id not in known or output.id in graded:
            raise OutputsInvalid(
                f"line {number} of the outputs is about {output.id!r}: no case of the set, or repeated"
            )
        grades = grader.grade(known[output.id], output.output)
        if any(getattr(output, name) != value for name, value in asdict(grades).items()):
            raise OutputsInvalid(
                f"line {number} of the outputs records grades for case {output.id!r} other than the rubric gives; "
                "evaluate again with the engine of this version"
            )
        graded[output.id] = grades
    return graded


def judge(
    thresholds: ThresholdsBody,
    tuned_outputs: bytes,
    baseline_outputs: bytes | None,
    cases: Sequence[Case],
    rubric: RubricBody,
) -> Judgement:
    """Return the verdicts of `thresholds` on the tuned model's outputs, paired with the baseline's.

    Raises:
        OutputsInvalid: either file of outputs is not usable.
        ValueError: the rubric's schema is not a JSON Schema.
    """
    grader = Grader(rubric)
    tuned = read_outputs(tuned_outputs, cases, grader)
    baseline = read_outputs(baseline_outputs, cases, grader) if baseline_outputs is not None else None
    return verdicts(thresholds.thresholds, [grader.expected(case) for case in cases], tuned, baseline)


class JudgementRequest(Body):
    """What the command reads: the signed bodies, and paths of the case files and of the two files of outputs."""

    evaluation_set: EvaluationSetBody
    rubric: RubricBody
    thresholds: ThresholdsBody
    cases: dict[str, str]
    tuned_outputs: str
    baseline_outputs: str | None


def main() -> int:
    """Judge one request from standard input; exit code 0 with the Judgement, 2 with the reason on standard error."""
    try:
        request = JudgementRequest.model_validate(strict_json(sys.stdin.read()))
        cases = read_cases((name, Path(path)) for name, path in sorted(request.cases.items()))
        check_cases(cases, request.evaluation_set, request.rubric)
        request.thresholds.check_against(request.evaluation_set, request.rubric)
        baseline = Path(request.baseline_outputs).read_bytes() if request.baseline_outputs else None
        tuned = Path(request.tuned_outputs).read_bytes()
        judgement = judge(request.thresholds, tuned, baseline, cases, request.rubric)
    except (CasesInvalid, OutputsInvalid, ValidationError, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(judgement.model_dump(mode="json"), ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
