"""What one check found: the finding that a report keeps, and every place behind it."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from evals.engine.results import QualityFinding

SHOWN: Final = 10
"""places that a report shows of one finding; the file beside it names all"""
LONGEST: Final = 300

Status = Literal["ok", "warn", "fail"]
Tick = Callable[[float], None]
"""Told how far a check is, from 0 to 1."""


def quiet(_share: float) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Place:
    """Where something was found: in words, and the row and case if it names any. Never the text of either."""

    text: str
    row: str = ""
    case: str = ""

    @property
    def open(self) -> str:
        """The place as everybody in the project may know it: without the case."""
        return f"row {self.row}" if self.case else self.text


@dataclass(frozen=True)
class Found:
    """What a check found, and where: all of it.

    The places of one that is `withheld` are in the file beside the report alone, for those who may see the cases.
    """

    check: str
    status: Status
    found: str
    expected: str
    places: Sequence[Place] = ()
    withheld: bool = False

    @property
    def finding(self) -> QualityFinding:
        """The finding as a report keeps it: the first places without their cases, and how many there are."""
        shown = [] if self.withheld else list(dict.fromkeys(place.open[:LONGEST] for place in self.places))
        return QualityFinding(
            check=self.check,
            status=self.status,
            found=self.found,
            expected=self.expected,
            examples=shown[:SHOWN],
            places=None if self.withheld else len(self.places),
        )


def at_rows(names: Iterable[str]) -> list[Place]:
    """Return the places of rows that are named by their ids."""
    return [Place(name, row=name) for name in names]


def at(texts: Iterable[str]) -> list[Place]:
    """Return places that are no single row or case, such as labels and slices."""
    return [Place(text) for text in texts]


def listing(findings: Iterable[Found]) -> bytes:
    """Return every place of every finding as JSON Lines: check, at, and the ids of row and case where it has them."""
    lines = []
    for one in findings:
        for place in one.places:
            line = {"check": one.check, "at": place.text[:LONGEST], "row": place.row, "case": place.case}
            lines.append(json.dumps({name: value for name, value in line.items() if value}, ensure_ascii=False))
    return "".join(f"{line}\n" for line in lines).encode()
