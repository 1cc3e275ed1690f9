"""Numbers within a tolerance, in a unit or without one."""

import re
from decimal import Decimal, InvalidOperation
from typing import Final

from evals.engine.catalogue import NumericParameters
from evals.engine.graders.base import Context, Grade, Grader, Reading, yes
from evals.engine.spec import Case

_NUMBER: Final = re.compile(
    r"\s*([+-]?(?:[0-9]{1,3}(?:,[0-9]{3}){1,6}|[0-9]{1,30})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,2})?)\s*(.{0,20}?)\s*\.?\s*\Z",
    re.S,
)
"""A number, thousands set off by commas if at all, and what follows it: the unit."""


def numeric(context: Context) -> Grader:
    """Return a grader that asks for a number within the tolerance of a right one, in units of the target.

    |answer - target| ≤ max(absolute, relative × |target|).
    """
    parameters: NumericParameters = context.parameters

    def grade(case: Case, answer: Reading) -> Grade:
        part = answer.part(parameters.field)
        found = quantity(part, parameters) if part is not None else None
        if found is None:
            return yes(False, found="no number in a known unit")
        wanted = [value for right in context.rights(case) if (value := quantity(right, parameters)) is not None]
        return yes(any(_close(found, value, parameters) for value in wanted), found=f"{found:f}"[:60])

    return grade


def quantity(text: str, parameters: NumericParameters) -> Decimal | None:
    """Return the number that is all of `text`, in the target's unit; None if there is none or its unit is unknown."""
    found = _NUMBER.match(text)
    if found is None:
        return None
    number, unit = found.groups()
    if unit not in parameters.units and (unit or parameters.unit_required):
        return None
    try:
        return Decimal(number.replace(",", "")) * Decimal(parameters.units.get(unit, "1"))
    except InvalidOperation:
        return None


def _close(found: Decimal, wanted: Decimal, parameters: NumericParameters) -> bool:
    allowed = max(Decimal(parameters.absolute), Decimal(parameters.relative) * abs(wanted))
    return abs(found - wanted) <= allowed
