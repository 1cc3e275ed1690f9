"""How values read on paper: dates, digests, numbers, and the word for what is not known."""

from datetime import datetime
from decimal import Decimal

from governance.proof.printed import MONTHS, UNKNOWN, count, moment, percent, plural, short
from governance.reports.model import Value

__all__ = ["MONTHS", "UNKNOWN", "count", "moment", "percent", "plural", "short", "value"]


def value(found: Value) -> str:
    """A table value as text; whole numbers from 10,000 up are grouped."""
    if found is None:
        return UNKNOWN
    if isinstance(found, datetime):
        return moment(found)
    if isinstance(found, Decimal):
        return f"{found:f}"
    if isinstance(found, int):
        return count(found)
    return found
