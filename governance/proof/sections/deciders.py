"""Whose grades a threshold rests on, and whether they can decide it: judges that err, people who come later.

What a judge measured is corrected for its errors only where there is an estimator for that: an absolute limit on the
share of answers that meet one criterion (`met:CRITERION`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from governance.proof.words.vocabulary import measured

PEOPLE: Final = "human"
"""the grader that is people"""
AT_ONCE: Final = "It decides as soon as the answers are there."
NO_GRADE: Final = "no grade"


@dataclass(frozen=True)
class Graded:
    """A criterion as far as it matters who grades: its name, grader and weight, and the judge it asks ("": none)."""

    name: str
    grader: str
    weight: Decimal
    judge: str = ""

    @classmethod
    def of(cls, criterion: Mapping[str, Any]) -> "Graded":
        """Return a criterion of a rubric's body."""
        judge = (criterion.get("parameters") or {}).get("judge")
        return cls(criterion["name"], criterion["grader"], Decimal(criterion["weight"]), str(judge or ""))


def criterion_of(name: str, criteria: Sequence[Graded]) -> str | None:
    """Return the criterion whose grades the metric is made of; None if it is made of several or of none."""
    found = measured(name)
    if found.argument == "criterion":
        return name.partition(":")[2]
    return next((one.name for grader in found.graders for one in criteria if one.grader == grader), None)


def behind(name: str, criteria: Sequence[Graded]) -> list[str]:
    """Return the criteria whose grades a metric is made of: for the pass rate those of any weight."""
    if name == "pass_rate":
        return [one.name for one in criteria if one.weight > 0]
    criterion = criterion_of(name, criteria)
    return [] if criterion is None else [criterion]


def uncorrected(metric: str, kind: str, criteria: Sequence[Graded]) -> str:
    """Return why a limit that rests on a judge cannot be decided even by a calibrated one; "" where it can."""
    judged = {one.name for one in criteria if one.judge}
    names = [name for name in behind(metric, criteria) if name in judged]
    if not names or (kind == "absolute" and metric == f"met:{names[0]}"):
        return ""
    return f"a judge grades “{names[0]}”, and its errors can be corrected only in an absolute limit on “met:{names[0]}”"


def caveat(metric: str, kind: str, criteria: Sequence[Graded]) -> str:
    """Return what is to be known of a limit before it is signed because of who grades, "" if nothing is."""
    judged = {one.name for one in criteria if one.judge}
    people = {one.name for one in criteria if one.grader == PEOPLE}
    names = behind(metric, criteria)
    told = ""
    if any(name in judged for name in names):
        told = uncorrected(metric, kind, criteria) or (
            "a judge grades this: it decides only with a signed calibration, and correcting its errors widens the "
            "bounds beyond what is reckoned here"
        )
    if any(name in people for name in names):
        told = f"{told}; " if told else ""
        told += "people grade this after the evaluation: until every answer is graded, the result waits for them"
    return f"{told[:1].upper()}{told[1:]}." if told else ""


def graded_by(metric: str, criteria: Sequence[Graded]) -> str:
    """Return who gives the grades that a metric is made of."""
    known = {one.name: one for one in criteria}
    names = [known[name] for name in behind(metric, criteria) if name in known]
    return ", ".join(f"the judge “{one.judge}”" if one.judge else f"“{one.grader}”" for one in names) or NO_GRADE
