"""The index of a file of outputs: every text is graded again, so nobody reads a grade that was merely written down.

`python -m evals.engine.outputs_index` makes it in a process of its own, for callers that must not load graders: it
reads one JSON object from standard input and prints the index.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from evals.engine.cases import CasesInvalid, check_cases, read_cases, strict_json
from evals.engine.failures import CaseLooked, Index, Looked, Outcome
from evals.engine.fields import Arm, Body
from evals.engine.graders.base import Key
from evals.engine.grading import Expected, Graded, Grading
from evals.engine.output_lines import OutputsInvalid
from evals.engine.outputs import read_outputs
from evals.engine.rubric import RubricBody
from evals.engine.spec import Case, EvaluationSetBody


def index(data: bytes, cases: Sequence[Case], rubric: RubricBody, arm: Arm | None) -> Index:
    """Return the index of the bytes of outputs.jsonl; `arm` is None for answers that were recorded elsewhere.

    Raises:
        OutputsInvalid: they are not the outputs of these cases, or record grades other than the texts deserve.
        ValueError: the rubric's schema is not a JSON Schema.
    """
    grading = Grading(rubric)
    graded = read_outputs(data, cases, grading, arm).graded
    return of_grades(graded, grading.expected(cases), rubric, dict(_places(data)))


def of_grades(
    graded: Mapping[Key, Graded],
    known: Sequence[Expected],
    rubric: RubricBody,
    places: Mapping[Key, tuple[int, int]] | None = None,
) -> Index:
    """Return the index of graded answers to all the cases of a set; `places` is where their lines lie."""
    repeats = range(1, rubric.decoding.repeats + 1)
    at = places or {}
    return Index(
        criteria=tuple(criterion.name for criterion in rubric.criteria),
        cases={case.id: CaseLooked(tuple(sorted(case.slices)), _applies(case, rubric)) for case in known},
        answers=[
            _looked(case, rubric, (case.id, repeat), graded.get((case.id, repeat)), at.get((case.id, repeat)))
            for case in known
            for repeat in repeats
        ],
    )


def _looked(
    case: Expected, rubric: RubricBody, key: Key, graded: Graded | None, place: tuple[int, int] | None
) -> Looked:
    if graded is None:
        return Looked(*key, "missing", _applies(case, rubric), None)
    outcome: Outcome = "passed" if graded.passed else "failed" if graded.parsed else "unparsed"
    missed = [name for name in _applies(case, rubric) if name in graded.grades and not graded.grades[name].met]
    return Looked(*key, outcome, tuple(missed), place)


def _applies(case: Expected, rubric: RubricBody) -> tuple[str, ...]:
    return tuple(criterion.name for criterion in rubric.criteria if criterion.name in case.applies)


def _places(data: bytes) -> Iterator[tuple[Key, tuple[int, int]]]:
    start = 0
    for line in data.splitlines(keepends=True):
        found = json.loads(line)  # read strictly already
        yield (found["id"], found["repeat"]), (start, len(line))
        start += len(line)


class IndexRequest(Body):
    """What the command reads: the signed bodies, the arm if it was asked here, and paths of case files and outputs."""

    evaluation_set: EvaluationSetBody
    rubric: RubricBody
    cases: dict[str, str]
    outputs: str
    arm: Arm | None


def main() -> int:
    """Index one file; exit code 0 with the index, 2 with the reason on standard error."""
    try:
        request = IndexRequest.model_validate(strict_json(sys.stdin.read()))
        cases = read_cases((name, Path(path)) for name, path in sorted(request.cases.items()))
        check_cases(cases, request.evaluation_set, request.rubric)
        found = index(Path(request.outputs).read_bytes(), cases, request.rubric, request.arm)
    except (CasesInvalid, OutputsInvalid, ValidationError, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    json.dump(found.told(), sys.stdout, ensure_ascii=False, separators=(",", ":"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
