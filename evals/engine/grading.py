"""Grading: what answers are worth by the rubric. Pure; the same texts always get the same grades.

An answer that cannot be read meets no criterion. A criterion that a case has nothing for (no target, no passages, no
other answer to agree with) does not apply to it: it is left out, and the weights of the others make up the whole.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from evals.engine.cases import label_of
from evals.engine.catalogue import CATALOGUE
from evals.engine.deciders import asks_judge
from evals.engine.graders import agreement, records, scores
from evals.engine.graders.base import Context, Grade, Grader, Key, Reading, read
from evals.engine.graders.registry import GRADERS
from evals.engine.rubric import Criterion, RubricBody
from evals.engine.spec import Case

Replies = Mapping[Key, Mapping[str, Sequence[str | None]]]
"""What judges replied, by answer and criterion; None to a prompt they could not be given."""
Scores = Mapping[Key, Mapping[str, Sequence[int]]]
"""What people gave, by answer and criterion."""


@dataclass(frozen=True)
class Expected:
    """A case as metrics and verdicts see it, known before any answer is.

    `label` is that of its target, `fields` are those its target has, `applies` names the criteria it is graded by.
    """

    id: str
    slices: frozenset[str]
    label: str | None = None
    cluster: str | None = None
    weight: float = 1.0
    expects: str = "answer"
    fields: frozenset[str] = frozenset()
    applies: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Graded:
    """One graded answer: whether it could be read, whether it passed, and the grade of each criterion that applies.

    A criterion that is still to be graded by people or a judge has no grade and is not met.
    """

    parsed: bool
    passed: bool
    grades: Mapping[str, Grade] = field(default_factory=dict)


class Grading:
    """The rubric made callable."""

    def __init__(self, rubric: RubricBody) -> None:
        """Compile what the rubric's graders need.

        Raises:
            ValueError: a schema of the rubric is not a JSON Schema.
        """
        self.rubric = rubric
        self._contexts = {criterion.name: _context(rubric, criterion) for criterion in rubric.criteria}
        self._graders: dict[str, Grader] = {
            name: GRADERS[context.criterion.grader](context)
            for name, context in self._contexts.items()
            if context.criterion.grader in GRADERS and not asks_judge(context.criterion)
        }
        self._weights = {criterion.name: Decimal(criterion.weight) for criterion in rubric.criteria}
        self._pass_mark = Decimal(rubric.pass_mark)

    def expected(self, cases: Iterable[Case]) -> list[Expected]:
        """Return what metrics and verdicts need to know of the cases, in their order."""
        known = list(cases)
        groups = Counter(case.group for case in known if case.group is not None)
        return [self._expected(case, groups[case.group] if case.group is not None else 1) for case in known]

    def grade_all(
        self,
        cases: Iterable[Case],
        answers: Mapping[Key, str],
        replies: Replies | None = None,
        given: Scores | None = None,
    ) -> dict[Key, Graded]:
        """Return the grades of those answers that belong to a case and a repeat of the rubric.

        `replies` are what judges said, `given` what people gave; they are read, never asked for, here.
        """
        known = list(cases)
        readings: dict[Key, Reading] = {}
        grades: dict[Key, dict[str, Grade]] = {}
        applies: dict[Key, frozenset[str]] = {}
        repeats = range(1, self.rubric.decoding.repeats + 1)
        for case, wanted in zip(known, self.expected(known), strict=True):
            for key in ((case.id, repeat) for repeat in repeats):
                if key in answers:
                    applies[key] = wanted.applies
                    readings[key] = read(answers[key], self.rubric.output.format)
                    said = (replies or {}).get(key, {}), (given or {}).get(key, {})
                    grades[key] = self._grades(case, wanted, readings[key], *said)
        for criterion in self.rubric.criteria_of("consistency"):
            found = agreement.consistency(self._contexts[criterion.name], known, readings, len(repeats))
            for key, grade in found.items():
                grades[key][criterion.name] = grade
        return {key: self._graded(readings[key], applies[key], found) for key, found in grades.items()}

    def grade(self, case: Case, answer: str) -> Graded:
        """Return the grades of one answer by itself."""
        return self.grade_all([case], {(case.id, 1): answer})[case.id, 1]

    def questions(self, case: Case, answer: str) -> dict[str, tuple[str, list[str]]]:
        """Return what judges are to be asked about an answer: criterion → the judge's name and the prompts.

        Nothing about an answer that cannot be read: it meets no criterion, whatever anybody says of it.
        """
        reading = read(answer, self.rubric.output.format)
        [wanted] = self.expected([case])
        if not reading.parsed:
            return {}
        return {
            name: (str(context.criterion.parameters["judge"]), scores.prompts(context, case, reading))
            for name, context in self._contexts.items()
            if asks_judge(context.criterion) and name in wanted.applies
        }

    def score_in(self, criterion: str, reply: str | None) -> int | None:
        """Return the score that a judge's reply about a criterion holds, None if it holds none."""
        return scores.score_in(reply, scores.scale_of(self._contexts[criterion]))

    def _expected(self, case: Case, alike: int) -> Expected:
        labels, declared = self.rubric.criteria_of("label"), self.rubric.criteria_of("fields")
        has_label = bool(labels) and case.target is not None
        target: Any = read(case.target, "json").value if declared and case.target is not None else None
        return Expected(
            id=case.id,
            slices=frozenset(case.slices),
            label=label_of(str(case.target), self.rubric.output, labels[0].parameters) if has_label else None,
            cluster=case.cluster,
            weight=float(case.weight),
            expects=case.expects,
            fields=records.present(target, declared[0].parameters["fields"]) if declared else frozenset(),
            applies=frozenset(c.name for c in self.rubric.criteria if self._applies(c, case, alike)),
        )

    def _applies(self, criterion: Criterion, case: Case, alike: int) -> bool:
        if criterion.grader == "consistency":
            return alike * self.rubric.decoding.repeats > 1
        needs = CATALOGUE[criterion.grader].needs
        return not (
            ("target" in needs and case.target is None)
            or ("choices" in needs and not case.choices)
            or ("passages" in needs and not case.passages)
        )

    def _grades(
        self,
        case: Case,
        wanted: Expected,
        answer: Reading,
        replies: Mapping[str, Sequence[str | None]],
        given: Mapping[str, Sequence[int]],
    ) -> dict[str, Grade]:
        found: dict[str, Grade] = {}
        for name, context in self._contexts.items():
            grade = None
            if name in wanted.applies and name in self._graders:
                grade = self._graders[name](case, answer)
            elif name in wanted.applies and name in replies:
                grade = scores.judged(context, answer, replies[name])
            elif name in wanted.applies and asks_judge(context.criterion) and not answer.parsed:
                grade = Grade(0.0, False, {"asked": False})
            elif name in wanted.applies and context.criterion.grader == "human":
                grade = scores.human(context, given.get(name, ()))
            if grade is not None:
                found[name] = grade if answer.parsed else Grade(0.0, False, grade.detail)
        return found

    def _graded(self, answer: Reading, applies: frozenset[str], grades: Mapping[str, Grade]) -> Graded:
        return Graded(answer.parsed, answer.parsed and self._passes(applies, grades), grades)

    def _passes(self, applies: frozenset[str], grades: Mapping[str, Grade]) -> bool:
        whole = sum((self._weights[name] for name in applies), Decimal(0))
        met = sum((self._weights[name] for name, grade in grades.items() if grade.met), Decimal(0))
        # met / whole >= pass mark, without a division that rounds
        return whole > 0 and met >= self._pass_mark * whole


def _context(rubric: RubricBody, criterion: Criterion) -> Context:
    return Context(rubric, criterion, CATALOGUE[criterion.grader].parameters.model_validate(criterion.parameters))
