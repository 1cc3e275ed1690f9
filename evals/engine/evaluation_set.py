"""Evaluation sets and the cases their files hold. Import them from `evals.engine.spec`."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from evals.engine.fields import ALL, Body, CaseId, Count, Line, LongText, Name, Positive, Text, unique
from governance.proof.formats.manifest import FileEntry

Task = Literal["classification", "extraction", "generation", "conversation", "multiple_choice", "mixed"]
Expects = Literal["answer", "abstain", "escalate", "ask", "refuse"]
"""What a good answer does: answer, say that it does not know, hand over to a person, ask back, or refuse."""
Role = Literal["common", "high_value", "failure_prone", "red_team", "regression", "subgroup"]
"""Why a slice is there: everyday, costly to get wrong, known to fail, attacks, general capability, groups of people."""

MOST_CHOICES: Final = 26
"""choices a case may offer; each needs a letter of its own"""


class Message(Body):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: LongText


class Passage(Body):
    """A text that an answer may rest on, and that its claims are held against."""

    id: CaseId
    text: LongText


class Case(Body):
    """One line of an evaluation set's JSONL file: what is asked and the answer that counts as right.

    `messages` that begin with a system message are sent as they are; others get the rubric's prompt. `target` is JSON
    where the rubric's answers are JSON, else plain text; None where nothing is right or wrong word by word.
    `references` are further right answers. `cluster` names cases that are not independent of one another, `group` cases
    that mean the same. `provenance` says where the case comes from.
    """

    id: CaseId
    messages: Annotated[list[Message], Field(min_length=1)]
    target: LongText | None = None
    references: list[LongText] = []
    choices: Annotated[list[Line], Field(max_length=MOST_CHOICES)] = []
    passages: list[Passage] = []
    expects: Expects = "answer"
    group: Line | None = None
    slices: list[Name]
    cluster: Line | None = None
    risk: Literal["low", "medium", "high"] | None = None
    weight: Positive = "1"
    provenance: Line
    note: Text | None = None
    metadata: dict[Name, Line] = {}

    @property
    def answers(self) -> tuple[str, ...]:
        """Every text that counts as right: the target first, then the references."""
        return (*((self.target,) if self.target is not None else ()), *self.references)

    @property
    def question(self) -> tuple[tuple[str, str], ...]:
        """What is asked, word for word: who says what, in however large letters and with whatever space between."""
        return tuple((message.role, " ".join(message.content.split()).casefold()) for message in self.messages)

    @model_validator(mode="after")
    def _consistent(self) -> "Case":
        unique(self.slices, "slices")
        unique(self.choices, "choices")
        unique([passage.id for passage in self.passages], "passage ids")
        if ALL in self.slices:
            raise ValueError(f"found the slice {ALL!r}, expected declared ones; every case belongs to {ALL!r} anyway")
        if self.messages[-1].role != "user":
            raise ValueError(f"the last message is from {self.messages[-1].role!r}, expected 'user': that is answered")
        if self.references and self.target is None:
            raise ValueError("found references without a target; make the first of them the target")
        if len(self.choices) == 1:
            raise ValueError("found a single choice, expected at least two or none")
        if self.choices and self.target not in self.choices:
            raise ValueError(f"the target {self.target!r} is none of the choices; write it as the right one is written")
        if Decimal(self.weight) > 1_000_000:
            raise ValueError(f"found the weight {self.weight}, expected at most 1000000")
        return self


class Retired(Body):
    """A case that is no longer asked, why, and which case took its place."""

    id: CaseId
    reason: Line
    replaced_by: CaseId | None = None


class SliceSize(Body):
    """How many cases a slice has, and what they are worth.

    `clusters` counts cases that depend on one another once, `high_risk` those of that risk, `repeats` those that ask
    word for word what another one asks, but for one of each.
    """

    cases: Count
    clusters: Count
    high_risk: Count
    repeats: Count


def sizes(cases: Sequence[Case], slices: Iterable[str]) -> dict[Name, SliceSize]:
    """Return the size of every slice and of all cases together, under "all"."""
    within = {ALL: cases} | {name: [case for case in cases if name in case.slices] for name in sorted(slices)}
    return {name: _size(own) for name, own in within.items()}


def _size(cases: Sequence[Case]) -> SliceSize:
    clusters = {case.cluster for case in cases if case.cluster}
    return SliceSize(
        cases=len(cases),
        clusters=len(clusters) + sum(case.cluster is None for case in cases),
        high_risk=sum(case.risk == "high" for case in cases),
        repeats=len(cases) - len({case.question for case in cases}),
    )


class EvaluationSetBody(Body):
    """An evaluation set: its files of cases, the slices and the labels they use.

    `roles` says why a slice is there (without one: common). `retired` keeps the ids of cases that were taken out.
    `sizes` tells the size of every slice and, under "all", of the whole; a set may do without.
    """

    title: Line
    purpose: Literal["holdout", "development"]
    task: Task
    description: Text
    slices: dict[Name, Line]
    roles: dict[Name, Role] = {}
    labels: list[Name] = []
    files: Annotated[list[FileEntry], Field(min_length=1)]
    cases: Annotated[int, Field(ge=1, description="number of cases in all files")]
    retired: list[Retired] = []
    sizes: dict[Name, SliceSize] = {}

    def slices_of(self, role: Role) -> list[str]:
        """Return the names of the slices that are there for `role`, sorted."""
        return sorted(name for name in self.slices if self.roles.get(name, "common") == role)

    @model_validator(mode="after")
    def _consistent(self) -> "EvaluationSetBody":
        unique(self.labels, "labels")
        unique([entry.path for entry in self.files], "file paths")
        unique([case.id for case in self.retired], "retired cases")
        if ALL in self.slices:
            raise ValueError(f"found a slice named {ALL!r}, expected other names; {ALL!r} always means every case")
        if strange := sorted(set(self.roles) - set(self.slices)):
            raise ValueError(f"found roles of the slices {', '.join(strange)}, which the set does not declare")
        if len(self.labels) == 1 or (self.task == "classification" and not self.labels):
            raise ValueError(f"found {len(self.labels)} labels, expected at least two to tell apart")
        if any(case.replaced_by == case.id for case in self.retired):
            raise ValueError("found a retired case that replaces itself, expected another case or none")
        if self.sizes:
            self._check_sizes()
        return self

    def _check_sizes(self) -> None:
        if set(self.sizes) != {ALL, *self.slices}:
            found, expected = (", ".join(sorted(names)) for names in (self.sizes, {ALL, *self.slices}))
            raise ValueError(f"found the sizes of {found}, expected those of {expected}")
        whole = self.sizes[ALL]
        if whole.cases != self.cases:
            raise ValueError(f"found the size of {ALL!r} as {whole.cases} cases, expected the {self.cases} declared")
        for name, size in self.sizes.items():
            for what, count in size:
                if count > min(size.cases, getattr(whole, what)):
                    most = min(size.cases, getattr(whole, what))
                    raise ValueError(f"found {count} as {what} of the slice {name!r}, expected at most {most}")
