"""Calibrations of judges: which ones an evaluation may rest on, and which of its thresholds rest on none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from evals.engine.calibrations import JudgeCalibrationBody
from evals.engine.deciders import UNCALIBRATED, behind, judged_criteria
from evals.engine.rubric import RubricBody
from evals.engine.spec import ThresholdsBody
from governance.access import COMPLIANCE_OFFICER, ENGINEER, ROLES
from governance.gates import Answer
from governance.inforce import InForce
from governance.models import Document
from governance.selectors import documents as docs
from governance.selectors import signoff

KIND = "evals.judge_calibration"
ROLE = "calibration"


@dataclass
class Calibrated:
    """What the judges of an evaluation are worth: figures by criterion, and for the others why they decide nothing.

    `wrong` says which named calibrations cannot be used, and why.
    """

    figures: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def of_spec(spec: Document, ledger_size: int | None = None, time: datetime | None = None) -> Calibrated:
    """Return what the calibrations that a specification names are worth at a ledger size and time (default: now).

    One counts if it is in force, and is of the very rubric and of the judge as that rubric pins it.
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
    expected = "calibrations in force, of this rubric and its judges, one for each criterion"
    if found.wrong:
        remedy = "Have them signed, or freeze a specification that names those that are."
        return Answer(False, "; ".join(found.wrong), expected, remedy, ROLES[COMPLIANCE_OFFICER])
    return Answer(True, ", ".join(map(str, named)) or "none is named", expected)


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
