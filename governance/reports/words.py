"""How values read on paper: dates, digests, numbers, and the word for what is not known."""

from governance.proof.sections.blocks import value
from governance.proof.words.printed import MONTHS, UNKNOWN, count, moment, percent, plural, short

__all__ = ["MONTHS", "UNKNOWN", "count", "moment", "percent", "plural", "short", "value"]
