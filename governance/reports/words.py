"""How values read on paper: dates, digests, numbers, and the word for what is not known."""

from governance.proof.printed import MONTHS, UNKNOWN, count, moment, percent, plural, short
from governance.proof.sections.blocks import value

__all__ = ["MONTHS", "UNKNOWN", "count", "moment", "percent", "plural", "short", "value"]
