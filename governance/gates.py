"""The gate: a pure function from facts to a verdict. No Django, no clock, no I/O.

A check looks at plain facts and says what it found. Policy decides how much a failed check weighs: *hard* refuses,
*soft* refuses unless waived, *advisory* only tells. Missing evidence is a "no": a check that raises has not passed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from governance.errors import Finding

Facts_contra = TypeVar("Facts_contra", contravariant=True)
GROUPS = ("plan", "data", "base", "run")


class Weight(str, Enum):
    """How much a failed check weighs."""

    HARD = "hard"
    SOFT = "soft"
    ADVISORY = "advisory"


@dataclass(frozen=True)
class Answer:
    """What a check found. When it did not pass, `remedy` and `who` say what mends it and whose act that is."""

    passed: bool
    found: str
    expected: str
    remedy: str = ""
    who: str = ""


@dataclass(frozen=True)
class Check(Generic[Facts_contra]):
    """One question put to the facts. `least` is the lightest weight a policy may give it."""

    name: str
    group: str
    title: str
    decide: Callable[[Facts_contra], Answer]
    default: Weight = Weight.HARD
    least: Weight = Weight.HARD


@dataclass(frozen=True)
class Waived:
    """Why a soft check that did not pass does not refuse: the waiver (its digest), who signed it, until when."""

    waiver: str
    by: str
    until: str

    def as_dict(self) -> dict[str, str]:
        """Return it for JSON."""
        return {"waiver": self.waiver, "by": self.by, "until": self.until}


@dataclass(frozen=True)
class Line:
    """A check's answer with the weight the policy gave it, and the waiver that lets it be if there is one."""

    check: str
    group: str
    title: str
    weight: Weight
    answer: Answer
    waiver: Waived | None = None

    @property
    def waived(self) -> bool:
        """True when the check did not pass and a waiver lets it be."""
        return self.waiver is not None

    @property
    def blocks(self) -> bool:
        """True when this line alone refuses the run."""
        return not self.answer.passed and not self.waived and self.weight is not Weight.ADVISORY

    def finding(self) -> Finding:
        """Return the line as a refusal's finding."""
        answer = self.answer
        return Finding(self.check, answer.found, answer.expected, answer.remedy, answer.who)

    def as_dict(self) -> dict[str, Any]:
        """Return the line for JSON: what page, API and command show."""
        return {
            "check": self.check,
            "group": self.group,
            "title": self.title,
            "weight": self.weight.value,
            "passed": self.answer.passed,
            "blocks": self.blocks,
            "waived": self.waived,
            "waiver": self.waiver.as_dict() if self.waiver else None,
            "found": self.answer.found,
            "expected": self.answer.expected,
            "remedy": self.answer.remedy,
            "who": self.answer.who,
        }


@dataclass(frozen=True)
class Verdict:
    """All answers. `open` is the gate's yes."""

    lines: tuple[Line, ...]

    @property
    def open(self) -> bool:
        """True when there is at least one line and none blocks."""
        return bool(self.lines) and not any(line.blocks for line in self.lines)

    @property
    def findings(self) -> list[Finding]:
        """The blocking lines as findings."""
        return [line.finding() for line in self.lines if line.blocks]

    @property
    def waivers(self) -> list[str]:
        """The digests of the waivers that the verdict rests on."""
        return sorted({line.waiver.waiver for line in self.lines if line.waiver is not None})

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict for JSON."""
        return {"open": self.open, "checks": [line.as_dict() for line in self.lines]}


_ORDER = {Weight.ADVISORY: 0, Weight.SOFT: 1, Weight.HARD: 2}


def weight_of(check: Check[Any], weights: Mapping[str, str]) -> Weight:
    """Return the policy's weight for the check, never below the check's own least."""
    chosen = Weight(weights[check.name]) if check.name in weights else check.default
    return chosen if _ORDER[chosen] >= _ORDER[check.least] else check.least


def decide(
    checks: Iterable[Check[Facts_contra]],
    facts: Facts_contra,
    *,
    weights: Mapping[str, str] | None = None,
    waived: Mapping[str, Waived] | None = None,
) -> Verdict:
    """Return the verdict of all checks on the facts.

    `weights` maps check names to a weight (the policy's); `waived` maps checks to the waiver there is for them in
    this run, which counts for soft ones only. An exception inside a check is an answer too: not passed.
    """
    lines = []
    for check in checks:
        weight = weight_of(check, weights or {})
        try:
            answer = check.decide(facts)
        except Exception as problem:  # noqa: BLE001  (whatever went wrong, the answer is no)
            answer = Answer(
                False,
                f"the check could not be made ({type(problem).__name__}: {problem})",
                "evidence that can be checked",
                "Look at the server's log for this check.",
                "owner",
            )
        waiver = (waived or {}).get(check.name) if weight is Weight.SOFT and not answer.passed else None
        lines.append(Line(check.name, check.group, check.title, weight, answer, waiver))
    return Verdict(tuple(sorted(lines, key=lambda line: GROUPS.index(line.group))))
