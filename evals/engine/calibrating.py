"""How far a judge grades like people, in a process of its own: `python -m evals.engine.calibrating`.

Reads one JSON object from standard input, prints one. Outputs, judge's replies and grades are read again from their
files and graded anew by the rubric, so that a calibration rests on nothing that somebody merely wrote down.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from evals.engine import estimators
from evals.engine.bounds import wilson_high, wilson_low
from evals.engine.calibrations import CalibrationFigure, CorrectedFigure, Rate
from evals.engine.cases import CasesInvalid, check_cases, read_cases, strict_json
from evals.engine.deciders import judged_criteria
from evals.engine.decimals import text
from evals.engine.fields import Arm, Body, Digest
from evals.engine.given_grades import FrozenRound, Grades, of, read_rounds
from evals.engine.graders.base import Key
from evals.engine.grading import Expected, Grading
from evals.engine.human_grades import Asked
from evals.engine.judgement import counted
from evals.engine.output_lines import OutputsInvalid, parse_outputs
from evals.engine.outputs import read_outputs
from evals.engine.rubric import RubricBody
from evals.engine.samples import Answers, sample
from evals.engine.spec import EvaluationSetBody
from evals.engine.statistics import Calibration, cohen_kappa, krippendorff

ALPHA = 0.05
"""The level of each bound."""


class Compared(Body):
    """One result whose answers both graded: its digest, its arm, and where its outputs lie.

    `recorded` answers were asked elsewhere: their prompts are not those that the rubric makes.
    """

    result: Digest
    arm: Arm
    outputs: str
    recorded: bool = False


class GradedSet(Body):
    """An evaluation set, the results on it whose answers people graded, and the closed rounds in which they did."""

    evaluation_set: EvaluationSetBody
    cases: dict[str, str]
    results: list[Compared]
    rounds: list[FrozenRound]


class CalibrationRequest(Body):
    """What the command reads: the rubric, which judge of it to hold to people, and everything they graded by it."""

    rubric: RubricBody
    judge: str
    sets: list[GradedSet]


class Calibrated(Body):
    """What the command prints: how many answers were compared, and the figures by criterion."""

    answers: int
    criteria: dict[str, CalibrationFigure]


@dataclass(frozen=True)
class _Arm:
    result: Compared
    answers: Answers
    unparsed: Mapping[Key, frozenset[str]]
    grades: Grades
    expected: Sequence[Expected]


@dataclass(frozen=True)
class _Pair:
    """One answer that both graded: whether the judge and people call it good, and what it depends on."""

    judge: bool
    people: bool
    unparsed: bool
    cluster: str


def calibrate(request: CalibrationRequest) -> Calibrated:
    """Return how the judge grades the answers that people graded.

    Raises:
        ValueError: no criterion was graded by both, or people found all answers good, or all bad: then half of a
            judge's errors cannot be told.
        OutputsInvalid: outputs are not what the engine writes under this rubric.
    """
    arms = [arm for one in request.sets for arm in _arms(one, request.rubric)]
    judged = judged_criteria(request.rubric)
    graded = [criterion for one in request.sets for given in one.rounds for criterion in given.criteria]
    asked = {one.name: one for one in graded if judged.get(one.name) == request.judge}
    if not asked:
        names = ", ".join(sorted(name for name, judge in judged.items() if judge == request.judge)) or "none"
        raise ValueError(f"people graded none of what the judge {request.judge!r} grades: {names}; have them grade it")
    pairs = {name: _pairs(criterion, arms) for name, criterion in sorted(asked.items())}
    figures = {name: _figure(asked[name], found, arms, request.rubric) for name, found in pairs.items()}
    return Calibrated(answers=max(len(found) for found in pairs.values()), criteria=figures)


def _arms(one: GradedSet, rubric: RubricBody) -> Iterator[_Arm]:
    cases = read_cases((name, Path(path)) for name, path in sorted(one.cases.items()))
    check_cases(cases, one.evaluation_set, rubric)
    grading, grades = Grading(rubric), read_rounds(one.rounds)
    expected = grading.expected(cases)
    for result in one.results:
        data = Path(result.outputs).read_bytes()
        answers = read_outputs(data, cases, grading, None if result.recorded else result.arm)
        yield _Arm(result, answers, _unparsed(data), of(grades, result.result), expected)


def _unparsed(data: bytes) -> dict[Key, frozenset[str]]:
    return {
        (line.id, line.repeat): frozenset(
            name for name, replies in line.replies.items() if any(one.state != "scored" for one in replies)
        )
        for line in parse_outputs(data)
    }


def _pairs(criterion: Asked, arms: Sequence[_Arm]) -> list[_Pair]:
    """Return the answers that both graded. One that cannot be read was not put to the judge.

    Cases of one name depend on one another, also in different sets: a set's next version has most of them again.
    """
    name, found = criterion.name, []
    for arm in arms:
        clusters = {case.id: case.cluster or case.id for case in arm.expected}
        for key, given in sorted(arm.grades.counting.items()):
            graded = arm.answers.graded.get(key)
            if graded is None or not graded.parsed or name not in graded.grades or name not in given:
                continue
            scores = given[name]
            good = sum(scores) / len(scores) >= criterion.met_from
            lost = name in arm.unparsed[key]
            found.append(_Pair(graded.grades[name].met, good, lost, clusters[key[0]]))
    return found


def _figure(criterion: Asked, pairs: Sequence[_Pair], arms: Sequence[_Arm], rubric: RubricBody) -> CalibrationFigure:
    good, bad = [one for one in pairs if one.people], [one for one in pairs if not one.people]
    if not good or not bad:
        raise ValueError(
            f"people found {len(good)} answers good and {len(bad)} bad by {criterion.name!r}; a calibration needs both"
        )
    found_good, found_bad = sum(one.judge for one in good), sum(not one.judge for one in bad)
    table = np.asarray([[one.judge, one.people] for one in pairs], dtype=np.float64)
    clusters = [one.cluster for one in pairs]
    kappa = cohen_kappa(table[:, 0], table[:, 1])
    alpha = krippendorff(table, "nominal", ALPHA, clusters)
    figure = CalibrationFigure(
        found_good=found_good,
        good=len(good),
        found_bad=found_bad,
        bad=len(bad),
        unparsed=sum(one.unparsed for one in pairs),
        sensitivity=_rate(found_good, good),
        specificity=_rate(found_bad, bad),
        kappa=None if kappa is None else text(kappa, ROUND_HALF_EVEN),
        alpha=text(alpha.value, ROUND_HALF_EVEN) if alpha else None,
        low=text(alpha.low, ROUND_FLOOR) if alpha and alpha.low is not None else None,
        high=text(alpha.high, ROUND_CEILING) if alpha and alpha.high is not None else None,
        people=_among_people(criterion.name, arms),
        corrected=[],
    )
    corrected = [_corrected(criterion.name, arm, rubric, counted(figure)) for arm in arms]
    return figure.model_copy(update={"corrected": corrected})


def _rate(found: int, of_those: Sequence[_Pair]) -> Rate:
    """Return a share with Wilson's bounds on as many answers as there are clusters: those to one case are alike."""
    share, n = found / len(of_those), len({one.cluster for one in of_those})
    return Rate(
        value=text(share, ROUND_HALF_EVEN),
        low=text(wilson_low(share, n, ALPHA), ROUND_FLOOR),
        high=text(wilson_high(share, n, ALPHA), ROUND_CEILING),
        n=n,
    )


def _among_people(name: str, arms: Sequence[_Arm]) -> str | None:
    scores = [given[name] for arm in arms for given in arm.grades.first.values() if len(given.get(name, ())) > 1]
    if not scores:
        return None
    table = np.full((len(scores), max(map(len, scores))), np.nan)
    for row, each in enumerate(scores):
        table[row, : len(each)] = sorted(each)
    found = krippendorff(table, "ordinal", ALPHA)
    return text(found.value, ROUND_HALF_EVEN) if found else None


def _corrected(name: str, arm: _Arm, rubric: RubricBody, calibration: Calibration) -> CorrectedFigure:
    found = sample(f"met:{name}", arm.expected, arm.answers, rubric)
    if found is None:
        raise ValueError(f"no case is graded by {name!r}")
    called = estimators.alone(f"met:{name}", found, ALPHA)
    assert called is not None  # noqa: S101 - of shares there always is one
    estimate = estimators.corrected(found, ALPHA, calibration)
    return CorrectedFigure(
        result=arm.result.result,
        arm=arm.result.arm,
        n=estimate.n,
        called_good=text(called.value, ROUND_HALF_EVEN),
        value=text(estimate.value, ROUND_HALF_EVEN),
        low=text(estimate.low, ROUND_FLOOR) if estimate.low is not None else None,
        high=text(estimate.high, ROUND_CEILING) if estimate.high is not None else None,
    )


def main() -> int:
    """Answer one request from standard input; exit code 0 with the figures, 2 with the reason on standard error."""
    try:
        found = calibrate(CalibrationRequest.model_validate(strict_json(sys.stdin.read())))
    except (CasesInvalid, OutputsInvalid, ValidationError, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(found.model_dump(mode="json"), ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
