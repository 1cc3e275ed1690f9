"""The parts that every body about evaluation is made of."""

import re
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

ALL: Final = "all"
"""The slice every case belongs to; it is never declared."""

Verdict = Literal["PASS", "FAIL", "INCONCLUSIVE"]
Arm = Literal["base", "best_prompt", "retrieval", "tuned", "other"]
"""What is measured: the base model under the rubric's prompt or its best one, with retrieval, tuned, or another."""

MEASURED: Final[tuple[Arm, ...]] = ("base", "best_prompt", "retrieval", "other")
"""The arms that get no verdict: what the tuned model is compared with."""

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?\Z")


def _decimal(value: str) -> str:
    if not _DECIMAL.match(value):
        raise ValueError(f"found {value!r}, expected a plain decimal in quotes such as '0.95'")
    return value


def _share(value: str) -> str:
    if not 0 <= Decimal(_decimal(value)) <= 1:
        raise ValueError(f"found {value!r}, expected a share from '0' to '1'")
    return value


def _positive(value: str) -> str:
    if Decimal(_decimal(value)) <= 0:
        raise ValueError(f"found {value!r}, expected a decimal above '0'")
    return value


def _amount(value: str) -> str:
    if Decimal(_decimal(value)) < 0:
        raise ValueError(f"found {value!r}, expected a decimal that is not negative")
    return value


DecimalText = Annotated[str, AfterValidator(_decimal)]
Share = Annotated[str, AfterValidator(_share)]
Positive = Annotated[str, AfterValidator(_positive)]
Amount = Annotated[str, AfterValidator(_amount)]
Count = Annotated[int, Field(ge=0)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$")]
CaseId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Line = Annotated[str, Field(min_length=1, max_length=300)]
Text = Annotated[str, Field(min_length=1, max_length=20_000)]
LongText = Annotated[str, Field(min_length=1, max_length=100_000)]


def unique(values: list[str], what: str) -> None:
    """Raise ValueError naming the values that occur more than once in `values`, a list of `what`."""
    if len(set(values)) == len(values):
        return
    repeated = sorted({value for value in values if values.count(value) > 1})
    raise ValueError(f"found {what} more than once: {', '.join(repeated)}; each may occur once")


class Body(BaseModel):
    """What all bodies share."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
