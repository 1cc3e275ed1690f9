"""Which answers of an accepted result failed: counts for whoever may read the project, cases for whoever may see them.

Who may see a case is the one rule of `selectors.cases`. Counts are by slice and criterion, over everything: a filter
would let somebody ask after a case they may not see.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from evals import documents as kinds
from evals.engine import failures as engine
from evals.engine.answers import prompt_digest, render
from evals.engine.failures import Index, Looked, Row, Wanted
from evals.engine.output_lines import Output
from evals.engine.searching import TooMuchWork
from evals.engine.spec import Case, EvaluationResultBody, EvaluationSetBody, RubricBody
from evals.samples import SAMPLING, stored_cases
from evals.selectors import cases as who
from governance import access, store
from governance.errors import Finding, Invalid, NotFound, Refused
from governance.models import Document, User
from governance.selectors import apart, kept, samples, told
from governance.selectors import documents as docs

CHECK = "result"


@dataclass(frozen=True)
class Answer:
    """An answer as people read it: what was asked, what counts as right, what was said, every grade with its reason.

    `sent` is the chat as the model got it, empty where only its digest is known. `line` is None where nothing came.
    """

    result: Document
    looked: Looked
    case: Case
    line: Output | None
    sent: tuple[tuple[str, str], ...]

    @property
    def question(self) -> str:
        """What was asked last."""
        return self.case.messages[-1].content

    @property
    def grades(self) -> list[tuple[str, bool, str, str]]:
        """Each criterion that was graded: its name, whether it is met, the score, and why in words."""
        found = self.line.grades if self.line else {}
        return [(name, grade["met"], grade["score"], reason(grade["detail"])) for name, grade in found.items()]

    def told(self) -> dict[str, Any]:
        """Return it as JSON values: what the API answers with, and a line of a downloaded file."""
        line = self.line
        return {
            "id": self.looked.case,
            "repeat": self.looked.repeat,
            "outcome": self.looked.outcome,
            "missed": list(self.looked.missed),
            "case": self.case.model_dump(mode="json", exclude_defaults=True) | {"slices": list(self.case.slices)},
            "sent": [{"role": role, "content": content} for role, content in self.sent],
            "output": line.output if line else None,
            "grades": [
                {"criterion": name, "met": met, "score": score, "reason": why} for name, met, score, why in self.grades
            ],
            "tokens_in": line.tokens_in if line else None,
            "tokens": line.tokens if line else None,
            "seconds": line.seconds if line else None,
            "cost": line.cost if line else None,
            "finished": line.finished if line else None,
        }


@dataclass(frozen=True)
class Looking:
    """An accepted result with its plan, to be looked through."""

    result: Document
    evaluation_set: Document
    rubric: Document

    @cached_property
    def body(self) -> EvaluationResultBody:
        """What the result says."""
        found: EvaluationResultBody = docs.model_body(self.result, EvaluationResultBody)
        return found

    @cached_property
    def asked(self) -> RubricBody:
        """The rubric it was graded by."""
        found: RubricBody = docs.model_body(self.rubric, RubricBody)
        return found

    @cached_property
    def index(self) -> Index:
        """Every answer, its text graded again. Invalid when bytes are gone or altered, or grades were made up."""
        self._check()
        asked_as = None if self.recorded else self.body.arm
        return _index(self.evaluation_set.digest, self.rubric.digest, self.body.outputs.sha256, asked_as)

    @cached_property
    def recorded(self) -> bool:
        """Whether another system answered, to prompts of its own."""
        spec = docs.linked_one(self.result, "spec")
        return spec is not None and bool(docs.envelope(spec).body.get("recorded"))

    def check_grades(self) -> None:
        """Return if the recorded grades are those the texts deserve. Invalid when not, or when bytes are altered."""
        _ = self.index

    @cached_property
    def cases(self) -> Mapping[str, Case]:
        """The cases by id; only for whoever may see them."""
        self._check()
        return _cases(self.evaluation_set.digest)

    def _check(self) -> None:
        if self._lost == kept.DISPOSED:
            raise Refused(_disposed())
        if self._lost:
            raise Invalid("outputs", f"answers or cases {self._lost}")

    @cached_property
    def _lost(self) -> str:
        """What became of bytes that cannot be read, "" when all are there; a fault goes before a disposal."""
        files = docs.model_body(self.evaluation_set, EvaluationSetBody).files
        became = set(kept.lost([*(entry.sha256 for entry in files), self.body.outputs.sha256]).values())
        return min(became, key=lambda each: each == kept.DISPOSED, default="")

    @property
    def disposed(self) -> bool:
        """Whether a signed disposal took answers or cases, so that there is nothing to look at."""
        return self._lost == kept.DISPOSED

    def chosen(self, wanted: Wanted) -> list[Looked]:
        """Return the answers that are wanted; only for whoever may see the cases.

        Raises:
            Invalid: the pattern asks for more than one search may take.
        """
        try:
            return engine.chosen(self.index, wanted, self.cases, store.path_of(self.body.outputs.sha256))
        except TooMuchWork as problem:
            raise Invalid("pattern", str(problem)) from None

    def read(self, answers: Iterable[Looked]) -> Iterator[Answer]:
        """Yield answers with their texts, one after the other; only for whoever may see the cases."""
        prompt = self.asked.prompt_of(self.body.arm)
        for looked, line in engine.read(store.path_of(self.body.outputs.sha256), answers):
            case = self.cases[looked.case]
            chat = render(prompt, case.messages)
            known = line is None or line.prompt == prompt_digest(chat)
            sent = tuple((message["role"], message["content"]) for message in chat) if known else ()
            yield Answer(self.result, looked, case, line, sent)


def looking(result: Document) -> Looking:
    """Return what is needed to look through a result.

    Raises:
        NotFound: the document is no evaluation result.
        Refused: no consumed permit stands behind it, so nothing it says counts.
    """
    if result.kind != kinds.RESULT:
        raise NotFound("there is no such evaluation result")
    thresholds = docs.linked_one(result, "thresholds")
    found = {role: docs.linked_one(thresholds, role) if thresholds else None for role in ("evaluation_set", "rubric")}
    evaluation_set, rubric = found["evaluation_set"], found["rubric"]
    if evaluation_set is None or rubric is None:
        raise NotFound("there is no such evaluation result")
    if not told.output_of(result):
        what = "a result behind which no consumed permit stands"
        raise Refused(Finding(CHECK, what, "an accepted result", "Evaluate under a permit.", "engineer"))
    return Looking(result, evaluation_set, rubric)


def _disposed() -> Finding:
    return Finding(
        CHECK,
        f"answers or cases that {kept.DISPOSED}",
        "a result whose answers and cases are kept",
        "Its figures and verdict stay; evaluate again to read answers.",
        access.ROLES[access.OWNER],
    )


def counts(found: Looking) -> list[Row]:
    """Return the failures by slice and criterion: for everybody who may read the project."""
    return engine.counts(found.index)


def hidden(user: User, found: Looking) -> frozenset[str]:
    """Return the roles for which the cases are kept from somebody; empty when they may see them."""
    return samples.hidden(user, found.evaluation_set)


def require_visible(user: User, found: Looking) -> None:
    """Return if somebody may see the cases. Denied when a role of theirs never sees them."""
    who.require_visible(user, found.evaluation_set)


def development(found: Looking) -> bool:
    """Return whether nobody is kept from the cases: only then may what failed feed sets and training."""
    return not SAMPLING.hidden_from(found.evaluation_set)


def reason(detail: Mapping[str, Any]) -> str:
    """Return what a grader noted, in words."""
    return "; ".join(f"{name.replace('_', ' ')}: {_said(value)}" for name, value in sorted(detail.items()))


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@lru_cache(maxsize=16)
def _index(evaluation_set: str, rubric: str, outputs: str, arm: str | None) -> Index:
    """Have the outputs graded again in a process of its own; remembered, for all of these name what they hold."""
    bodies = {
        role: docs.envelope(Document.objects.get(pk=digest)).body
        for role, digest in (("evaluation_set", evaluation_set), ("rubric", rubric))
    }
    files = EvaluationSetBody.model_validate(bodies["evaluation_set"]).files
    request = bodies | {
        "cases": {entry.path: str(store.path_of(entry.sha256)) for entry in files},
        "outputs": str(store.path_of(outputs)),
        "arm": arm,
    }
    return Index.of(json.loads(apart.ask("evals.engine.outputs_index", request, "outputs", "they cannot be read")))


@lru_cache(maxsize=2)
def _cases(evaluation_set: str) -> Mapping[str, Case]:
    body: EvaluationSetBody = docs.model_body(Document.objects.get(pk=evaluation_set), EvaluationSetBody)
    return {case.id: case for case in stored_cases(body)}
