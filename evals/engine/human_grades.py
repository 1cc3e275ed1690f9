"""Grading by people: what a round asks, which outputs it draws, whose turn they are, and what is frozen at its end.

Pure. An output to be graded is an item, named by a digest that nobody can take apart without the round's seed: neither
the name nor the order tells which model it is from.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from evals.engine.catalogue import Scale
from evals.engine.fields import Arm, Body, CaseId, Count, DecimalText, Digest, Line, Name, Text
from evals.engine.output_lines import parse_outputs
from evals.engine.rubric import Criterion, RubricBody
from evals.engine.sampling import draw
from governance.proof.formats.canonical import dumps
from governance.proof.formats.manifest import FileEntry

GRADERS: Final = 2
"""people who grade an output by a criterion that does not say how many"""
YES_OR_NO: Final = Scale(low=0, high=1, met_from=1)
MOST_STEPS: Final = 10


class Step(Body):
    """One score of a scale and what it looks like, where the rubric says so."""

    score: Annotated[int, Field(ge=0, le=100)]
    description: Annotated[str, Field(max_length=300)]


class Asked(Body):
    """One criterion as people grade it: whole scores from `low` to `high`, met from `met_from` up."""

    name: Name
    description: Text
    low: Annotated[int, Field(ge=0, le=100)]
    high: Annotated[int, Field(ge=1, le=100)]
    met_from: Annotated[int, Field(ge=0, le=100)]
    steps: list[Step]

    def share(self, score: float) -> float:
        """Return a score as a share of the scale."""
        return (score - self.low) / (self.high - self.low)


class RoundBody(Body):
    """What a round asks: the outputs of `results` to `cases` cases, each graded by `graders` people.

    `results`, `rubric` and `evaluation_set` are digests of documents.
    """

    title: Line
    results: Annotated[list[Digest], Field(min_length=1, max_length=8)]
    rubric: Digest
    evaluation_set: Digest
    cases: Annotated[int, Field(ge=1)]
    graders: Annotated[int, Field(ge=1, le=9)]
    criteria: Annotated[list[Asked], Field(min_length=1)]


class GradeLine(Body):
    """One line of grades.jsonl: the scores a person gave to an output, in the order of the criteria; entry `seq`.

    `counts` is false for grades that their author replaced.
    """

    result: Digest
    id: CaseId
    repeat: Annotated[int, Field(ge=1)]
    item: Digest
    by: Line
    adjudicates: bool
    number: Annotated[int, Field(ge=1)]
    counts: bool
    scores: list[Annotated[int, Field(ge=0, le=100)]]
    seq: Count


class AgreementFigure(Body):
    """Agreement on one criterion: Krippendorff's α with one-sided 95 % bounds, None where the scores do not vary.

    `same` is the share of pairs of scores that are equal, `together` of those on one side of the mark.
    """

    alpha: DecimalText | None
    low: DecimalText | None
    high: DecimalText | None
    same: DecimalText | None
    together: DecimalText | None
    items: Count
    method: Line


class GradedFigure(Body):
    """What one arm came to on one criterion: how many of `n` outputs met it, the share with one-sided 95 % bounds by
    case, and the mean score as a share of the scale.
    """

    n: Annotated[int, Field(ge=1)]
    met: Count
    low: DecimalText
    high: DecimalText
    mean: DecimalText


class GradedArm(Body):
    """One result whose outputs were graded."""

    result: Digest
    arm: Arm
    criteria: dict[Name, GradedFigure]


class HumanGradesBody(Body):
    """The grades of a closed round. They are evidence: what they are worth, their agreement says.

    `seed` draws the cases and names the items, so that anybody can draw and name them again; the ledger has had its
    digest since before the first grade. `agreement` is between the people who graded first, before any adjudication.
    """

    title: Line
    round: Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")]
    seed: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    asked: RoundBody
    arms: Annotated[list[GradedArm], Field(min_length=1)]
    items: Annotated[int, Field(ge=1)]
    people: Annotated[int, Field(ge=1)]
    adjudicated: Count
    replaced: Count
    agreement: dict[Name, AgreementFigure]
    grades: FileEntry


def asked(rubric: RubricBody, names: Sequence[str] = ()) -> tuple[list[Asked], int]:
    """Return the criteria that people grade, and how many people grade each output.

    Those with the grader "human" always, others by name: to hold their graders against people. A criterion without a
    scale is graded 0 or 1.

    Raises:
        ValueError: there is none, a name is no criterion, or a scale has too many steps for a key each.
    """
    known = {criterion.name for criterion in rubric.criteria}
    if strange := sorted(set(names) - known):
        raise ValueError(f"found {', '.join(strange)}, expected criteria of the rubric: {', '.join(sorted(known))}")
    chosen = [c for c in rubric.criteria if c.grader == "human" or c.name in names]
    if not chosen:
        raise ValueError("the rubric has no criterion that people grade; choose those they are to grade")
    graders = max(int(c.parameters.get("graders", GRADERS)) for c in chosen)
    return [_asked(criterion) for criterion in chosen], graders


def _asked(criterion: Criterion) -> Asked:
    given = criterion.parameters.get("scale")
    scale = Scale.model_validate(given) if given else YES_OR_NO
    if scale.high - scale.low > MOST_STEPS - 1:
        raise ValueError(
            f"criterion {criterion.name!r} has a scale of {scale.high - scale.low + 1} steps, "
            f"expected at most {MOST_STEPS}: people tell no more apart"
        )
    words = {scale.low + float(a.score) * (scale.high - scale.low): a.description for a in criterion.anchors}
    steps = [Step(score=score, description=words.get(score, "")) for score in range(scale.low, scale.high + 1)]
    return Asked(
        name=criterion.name,
        description=criterion.description,
        low=scale.low,
        high=scale.high,
        met_from=scale.met_from,
        steps=steps,
    )


def disagree(scores: Iterable[int], met_from: int) -> bool:
    """Return whether a third person is to decide: scores more than a step apart, or on both sides of the mark."""
    given = list(scores)
    low, high = min(given), max(given)
    return high - low > 1 or (low < met_from <= high)


@dataclass(frozen=True)
class Item:
    """One recorded output to be graded."""

    name: str
    result: str
    case: str
    repeat: int


def read_texts(path: Path) -> dict[tuple[str, int], str]:
    """Return the recorded outputs of an evaluation by case and repeat.

    Raises:
        OutputsInvalid: a line is not one that an evaluation writes.
    """
    return {(line.id, line.repeat): line.output for line in parse_outputs(path.read_bytes())}


def items(
    seed: str,
    slices: Mapping[str, Iterable[str]],
    outputs: Mapping[str, Iterable[tuple[str, int]]],
    cases: int,
) -> list[Item]:
    """Return the items of a round, by name: every recorded output to the drawn cases.

    `slices` holds each case's slices by id, `outputs` what each result (by digest) recorded. The cases are the same for
    all results, drawn from every slice. A missing output is no item: it counts as a failure elsewhere.
    """
    chosen = set(draw({case: frozenset(names) for case, names in slices.items()}, seed, cases))
    found = [
        Item(_name(seed, result, case, repeat), result, case, repeat)
        for result, keys in outputs.items()
        for case, repeat in keys
        if case in chosen
    ]
    return sorted(found, key=lambda item: item.name)


def in_order(found: Iterable[Item], seed: str, grader: str) -> list[Item]:
    """Return the items in the order of one grader, which is like no other's and tells nothing."""
    return sorted(found, key=lambda item: hashlib.sha256(f"{seed}:{grader}:{item.name}".encode()).digest())


def _name(seed: str, result: str, case: str, repeat: int) -> str:
    return f"sha256:{hashlib.sha256(f'{seed}:{result}:{case}:{repeat}'.encode()).hexdigest()}"


@dataclass(frozen=True)
class Given:
    """A grade that somebody gave, as the ledger confirms it."""

    item: str
    by: str
    adjudicates: bool
    number: int
    scores: tuple[int, ...]
    seq: int


@dataclass
class State:
    """Where one item stands. `grades` are those that count, by person; `adjudication` is that of the third person."""

    item: Item
    needed: int
    criteria: Sequence[Asked]
    grades: dict[str, Given] = field(default_factory=dict)
    adjudication: Given | None = None

    @property
    def graded(self) -> bool:
        """Whether as many people as needed have graded."""
        return len(self.grades) >= self.needed

    @property
    def disputed(self) -> bool:
        """Whether they disagree on a criterion, so that a third person decides."""
        if not self.graded:
            return False
        marks = zip(self.criteria, *(given.scores for given in self.grades.values()), strict=True)
        return any(disagree(scores, criterion.met_from) for criterion, *scores in marks)

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return self.graded and (self.adjudication is not None or not self.disputed)

    def turn_of(self, grader: str) -> Literal["", "grade", "adjudicate"]:
        """Return what a person may do here first: "" when they have graded, or nothing is left."""
        if grader in self.grades or (self.adjudication is not None):
            return ""
        if not self.graded:
            return "grade"
        return "adjudicate" if self.disputed else ""

    def final(self) -> list[list[int]]:
        """Return the scores that count, by criterion: the adjudicator's, or else everybody's."""
        if self.adjudication is not None:
            return [[score] * self.needed for score in self.adjudication.scores]
        given = [self.grades[person].scores for person in sorted(self.grades)]
        return [list(scores) for scores in zip(*given, strict=True)]


def states(found: Iterable[Item], asked: RoundBody, given: Iterable[Given]) -> dict[str, State]:
    """Return where each item stands, by name. Grades of unknown items are left out; a later one replaces an earlier."""
    made = {item.name: State(item, asked.graders, asked.criteria) for item in found}
    for one in sorted(given, key=lambda one: one.seq):
        state = made.get(one.item)
        if state is None:
            continue
        if one.adjudicates:
            state.adjudication = one
        else:
            state.grades[one.by] = one
    return made


def lines(found: Mapping[str, State], given: Iterable[Given]) -> bytes:
    """Return grades.jsonl: every grade that was given, in the order of the ledger, one line of canonical JSON each."""
    counting = {one.seq for state in found.values() for one in (*state.grades.values(), state.adjudication) if one}
    written = []
    for one in sorted(given, key=lambda one: one.seq):
        item = found[one.item].item
        line = GradeLine(
            result=item.result,
            id=item.case,
            repeat=item.repeat,
            item=item.name,
            by=one.by,
            adjudicates=one.adjudicates,
            number=one.number,
            counts=one.seq in counting,
            scores=list(one.scores),
            seq=one.seq,
        )
        written.append(dumps(line.model_dump(mode="json")) + b"\n")
    return b"".join(written)


def by_case(found: Iterable[State]) -> dict[str, list[State]]:
    """Return the states by case: the outputs to one case are not independent of one another."""
    cases: dict[str, list[State]] = defaultdict(list)
    for state in found:
        cases[state.item.case].append(state)
    return dict(cases)
