"""In which order page one warns: by one rule, so that nobody moves a warning to where it is not read."""

import math
import re
from typing import Final

from governance.proof.words.printed import printable
from governance.proof.words.style import SERIF
from governance.proof.words.typefaces import faces

ORDER: Final = (
    "Compromised key",
    "Compromised passkey",
    "Revoked",
    "Waived",
    "Retrospective overdue",
    "Lapsed",
    "Open finding",
    "Condition not met",
    "Expired",
    "Rejected",
    "Verdict",
    "Not signed",
    "Signatures missing",
    "Undecidable",
    "Signed though undecidable",
)
"""labels, the gravest first; those of all others come after them"""
_RANK: Final = {label: rank for rank, label in enumerate(ORDER)}
_SEE = re.compile(r"Seedocument([0-9]{1,9})\.$")
_NUMBER = re.compile(r"0*([0-9]+)")

Place = tuple[int, float, str, tuple[tuple[int, str], ...]]


def place(label: str, text: str) -> Place:
    """Return where an exception stands: by its label, then by the document that its text leads to at its end.

    What leads to none comes last. Among equals the texts decide, numbers in them as such.
    """
    told = "".join(printable(text, faces()[SERIF]).split())
    see = _SEE.search(told)
    # Words and numbers take turns; a number of any length is compared by its length, then digit by digit.
    words = tuple((len(one) if turn % 2 else 0, one) for turn, one in enumerate(_NUMBER.split(told)))
    return _RANK.get(label, len(ORDER)), int(see[1]) if see else math.inf, label, words
