"""Measuring what an evaluation left behind: every figure of a result, made again from the text of its answers.

`python -m evals.engine.measuring` does it in a process of its own, for callers that must not load numpy: it reads one
JSON object from standard input and prints Figures. A recording is held against the answers that came of it.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from evals.engine.backends.recorded import answer_of
from evals.engine.cases import CasesInvalid, check_cases, read_cases, strict_json
from evals.engine.comparing import differences, pairs_of
from evals.engine.failures import became, moved
from evals.engine.fields import Arm, Body
from evals.engine.grading import Grading
from evals.engine.metrics import by_repeat, confusion, measure, missing_in
from evals.engine.output_lines import Output, OutputsInvalid, parse_outputs
from evals.engine.outputs import ASKED_AS, read_outputs, told
from evals.engine.outputs_index import of_grades
from evals.engine.provenance import Priced, Recording
from evals.engine.recordings import read_recording
from evals.engine.results import Against, Figures
from evals.engine.rubric import RubricBody
from evals.engine.spec import EvaluationSetBody


class MeasuringRequest(Body):
    """What the command reads: the signed bodies, and paths of the case files, the outputs and the recording, if any.

    `compared` are paths of the outputs that these are held against; `wanted` are pairs of slice and metric of which the
    difference from the baseline is told besides that of all metrics on all cases.
    """

    evaluation_set: EvaluationSetBody
    rubric: RubricBody
    cases: dict[str, str]
    arm: Arm
    outputs: str
    recorded: str | None = None
    recording: Recording | None = None
    compared: dict[Against, str] = {}
    wanted: list[list[str]] = []


def figures(request: MeasuringRequest) -> Figures:
    """Return the figures that the outputs deserve.

    Raises:
        ValueError: cases, outputs and rubric do not fit one another, or the outputs are not those that were recorded.
    """
    cases = read_cases((name, Path(path)) for name, path in sorted(request.cases.items()))
    check_cases(cases, request.evaluation_set, request.rubric)
    grading = Grading(request.rubric)
    data = Path(request.outputs).read_bytes()
    # What was recorded was asked elsewhere: its prompts hold what was found for each case.
    found = read_outputs(data, cases, grading, request.arm if request.recorded is None else None)
    lines = parse_outputs(data)
    if request.recorded is not None:
        _check_recorded(lines, Path(request.recorded), request.recording or Priced())
    expected = grading.expected(cases)
    costs = [float(line.cost) for line in lines if line.cost is not None]
    references = {
        role: read_outputs(Path(path).read_bytes(), cases, grading, ASKED_AS[role])
        for role, path in request.compared.items()
    }
    now = of_grades(found.graded, expected, request.rubric)
    before = {role: of_grades(one.graded, expected, request.rubric) for role, one in references.items()}
    pairs = pairs_of(request.rubric, expected, request.wanted)
    baseline = references.get("baseline")
    return Figures(
        metrics=measure(request.rubric, expected, found),
        confusion=confusion(request.evaluation_set.labels, expected, found, request.rubric),
        missing=len(cases) - len({line.id for line in lines}),
        missing_in=missing_in(expected, found),
        by_repeat=by_repeat(request.rubric, expected, found),
        tokens=sum(line.tokens for line in lines),
        cost=f"{sum(costs):.6f}" if costs else None,
        became=became(now),
        moved={role: moved(one, now) for role, one in before.items()},
        differences=differences(request.rubric, expected, found, baseline, pairs) if baseline is not None else {},
    )


def _check_recorded(lines: list[Output], recording: Path, prices: Priced) -> None:
    """Check that the outputs are the recorded answers, all of them and unchanged."""
    recorded = read_recording(recording.name, recording)
    expected = {key: told(answer_of(line, prices)) for key, line in recorded.items()}
    found = {
        (x.id, x.repeat): (x.output, x.tokens_in, x.tokens, x.seconds, x.cost, x.finished) for x in lines
    }  # fmt: skip
    if other := sorted(key for key in found.keys() | expected.keys() if found.get(key) != expected.get(key)):
        case, repeat = other[0]
        raise OutputsInvalid(
            f"{len(other)} of the delivered outputs are not what was recorded, first of {case!r}, repeat {repeat}"
        )
    prompts = {key: line.prompt for key, line in recorded.items() if line.prompt is not None}
    if any(line.prompt != prompts.get((line.id, line.repeat), line.prompt) for line in lines):
        raise OutputsInvalid("the delivered outputs name other prompts than were recorded")


def main() -> int:
    """Measure one request from standard input; exit code 0 with the figures, 2 with the reason on standard error."""
    try:
        found = figures(MeasuringRequest.model_validate(strict_json(sys.stdin.read())))
    except (CasesInvalid, OutputsInvalid, ValidationError, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    said: Mapping[str, object] = found.model_dump(mode="json")
    sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
