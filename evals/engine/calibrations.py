"""Judge calibrations: how far a judge grades like people, as it is signed. Pydantic only; reckoned in `calibrating`."""

from typing import Annotated

from pydantic import Field, model_validator

from evals.engine.fields import Arm, Body, Count, DecimalText, Digest, Line, Name, Share
from evals.engine.rubric import Judge

RoundId = Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")]


class Rate(Body):
    """A share with one-sided 95 % bounds, on as many independent answers as there are cases (`n`)."""

    value: Share
    low: Share
    high: Share
    n: Annotated[int, Field(ge=1)]


class CorrectedFigure(Body):
    """What a judge called good of one arm's answers, and what that comes to once its errors are corrected.

    Bounds are one-sided at 95 %; None where the judge is no better than chance.
    """

    result: Digest
    arm: Arm
    n: Annotated[int, Field(ge=1, description="answers that the judge graded")]
    called_good: Share
    value: Share
    low: Share | None
    high: Share | None


class CalibrationFigure(Body):
    """How a judge graded the answers that people graded, on one criterion.

    `good` are answers that meet the criterion by people, `found_good` those among them that the judge calls good;
    `bad` and `found_bad` likewise. `unparsed` counts replies without a score, which count as "bad". `kappa` is Cohen's;
    `alpha` is Krippendorff's (nominal) with one-sided 95 % bounds; both between the judge and people, on whether the
    criterion is met. `people` is Krippendorff's α among the people, None where it cannot be told.
    """

    found_good: Count
    good: Annotated[int, Field(ge=1)]
    found_bad: Count
    bad: Annotated[int, Field(ge=1)]
    unparsed: Count
    sensitivity: Rate
    specificity: Rate
    kappa: DecimalText | None
    alpha: DecimalText | None
    low: DecimalText | None
    high: DecimalText | None
    people: DecimalText | None
    corrected: list[CorrectedFigure]

    @model_validator(mode="after")
    def _counts(self) -> "CalibrationFigure":
        if self.found_good > self.good or self.found_bad > self.bad:
            raise ValueError("found more answers found than there are")
        return self


class JudgeCalibrationBody(Body):
    """How far one judge of a rubric grades like people, in every closed round. Reckoned, never written by hand.

    `how` is the judge as the rubric pins it. It says something of answers like those that were compared: `answers`
    of them, drawn by the server, whose seeds the rounds' human grades publish. `abandoned` are the rounds that asked
    what it judges and ended without grades.
    """

    title: Line
    judge: Name
    how: Judge
    answers: Annotated[int, Field(ge=1)]
    criteria: Annotated[dict[Name, CalibrationFigure], Field(min_length=1)]
    abandoned: list[RoundId] = []
