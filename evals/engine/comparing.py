"""Arms against one of them, paired case by case: the difference of each metric, with bounds. Described, not judged.

`python -m evals.engine.comparing` does it in a process of its own, for callers that must not load numpy: it reads one
JSON object from standard input and prints Comparison. Every answer is graded again from its text.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN
from pathlib import Path

from pydantic import ValidationError

from evals.engine import estimators
from evals.engine.cases import CasesInvalid, check_cases, read_cases, strict_json
from evals.engine.comparisons import Comparison, Difference
from evals.engine.decimals import text
from evals.engine.fields import ALL, Arm, Body
from evals.engine.grading import Expected, Grading
from evals.engine.metric_names import metric
from evals.engine.metrics import ALPHA, names
from evals.engine.output_lines import OutputsInvalid
from evals.engine.outputs import read_outputs
from evals.engine.rubric import RubricBody
from evals.engine.samples import QUANTILES, Answers, sample
from evals.engine.spec import EvaluationSetBody
from evals.engine.verdicts import in_slice


class ArmOutputs(Body):
    """The outputs of one arm; `asked_as` is None for answers that were recorded elsewhere."""

    outputs: str
    asked_as: Arm | None


class ComparingRequest(Body):
    """What the command reads: the signed bodies, paths of cases, arms by name, and which of them is compared with.

    `wanted` are pairs of slice and metric that are compared besides all metrics on all cases.
    """

    evaluation_set: EvaluationSetBody
    rubric: RubricBody
    cases: dict[str, str]
    arms: dict[str, ArmOutputs]
    reference: str
    wanted: list[list[str]] = []


def comparison(request: ComparingRequest) -> Comparison:
    """Return the differences of every arm from the reference.

    Raises:
        ValueError: cases, outputs and rubric do not fit one another.
    """
    cases = read_cases((name, Path(path)) for name, path in sorted(request.cases.items()))
    check_cases(cases, request.evaluation_set, request.rubric)
    grading = Grading(request.rubric)
    found = {
        name: read_outputs(Path(arm.outputs).read_bytes(), cases, grading, arm.asked_as)
        for name, arm in request.arms.items()
    }
    expected = grading.expected(cases)
    pairs = pairs_of(request.rubric, expected, request.wanted)
    reference = found.pop(request.reference)
    return Comparison(
        reference=request.reference,
        arms={
            name: differences(request.rubric, expected, answers, reference, pairs) for name, answers in found.items()
        },
    )


def pairs_of(rubric: RubricBody, cases: Sequence[Expected], wanted: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    """Return which metric is compared on which slice: all of them on all cases, but for the F1 of single labels."""
    overall = [(ALL, name) for name in names(rubric, cases) if not name.startswith("f1:")]
    known = {piece: set(names(rubric, in_slice(cases, piece), piece)) for piece in {one[0] for one in wanted}}
    return overall + sorted({(p, m) for p, m in wanted if m in known[p]} - set(overall))


def differences(
    rubric: RubricBody,
    cases: Sequence[Expected],
    new: Answers,
    old: Answers,
    pairs: Sequence[tuple[str, str]],
) -> dict[str, dict[str, Difference]]:
    """Return how the metrics of new answers differ from those of old ones to the same cases, by slice and metric."""
    found: dict[str, dict[str, Difference]] = {}
    for piece, name in pairs:
        chosen, higher = in_slice(cases, piece), metric(name).higher
        # What is missing counts as the worst of the one and as the best of the other: no lost answer helps an arm.
        one = sample(name, chosen, new, rubric, higher=higher)
        other = sample(name, chosen, old, rubric, fill="best", higher=higher)
        if one is None or other is None:
            continue
        how: estimators.How = "ratio" if name in QUANTILES else "difference"
        estimate = estimators.compared(name, one, other, ALPHA, how)
        if estimate is None:
            continue
        found.setdefault(piece, {})[name] = Difference(
            how=how,
            value=text(estimate.value, ROUND_HALF_EVEN),
            low=text(estimate.low, ROUND_FLOOR) if estimate.low is not None else None,
            high=text(estimate.high, ROUND_CEILING) if estimate.high is not None else None,
            n=estimate.n,
            method=estimate.method,
            better=metric(name).higher,
        )
    return found


def main() -> int:
    """Compare one request from standard input; exit code 0 with what differs, 2 with the reason on standard error."""
    try:
        found = comparison(ComparingRequest.model_validate(strict_json(sys.stdin.read())))
    except (CasesInvalid, OutputsInvalid, ValidationError, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    told: Mapping[str, object] = found.model_dump(mode="json")
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
