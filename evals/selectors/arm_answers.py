"""What the arms of a plan said, case by case, for somebody who may see the cases: the one rule of `selectors.cases`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evals.engine.evaluation_set import Case
from evals.engine.failures import Outcome
from evals.engine.output_lines import Output
from evals.selectors import cases as who
from evals.selectors.arms import Arm, Arms
from evals.selectors.failures import Looking
from governance.models import User


@dataclass(frozen=True)
class Said:
    """What one arm said to a case, the first time it was asked, and what became of it."""

    arm: Arm
    outcome: Outcome
    line: Output | None
    missed: Sequence[str]


@dataclass(frozen=True)
class Row:
    """A case with what every arm said to it."""

    case: Case
    said: Sequence[Said]


class Answers:
    """The arms' answers case by case, for somebody who may see the cases."""

    def __init__(self, user: User, found: Arms, chosen: Sequence[Arm]) -> None:
        """Open them. Denied when the cases are kept from a role of theirs."""
        who.require_visible(user, found.evaluation_set)
        self._looking = [(arm, Looking(arm.result, found.evaluation_set, found.rubric)) for arm in chosen]

    def cases(self, *, apart: bool = False, piece: str = "", text: str = "") -> list[str]:
        """Return the ids of cases of a slice, with words in the question; `apart`: on which the arms disagree."""
        if not self._looking:
            return []
        known = self._looking[0][1].cases
        outcomes = [
            {one.case: one.outcome == "passed" for one in looking.index.answers if one.repeat == 1}
            for _, looking in self._looking
        ]
        words = text.casefold()
        return [
            name
            for name, case in sorted(known.items())
            if (not piece or piece in case.slices)
            and (not words or words in case.messages[-1].content.casefold())
            and (not apart or len({found.get(name, False) for found in outcomes}) > 1)
        ]

    def read(self, cases: Sequence[str]) -> list[Row]:
        """Return the cases with what was said to them."""
        said: dict[str, list[Said]] = {name: [] for name in cases}
        wanted = set(cases)
        for arm, looking in self._looking:
            chosen = [one for one in looking.index.answers if one.repeat == 1 and one.case in wanted]
            for answer in looking.read(chosen):
                one = answer.looked
                said[one.case].append(Said(arm, one.outcome, answer.line, one.missed))
        known: Mapping[str, Case] = self._looking[0][1].cases if self._looking else {}
        return [Row(known[name], said[name]) for name in cases]

    @property
    def slices(self) -> list[str]:
        """Every slice that a case is in."""
        return self._looking[0][1].index.slices if self._looking else []
