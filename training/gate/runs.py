"""The gate checks of a training run: pure functions of facts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from evals.checks import PLAN_CHECKS, PlanFacts, Signed, bytes_match, held_out, in_force
from governance.access import COMPLIANCE_OFFICER, DATA_OWNER, ENGINEER, OWNER, ROLES
from governance.gates import Answer, Check, Weight
from governance.proof.answers.inforce import Standing
from training.gate.base_models import LifeFacts, custody, trainable, useful_life
from training.gate.facts import ApprovalFacts, QualityFacts

F = TypeVar("F")
MINIMUM_ROWS = 50
RECOMMENDED_ROWS = 1000


@dataclass(frozen=True)
class DatasetFacts:
    """One dataset of a run: its standing, its contract's, and what re-hashing it found (None: not re-hashed)."""

    signed: Signed
    contract: Signed | None
    faults: tuple[str, ...] | None
    rows: int


@dataclass(frozen=True)
class BaseFacts:
    """The base model of a run."""

    signed: Signed | None
    faults: tuple[str, ...] | None
    licence: str
    derivatives: bool
    commercial: bool
    life: LifeFacts | None


@dataclass(frozen=True)
class RunFacts:
    """Everything the gate of a training run looks at."""

    plan: PlanFacts
    datasets: tuple[DatasetFacts, ...]
    quality: QualityFacts | None
    base: BaseFacts
    use_case: Signed | None
    goal_metric: str
    decision: Signed | None
    chosen: str
    method_agreed: str
    method: str
    baseline: Answer
    code: str
    budget_seconds: int
    launcher: Answer
    approval: ApprovalFacts | None = None


def _each(facts: RunFacts, what: str, ask: Callable[[DatasetFacts], Answer]) -> Answer:
    if not facts.datasets:
        return Answer(False, "no dataset", what, "Name a dataset in the run specification.", ROLES[ENGINEER])
    answers = [ask(d) for d in facts.datasets]
    return next((a for a in answers if not a.passed), answers[0])


UNSIGNED = frozenset({Standing.NOT_REQUESTED, Standing.PENDING, Standing.WITHDRAWN, Standing.RAN_OUT})
"""The standings of a dataset that a standing approval can stand for: never one that was refused or taken back."""


def _dataset(facts: RunFacts) -> Answer:
    def ask(dataset: DatasetFacts) -> Answer:
        answer, approval = in_force("dataset", dataset.signed), facts.approval
        if answer.passed or approval is None or not approval.covers or dataset.signed.standing.standing not in UNSIGNED:
            return answer
        found = f"{dataset.signed.title}: not signed itself; inside the standing approval {approval.signed.title}"
        return Answer(True, found, f"{answer.expected}, or inside a standing approval")

    return _each(facts, "dataset", ask)


def _approval(facts: RunFacts) -> Answer:
    approval = facts.approval
    if approval is None:
        return Answer(True, "none is named: everything is signed itself", "none, or one whose bounds are kept")
    if not approval.signed.standing.ok:
        return in_force("standing approval", approval.signed)
    if approval.exceeded:
        return Answer(
            False,
            "; ".join(f"{each.bound}: {each.found}" for each in approval.exceeded),
            "; ".join(f"{each.bound}: {each.expected}" for each in approval.exceeded),
            "Have the data signed and freeze a specification without a standing approval, or have a wider one signed.",
            f"{ROLES[DATA_OWNER]}, {ROLES[COMPLIANCE_OFFICER]}",
        )
    found = f"{approval.signed.title}: use {approval.use} of {approval.max_runs}"
    return Answer(True, found, "a standing approval in force, every bound of it kept")


def _contract(facts: DatasetFacts) -> Answer:
    return in_force("data contract", facts.contract)


def _rows(facts: RunFacts) -> Answer:
    rows = sum(d.rows for d in facts.datasets)
    return Answer(
        rows >= MINIMUM_ROWS,
        f"{rows} rows",
        f"at least {MINIMUM_ROWS}; {RECOMMENDED_ROWS} recommended for a new domain",
        "Add rows in the next version of the dataset.",
        ROLES[DATA_OWNER],
    )


def _quality(facts: RunFacts) -> Answer:
    expected = "a quality report of these datasets against this evaluation set, without failures"
    quality = facts.quality
    if quality is None:
        return Answer(False, "no quality report", expected, "Have the quality checks run.", ROLES[ENGINEER])
    if quality.mismatch:
        return Answer(False, quality.mismatch, expected, "Have the checks run on these versions.", ROLES[ENGINEER])
    if quality.failed:
        found = f"failed: {', '.join(quality.failed)}"
        return Answer(False, found, expected, "Mend the data in the next version.", ROLES[DATA_OWNER])
    return Answer(True, f"{quality.title}: {quality.status}", expected)


def _leakage(facts: RunFacts) -> Answer:
    expected = "no evaluation case among the training rows, exact or near"
    quality = facts.quality
    if quality is None or quality.mismatch:
        return Answer(False, "not checked", expected, "Have the quality checks run.", ROLES[ENGINEER])
    if quality.leaks:
        found = "; ".join(quality.leaks)
        return Answer(False, found, expected, "Take the rows out of the next version.", ROLES[DATA_OWNER])
    return Answer(True, "none found", expected)


def _licence(facts: RunFacts) -> Answer:
    expected = "a licence that permits derivatives and commercial use"
    base = facts.base
    allowed = base.derivatives and base.commercial
    return Answer(allowed, base.licence, expected, "Choose a base model whose licence permits this.", ROLES[OWNER])


def _goal(facts: RunFacts) -> Answer:
    expected = "a goal with a metric"
    if not facts.goal_metric.strip():
        return Answer(False, "too vague to measure", expected, "Name the metric in the use case.", ROLES[OWNER])
    return Answer(True, facts.goal_metric, expected)


def _decided(facts: RunFacts) -> Answer:
    expected = "a decision for fine-tuning by this method"
    if facts.chosen != "fine-tune":
        found = f"the decision record chose {facts.chosen or 'nothing'}"
        return Answer(False, found, expected, "Follow it, or decide anew.", ROLES[OWNER])
    if facts.method_agreed != facts.method:
        found = f"decided for {facts.method_agreed}, the run uses {facts.method}"
        return Answer(False, found, expected, "Use the method decided for, or decide anew.", ROLES[ENGINEER])
    return Answer(True, f"fine-tune by {facts.method}", expected)


def _code(facts: RunFacts) -> Answer:
    return Answer(
        not facts.code,
        facts.code or "the commit and the lock file stated are those here",
        "the commit and the lock file that are here",
        "State them as they are here in the run specification.",
        ROLES[ENGINEER],
    )


def _budget(facts: RunFacts) -> Answer:
    found = f"{facts.budget_seconds} s"
    return Answer(facts.budget_seconds > 0, found, "a limit on the run's time", "Set it in the spec.", ROLES[ENGINEER])


def _of_life(name: str, title: str, ask: Callable[[LifeFacts], Answer]) -> Check[RunFacts]:
    """Return a check on the base model's life: advisory, unless a policy makes it soft or hard."""

    def decide(facts: RunFacts) -> Answer:
        if facts.base.life is None:
            return Answer(False, "no base model", "a base model", "Name one.", ROLES[ENGINEER])
        return ask(facts.base.life)

    return Check(name, "base", title, decide, Weight.ADVISORY, Weight.ADVISORY)


RUN_CHECKS: tuple[Check[RunFacts], ...] = (
    *PLAN_CHECKS,
    Check("holdout", "plan", "Judged on a holdout", lambda f: held_out(f.plan.purpose)),
    Check("dataset", "data", "Dataset in force", _dataset),
    Check("standing_approval", "data", "Inside the standing approval", _approval),
    Check("data_contract", "data", "Data contract in force", lambda f: _each(f, "data contract", _contract)),
    Check(
        "dataset_bytes",
        "data",
        "Dataset bytes as approved",
        lambda f: _each(f, "dataset", lambda d: bytes_match("the dataset", d.faults, ROLES[DATA_OWNER])),
    ),
    Check("quality_report", "data", "Quality checked", _quality, Weight.HARD, Weight.SOFT),
    Check("dataset_size", "data", "Enough rows", _rows, Weight.SOFT, Weight.ADVISORY),
    Check("no_leakage", "data", "No evaluation case in the data", _leakage),
    Check("base_model", "base", "Base model in force", lambda f: in_force("base model", f.base.signed)),
    Check(
        "base_model_bytes",
        "base",
        "Base model files as approved",
        lambda f: bytes_match("the base model", f.base.faults, ROLES[ENGINEER]),
    ),
    Check("base_model_licence", "base", "Base model's licence", _licence),
    _of_life("base_model_life", "Base model's useful life", useful_life),
    _of_life("base_model_custody", "Base model can be had again", custody),
    _of_life("base_model_training", "Base model can be trained on while needed", trainable),
    Check("use_case", "run", "Use case in force", lambda f: in_force("use case", f.use_case)),
    Check("goal", "run", "Goal can be measured", _goal),
    Check("decision_record", "run", "Decision record in force", lambda f: in_force("decision record", f.decision)),
    Check("decision", "run", "Fine-tuning was decided", _decided),
    Check("baseline", "run", "Baseline measured", lambda f: f.baseline),
    Check("code", "run", "Code and lock file as stated", _code),
    Check("budget", "run", "Budget set", _budget),
    Check("launcher", "run", "Launcher may launch", lambda f: f.launcher),
)
