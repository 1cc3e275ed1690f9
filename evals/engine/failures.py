"""Which answers of an evaluation failed, and by what: the index of a file of outputs, filters over it, counts of it.

No library that grades: `evals.engine.outputs_index` makes the index, in a process of its own, and grades every text
again. Here it is only read. An answer is found in the file by the place of its line, so that looking through a large
file needs the memory of its index and of one line.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from evals.engine.cases import strict_json
from evals.engine.evaluation_set import Case
from evals.engine.fields import ALL, Body
from evals.engine.output_lines import Output
from evals.engine.results import Became, Missed, Moved
from evals.engine.searching import Search, SearchPattern

Outcome = Literal["passed", "failed", "unparsed", "missing"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("failed", "unparsed", "missing", "passed")
FAILING: Final = frozenset({"failed", "unparsed", "missing"})
"""What counts as a failure in every metric: a wrong answer, one that cannot be read, and none at all."""
MOST_TEXT: Final = 200


class Looked(NamedTuple):
    """One answer asked for: what became of it, the criteria it missed, and where its line lies (None: there is none).

    A missing answer missed every criterion that applies to its case.
    """

    case: str
    repeat: int
    outcome: Outcome
    missed: tuple[str, ...]
    place: tuple[int, int] | None


class CaseLooked(NamedTuple):
    """What the index knows of a case: its slices, and the criteria that apply to it."""

    slices: tuple[str, ...]
    applies: tuple[str, ...]


@dataclass(frozen=True)
class Index:
    """Every answer that an evaluation asked for, by case and repeat."""

    criteria: tuple[str, ...]
    cases: Mapping[str, CaseLooked]
    answers: Sequence[Looked]

    def told(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"criteria": self.criteria, "cases": self.cases, "answers": self.answers}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Index":
        """Return the index of what `told` said."""
        cases = {name: CaseLooked(tuple(slices), tuple(applies)) for name, (slices, applies) in told["cases"].items()}
        answers = [
            Looked(case, repeat, outcome, tuple(missed), place and (place[0], place[1]))
            for case, repeat, outcome, missed, place in told["answers"]
        ]
        return cls(tuple(told["criteria"]), cases, answers)

    @property
    def slices(self) -> list[str]:
        """Every slice that a case is in, sorted."""
        return sorted({name for case in self.cases.values() for name in case.slices})


class Wanted(Body):
    """Which answers somebody wants to see; what is None or "" is no condition.

    `outcome` is one of the outcomes, "failing" for all but passed, or "any". `criterion` is one the answer missed.
    `text` must occur in the output or in what was asked, whatever its case; `pattern` is RE2's, of bounded work.
    """

    slice: str | None = None
    criterion: str | None = None
    outcome: Literal["failing", "any", "failed", "unparsed", "missing", "passed"] = "failing"
    text: str = ""
    pattern: SearchPattern | None = None

    @property
    def reads(self) -> bool:
        """Whether the texts themselves must be read."""
        return bool(self.text or self.pattern)

    def fits(self, found: Looked, slices: Iterable[str]) -> bool:
        """Return whether an answer is of the outcome, the slice and the criterion."""
        outcomes = {"any": frozenset(OUTCOMES), "failing": FAILING}.get(self.outcome, {self.outcome})
        return (
            found.outcome in outcomes
            and (not self.slice or self.slice == ALL or self.slice in slices)
            and (not self.criterion or self.criterion in found.missed)
        )

    def says(self, search: Search | None, *texts: str) -> bool:
        """Return whether one of the texts holds the words, and one the pattern of `search`."""
        words = self.text.casefold()
        if words and not any(words in text.casefold() for text in texts):
            return False
        return search is None or any(search.found_in(text) for text in texts)


def chosen(index: Index, wanted: Wanted, cases: Mapping[str, Case], outputs: Path) -> list[Looked]:
    """Return the answers that are wanted, in the order of the index; texts are read only if they are searched.

    Raises:
        TooMuchWork: the pattern asks for more than one search may take.
    """
    fitting = [found for found in index.answers if wanted.fits(found, index.cases[found.case].slices)]
    if not wanted.reads:
        return fitting
    search = Search(wanted.pattern) if wanted.pattern else None
    kept = []
    for found, line in read(outputs, fitting):
        asked = (message.content for message in cases[found.case].messages)
        if wanted.says(search, *([line.output] if line else []), *asked):
            kept.append(found)
    return kept


def read(outputs: Path, answers: Iterable[Looked]) -> Iterator[tuple[Looked, Output | None]]:
    """Yield each answer with its line of outputs.jsonl, None where it is missing. One line is in memory at a time."""
    with outputs.open("rb") as file:
        for found in answers:
            if found.place is None:
                yield found, None
                continue
            start, length = found.place
            file.seek(start)
            yield found, Output.model_validate(strict_json(file.read(length).decode("utf-8")))


@dataclass
class Count:
    """How many of `n` answers failed."""

    n: int = 0
    failed: int = 0

    def add(self, failed: bool) -> None:
        """Count one answer."""
        self.n += 1
        self.failed += failed

    @property
    def share(self) -> float:
        """The share that failed, 0 where there is none."""
        return self.failed / self.n if self.n else 0.0


@dataclass
class Row:
    """What became of the answers on one slice, and by which criteria they failed."""

    slice: str
    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    criteria: dict[str, Count] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Answers that were asked for."""
        return sum(self.outcomes.values())

    @property
    def failing(self) -> int:
        """Those that failed in whatever way."""
        return sum(count for outcome, count in self.outcomes.items() if outcome in FAILING)


def became(index: Index) -> dict[str, Became]:
    """Return the counts of `counts` by slice, as a result keeps them."""
    return {
        row.slice: Became(
            **row.outcomes, missed={name: Missed(failed=one.failed, n=one.n) for name, one in row.criteria.items()}
        )
        for row in counts(index)
    }


def moved(before: Index, now: Index) -> dict[str, Moved]:
    """Return what was right before and is now, over all cases and slice by slice.

    Answers that only one of the two asked for are left out.
    """
    pairs = list(_pairs(before, now))
    found = {}
    for name in (ALL, *now.slices):
        own = [(was, is_) for case, was, is_ in pairs if name in (ALL, *now.cases[case].slices)]
        both, gained, lost = (own.count(pair) for pair in ((True, True), (False, True), (True, False)))
        found[name] = Moved(
            still_right=both, newly_right=gained, newly_wrong=lost, still_wrong=len(own) - both - gained - lost
        )
    return found


def newly_wrong(before: Index, now: Index) -> list[str]:
    """Return the cases that were right before and are not now, sorted: only for whoever may see them."""
    return sorted({case for case, was, is_ in _pairs(before, now) if was and not is_})


def _pairs(before: Index, now: Index) -> Iterator[tuple[str, bool, bool]]:
    """Yield the case of each answer that both asked for, whether it was right before, and whether it is now."""
    then = {(found.case, found.repeat): found.outcome == "passed" for found in before.answers}
    for found in now.answers:
        if (was := then.get((found.case, found.repeat))) is not None:
            yield found.case, was, found.outcome == "passed"


def counts(index: Index) -> list[Row]:
    """Return the counts over all cases, then those of each slice. No case can be told from them."""
    rows = {name: Row(name, criteria={c: Count() for c in index.criteria}) for name in (ALL, *index.slices)}
    for found in index.answers:
        case = index.cases[found.case]
        for name in (ALL, *case.slices):
            row = rows[name]
            row.outcomes[found.outcome] += 1
            for criterion in case.applies:
                row.criteria[criterion].add(criterion in found.missed)
    return list(rows.values())
