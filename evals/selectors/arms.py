"""The arms of a plan side by side: every accepted result under its thresholds, and how each differs from one of them.

For whoever may read the project, as the results are; what was asked and answered is in `selectors.arm_answers`.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

from evals.engine.comparisons import Comparison
from evals.engine.fields import ALL
from evals.engine.metric_names import METRICS
from evals.engine.spec import EvaluationResultBody, EvaluationSetBody, EvaluationSpecBody, RubricBody, ThresholdsBody
from evals.selectors import judgements
from governance import store
from governance.errors import Invalid, NotFound
from governance.models import Document, Reference
from governance.proof.formats.canonical import dumps, sha256
from governance.proof.sections.arms import BY_ENDPOINT, DELIVERED, NAMES, recorded
from governance.selectors import apart, told
from governance.selectors import documents as docs

RESULT: Final = "evals.evaluation_result"
THRESHOLDS: Final = "evals.thresholds"
MOST: Final = 8
"""arms beside one another that can still be read"""


@dataclass(frozen=True)
class Prompt:
    """A prompt of the rubric, and the digest of what it says."""

    digest: str
    system: str | None
    template: str


@dataclass(frozen=True)
class Arm:
    """One accepted result, and what answered."""

    result: Document
    body: EvaluationResultBody
    spec: EvaluationSpecBody
    subject: Document | None
    prompt: Prompt | None
    verdict: str | None
    """The verdict that counts, with people's grades where it waited for them; None for what is not judged."""

    @property
    def name(self) -> str:
        """The arm in words."""
        return NAMES[self.body.arm]

    @property
    def answered(self) -> str:
        """What answered: a model of ours, an endpoint's, or what a recording is said to come from."""
        if self.subject is not None:
            return str(self.subject)
        if self.spec.endpoint is not None:
            return f"{self.spec.endpoint.model} at {self.spec.endpoint.address}"
        return self.spec.recording.system if self.spec.recording else "unknown"

    @property
    def proof(self) -> str:
        """Whose word it is that this answered."""
        if self.subject is not None:
            return DELIVERED
        if self.spec.recording is not None:
            return recorded(self.spec.recording.made_by)
        return BY_ENDPOINT


@dataclass(frozen=True)
class Arms:
    """The plan and its accepted results, in the order of `NAMES`, the oldest of each arm first."""

    thresholds: Document
    evaluation_set: Document
    rubric: Document
    all: Sequence[Arm]

    @cached_property
    def demands(self) -> ThresholdsBody:
        """What the plan asks for."""
        found: ThresholdsBody = docs.model_body(self.thresholds, ThresholdsBody)
        return found

    def chosen(self, wanted: Collection[str] = (), against: str = "") -> list[Arm]:
        """Return the arms whose results are wanted, and the one they are compared with if one is named.

        With none wanted, the newest of each system under each arm: at most `MOST`, of more the newest, but always the
        newest base model, which the others are held against.

        Raises:
            Invalid: a result is none of this plan, or more than `MOST` are wanted.
        """
        self._known("arms", wanted)
        self._known("against", [against] if against else [])
        if not wanted:
            return self._newest({against})
        found = [arm for arm in self.all if arm.result.digest in {*wanted, against}]
        if len(found) > MOST:
            raise Invalid("arms", f"found {len(found)} arms, expected at most {MOST} beside one another")
        return found

    def _newest(self, kept: Collection[str]) -> list[Arm]:
        newest = {(arm.body.arm, arm.answered): arm for arm in self.all}
        found = [arm for arm in self.all if arm.result.digest in kept or newest[arm.body.arm, arm.answered] is arm]
        base = next((arm.result.digest for arm in reversed(found) if arm.body.arm == "base"), "")
        first = sorted(found, key=lambda arm: (arm.result.digest not in {*kept, base}, -arm.result.seq))[:MOST]
        shown = {arm.result.digest for arm in first}
        return [arm for arm in found if arm.result.digest in shown]

    def reference(self, chosen: Sequence[Arm], wanted: str = "") -> Arm | None:
        """Return the arm that others are compared with: the wanted one, or the newest base model among them.

        Raises:
            Invalid: the wanted one is none of them.
        """
        if wanted:
            self._known("against", [wanted], chosen)
            return next(arm for arm in chosen if arm.result.digest == wanted)
        return next((arm for arm in reversed(chosen) if arm.body.arm == "base"), None)

    def _known(self, field: str, wanted: Collection[str], among: Sequence[Arm] | None = None) -> None:
        known = [arm.result.digest for arm in (self.all if among is None else among)]
        if strange := sorted(set(wanted) - set(known)):
            raise Invalid(field, f"found {strange[0][:80]!r}, expected the digest of a result measured by this plan")


def of_plan(thresholds: Document, ledger_size: int | None = None) -> Arms:
    """Return the arms of a plan (as they were when the ledger had so many entries), in a constant number of queries.

    Raises:
        NotFound: the document is no acceptance thresholds.
    """
    if thresholds.kind != THRESHOLDS:
        raise NotFound("there are no such acceptance thresholds")
    plan = {role: docs.linked_one(thresholds, role) for role in ("evaluation_set", "rubric")}
    evaluation_set, rubric = plan["evaluation_set"], plan["rubric"]
    if evaluation_set is None or rubric is None:
        raise NotFound("there are no such acceptance thresholds")
    rows = Reference.objects.filter(target=thresholds, role="thresholds", source__kind=RESULT)
    if ledger_size is not None:
        rows = rows.filter(source__seq__lt=ledger_size)
    results = [row.source for row in rows.select_related("source__project", "source__series")]
    accepted = told.outputs(results)
    body: RubricBody = docs.model_body(rubric, RubricBody)
    found = list(_arms([result for result in results if result.digest in accepted], body, ledger_size))
    order = list(NAMES)
    return Arms(
        thresholds,
        evaluation_set,
        rubric,
        sorted(found, key=lambda arm: (order.index(arm.body.arm), arm.result.seq)),
    )


def _arms(results: Sequence[Document], rubric: RubricBody, ledger_size: int | None) -> Iterator[Arm]:
    named = docs.linked_in_all(results, ("spec", "subject"))
    verdicts = judgements.verdicts(results, ledger_size)
    for result in results:
        links = named[result.digest]
        body: EvaluationResultBody = docs.model_body(result, EvaluationResultBody)
        spec: EvaluationSpecBody = docs.model_body(_there(links["spec"]), EvaluationSpecBody)
        prompt = None if spec.recorded else _prompt(rubric, body)
        yield Arm(result, body, spec, links["subject"], prompt, verdicts[result.digest] if body.verdicts else None)


def _there(spec: Document | None) -> Document:
    if spec is None:
        raise NotFound("there is no specification of one of the results")
    return spec


def _prompt(rubric: RubricBody, body: EvaluationResultBody) -> Prompt:
    found = rubric.prompt_of(body.arm)
    return Prompt(sha256(dumps(found.model_dump(mode="json"))), found.system, found.template)


def metrics(arms: Iterable[Arm], plan: ThresholdsBody) -> list[tuple[str, str]]:
    """Return pairs of slice and metric worth a row: all metrics of all cases, then what thresholds ask of slices.

    The F1 of single labels is left to the results.
    """
    measured = {(piece, name) for arm in arms for piece, figures in arm.body.metrics.items() for name in figures}
    order = list(METRICS)
    overall = sorted(
        (name for piece, name in measured if piece == ALL and not name.startswith("f1:")),
        key=lambda name: (order.index(name.partition(":")[0]), name),
    )
    asked = {(one.slice, one.metric) for one in plan.thresholds}
    return [(ALL, name) for name in overall] + sorted((asked & measured) - {(ALL, name) for name in overall})


def differences(found: Arms, chosen: Sequence[Arm], reference: Arm) -> Comparison:
    """Return how arms differ from the reference, paired case by case; remembered, for digests name all it rests on.

    Raises:
        Invalid: cases or outputs are gone, altered, or not those of the plan.
    """
    return _differences(
        found.thresholds.digest,
        tuple((arm.result.digest, arm.body.outputs.sha256, arm.spec.recorded is None) for arm in chosen),
        reference.result.digest,
    )


@lru_cache(maxsize=32)
def _differences(thresholds: str, arms: tuple[tuple[str, str, bool], ...], reference: str) -> Comparison:
    plan = Document.objects.get(pk=thresholds)
    bodies = {role: docs.envelope(docs.linked(plan, role)[0]).body for role in ("evaluation_set", "rubric")}
    files = EvaluationSetBody.model_validate(bodies["evaluation_set"]).files
    results = Document.objects.in_bulk([digest for digest, _, _ in arms])
    asked: ThresholdsBody = docs.model_body(plan, ThresholdsBody)
    for digest in (*(entry.sha256 for entry in files), *(outputs for _, outputs, _ in arms)):
        try:
            store.check(digest)
        except (store.BytesMissing, store.BytesCorrupt) as problem:
            raise Invalid("outputs", str(problem)) from None
    request = bodies | {
        "cases": {entry.path: str(store.path_of(entry.sha256)) for entry in files},
        "arms": {
            digest: {
                "outputs": str(store.path_of(outputs)),
                "asked_as": docs.envelope(results[digest]).body["arm"] if here else None,
            }
            for digest, outputs, here in arms
        },
        "reference": reference,
        "wanted": [[one.slice, one.metric] for one in asked.thresholds],
    }
    return Comparison.model_validate_json(
        apart.ask("evals.engine.comparing", request, "outputs", "they cannot be compared")
    )


def shown(arm: Arm) -> dict[str, Any]:
    """Return an arm as JSON values: what the API answers with."""
    return {
        "result": arm.result.digest,
        "arm": arm.body.arm,
        "answered": arm.answered,
        "proof": arm.proof,
        "subject": arm.subject.digest if arm.subject else None,
        "attempt": arm.spec.attempt_index,
        "n": arm.body.n,
        "missing": arm.body.missing,
        "verdict": arm.verdict,
        "metrics": {
            piece: {name: one.model_dump(mode="json") for name, one in figures.items()}
            for piece, figures in arm.body.metrics.items()
        },
        "tokens": arm.body.tokens,
        "seconds": arm.body.seconds,
        "cost": arm.body.cost,
        "prompt": None if arm.prompt is None else vars(arm.prompt),
    }
