"""Calibrations of judges: which ones an evaluation may rest on, and which of its thresholds rest on none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from evals.engine.calibrations import JudgeCalibrationBody
from evals.engine.deciders import UNCALIBRATED, behind, judged_criteria
from evals.engine.rubric import RubricBody
from evals.engine.spec import ThresholdsBody
from evals.selectors import grading
from governance.access import COMPLIANCE_OFFICER, ENGINEER, ROLES
from governance.errors import Finding
from governance.gates import Answer
from governance.models import Document, Project
from governance.proof.answers.inforce import InForce
from governance.proof.sections.besides import AGAIN
from governance.selectors import documents as docs
from governance.selectors import signoff

KIND = "evals.judge_calibration"
ROLE = "calibration"
GRADES = "human_grades"
ALL_ROUNDS = "every round that asked what the judge grades, closed or abandoned, and the grades of all that were closed"


@dataclass(frozen=True)
class Rounds:
    """The rounds in which people grade what a judge grades: all of them, so that nobody chooses the pleasing ones."""

    closed: tuple[grading.Round, ...]
    open: tuple[grading.Round, ...]
    abandoned: tuple[grading.Round, ...]

    @property
    def grades(self) -> list[Document]:
        """The grades of those that were closed, the first first."""
        return [one.closed.document for one in self.closed if one.closed is not None]


def rounds(rubric: Document, project: Project | None, judge: str, ledger_size: int | None = None) -> Rounds:
    """Return the rounds of a project about what a judge of a rubric grades, at a ledger size (default: now)."""
    found = grading.of_project(project) if project is not None else []
    judged = judged_criteria(docs.model_body(rubric, RubricBody))
    mine = [
        one
        for one in sorted(found, key=lambda one: one.row.seq)
        if one.body.rubric == rubric.digest and any(judged.get(asked.name) == judge for asked in one.body.criteria)
    ]
    over = [one for one in mine if one.over and not one.open_at(ledger_size) and _begun(one, ledger_size)]
    return Rounds(
        tuple(one for one in over if one.closed is not None),
        tuple(one for one in mine if one.open_at(ledger_size)),
        tuple(one for one in over if one.closed is None),
    )


def _begun(one: grading.Round, ledger_size: int | None) -> bool:
    return ledger_size is None or one.row.seq < ledger_size


def missed(calibration: Document, found: Rounds) -> str:
    """Return which rounds a calibration leaves out that would count, "" if none: those closed since, and open ones."""
    named = {one.digest for one in docs.linked(calibration, GRADES)}
    told = [f"made without the grades in ledger entry {one.seq}" for one in found.grades if one.digest not in named]
    told += [f"made before the grading round {one.row.pk} was closed or abandoned" for one in found.open]
    return "; ".join(told)


def overtaken(calibration: Document, ledger_size: int, _time: datetime) -> list[Finding]:
    """Return why a calibration may not be signed any more: people graded since, or are grading."""
    body: JudgeCalibrationBody = docs.model_body(calibration, JudgeCalibrationBody)
    rubric = docs.linked_one(calibration, "rubric")
    if rubric is None:
        return [Finding(ROLE, "a calibration of no rubric", ALL_ROUNDS, AGAIN, ROLES[COMPLIANCE_OFFICER])]
    fault = missed(calibration, rounds(rubric, calibration.project, body.judge, ledger_size))
    return [Finding(ROLE, f"one {fault}", ALL_ROUNDS, AGAIN, ROLES[COMPLIANCE_OFFICER])] if fault else []


@dataclass
class Calibrated:
    """What the judges of an evaluation are worth: figures by criterion, and for the others why they decide nothing.

    `wrong` says which named calibrations cannot be used, and why.
    """

    figures: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def of_spec(
    spec: Document, ledger_size: int | None = None, time: datetime | None = None, *, launching: bool = False
) -> Calibrated:
    """Return what the calibrations that a specification names are worth at a ledger size and time (default: now).

    One counts if it is in force, and is of the very rubric and of the judge as that rubric pins it. When an evaluation
    is `launching`, it must rest on every round that there is; what people grade later changes no launched one.
    """
    named, found = docs.linked(spec, ROLE), Calibrated()
    rubric = docs.linked_one(spec, "rubric") if named else None
    if rubric is None:
        return found
    body: RubricBody = docs.model_body(rubric, RubricBody)
    judged = judged_criteria(body)
    standing = signoff.in_force_many(named, ledger_size, time)
    for document in named:
        calibration: JudgeCalibrationBody = docs.model_body(document, JudgeCalibrationBody)
        mine = [name for name in calibration.criteria if judged.get(name) == calibration.judge]
        fault = _fault(document, calibration, rubric, body, standing[document.digest])
        if launching and not fault:
            fault = missed(document, rounds(rubric, document.project, calibration.judge, ledger_size))
        twice = [name for name in mine if name in found.figures]
        if twice:
            fault = f"a second calibration of {', '.join(twice)}"
        if fault:
            found.wrong.append(f"{document}: {fault}")
            found.why |= dict.fromkeys(mine, f"its calibration is {fault}"[:300])
        else:
            found.figures |= {name: calibration.criteria[name].model_dump(mode="json") for name in mine}
    found.why = {name: why for name, why in found.why.items() if name not in found.figures}
    return found


def _fault(
    document: Document, calibration: JudgeCalibrationBody, rubric: Document, body: RubricBody, standing: InForce
) -> str:
    if docs.linked_one(document, "rubric") != rubric:
        return "of another rubric"
    if body.judges.get(calibration.judge) != calibration.how:
        return "of another judge than the rubric pins"
    if standing.ok:
        return ""
    return "signed under a condition that is not met" if standing.unmet else standing.standing.value


def answer(found: Calibrated, named: Sequence[Document]) -> Answer:
    """Return whether every calibration that is named may be rested on."""
    expected = "calibrations in force, of this rubric and its judges by all rounds, one for each criterion"
    if found.wrong:
        remedy = "Have it signed anew, or have the judge calibrated again and name that in a new specification."
        return Answer(False, "; ".join(found.wrong), expected, remedy, ROLES[COMPLIANCE_OFFICER])
    return Answer(True, ", ".join(map(str, named)) or "none is named", expected)


def fallen(spec: Document, ledger_size: int | None = None, time: datetime | None = None) -> Finding | None:
    """Return why a verdict by a launched specification would rest on a calibration that fell meanwhile; None if not.

    Such a verdict would be spent of the holdout for nothing, and nothing could mend it: it is not made.
    """
    said = answer(of_spec(spec, ledger_size, time), docs.linked(spec, ROLE))
    if said.passed:
        return None
    return Finding("calibrations", said.found, said.expected, f"{said.remedy} No verdict was disclosed.", said.who)


def decides(spec: Document, rubric: Document | None, found: Calibrated) -> Answer:
    """Return whether every threshold that rests on a judge rests on a calibrated one: told before anybody launches."""
    expected = "a calibration for every judge that a threshold rests on"
    body: RubricBody | None = docs.model_body(rubric, RubricBody) if rubric is not None else None
    judged = judged_criteria(body) if body is not None else {}
    thresholds = docs.linked_one(spec, "thresholds") if judged else None
    if body is None or thresholds is None:
        return Answer(True, "none rests on a judge", expected)
    plan: ThresholdsBody = docs.model_body(thresholds, ThresholdsBody)
    open_ones = {
        threshold.id: name
        for threshold in plan.thresholds
        for name in behind(threshold.metric, body)
        if name in judged and name not in found.figures
    }
    if not open_ones:
        return Answer(True, "every judge is calibrated", expected)
    told = "; ".join(
        f"{threshold} rests on {name!r}: {found.why.get(name, UNCALIBRATED)}" for threshold, name in open_ones.items()
    )
    remedy = "Have people grade answers, have the judge calibrated by their grades and signed, and name that."
    return Answer(False, told, expected, remedy, ROLES[ENGINEER])
