"""The bodies of waivers and of the retrospectives that look back on them."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from governance.proof.formats.fields import Strict, Time, moment
from governance.proof.words.vocabulary import RETROSPECTIVE, WAIVER

__all__ = ["RETROSPECTIVE", "WAIVER", "RetrospectiveBody", "WaiverBody"]

LONGEST_WAIT_DAYS = 30
"""A retrospective is due at most so many days after its waiver ran out."""

Line = Annotated[str, Field(min_length=1, max_length=300)]
Text = Annotated[str, Field(min_length=1, max_length=20_000)]


class WaiverBody(Strict):
    """Soft checks that may stay red for one specification or result, for a while. Times are RFC 3339 in UTC."""

    title: Line
    checks: Annotated[
        list[str], Field(min_length=1, max_length=50, description="names of the checks, as the gate lists them")
    ]
    reason: Annotated[Text, Field(description="why it cannot wait until the checks pass")]
    risk: Annotated[Text, Field(description="the risk that is accepted, and who bears it")]
    measures: Annotated[Text, Field(description="what is done instead, to keep the risk small")]
    expires_at: Annotated[Time, Field(description="from then on nothing new may rest on it")]
    retrospective_due: Annotated[Time, Field(description="by then a signed retrospective says whether it was right")]

    @model_validator(mode="after")
    def _ends(self) -> "WaiverBody":
        if sorted(set(self.checks)) != sorted(self.checks):
            raise ValueError("found a check twice, expected each once")
        wait = moment(self.retrospective_due) - moment(self.expires_at)
        if wait.total_seconds() > LONGEST_WAIT_DAYS * 86400:
            raise ValueError(
                f"the retrospective is due {wait.days} days after the waiver runs out, expected {LONGEST_WAIT_DAYS} "
                "days at most"
            )
        return self


class RetrospectiveBody(Strict):
    """What became of a waiver: what happened, whether it was right to waive, and what is done about it."""

    title: Line
    what_happened: Text
    was_right: Literal["yes", "partly", "no"]
    why: Text
    actions: Annotated[list[Text], Field(max_length=50, description="what is done so that it is not needed again")]
