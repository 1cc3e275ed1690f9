"""The gate checks about the evaluation plan and about evaluations: pure functions of facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from governance.access import COMPLIANCE_OFFICER, ENGINEER, ROLES, label, words
from governance.gates import Answer, Check, Weight
from governance.proof.answers.inforce import InForce

PLAN_DECIDABLE = "plan_decidable"
ARMS: Mapping[str, tuple[str, ...]] = {
    "base": ("base", "best_prompt", "other"),
    "tuned": ("tuned", "other"),
    "endpoint": ("retrieval", "other"),
    "recorded": ("retrieval", "other"),
}
"""The arms that whatever answers may be measured as: the base model also with the best prompt that was found for it."""
ANSWERING: Mapping[str, str] = {
    "base": "a base model",
    "tuned": "a tuned model",
    "endpoint": "a model behind an endpoint",
    "recorded": "recorded answers",
}


NO_PRESET = Answer(True, "no preset is named", "no threshold looser than its preset")


@dataclass(frozen=True)
class Signed:
    """A document a run rests on, and its standing; None where there is none."""

    title: str
    standing: InForce


@dataclass(frozen=True)
class PlanFacts:
    """The evaluation plan of a run or an evaluation.

    `pinned` is empty, or says how spec and thresholds disagree on set or rubric; `undecidable` names thresholds that
    the cases cannot decide, with the reason; `purpose` says whether the set is a holdout; `uncovered`
    names what the plan does not look for (attacks, lost general capability); `preset` says whether it is as strict as
    the preset it was made from.
    """

    evaluation_set: Signed | None
    rubric: Signed | None
    thresholds: Signed | None
    pinned: str = ""
    undecidable: Mapping[str, str] = field(default_factory=dict)
    purpose: str = ""
    uncovered: Mapping[str, str] = field(default_factory=dict)
    preset: Answer = NO_PRESET


@dataclass(frozen=True)
class EvaluationFacts:
    """Everything the gate of an evaluation looks at; `subject_arm` says what answers, a key of `ARMS`."""

    plan: PlanFacts
    arm: str
    subject_arm: str
    subject: Answer
    subject_faults: tuple[str, ...] | None
    case_faults: tuple[str, ...] | None
    baseline: Answer
    last_release: Answer
    measures: Answer
    launcher: Answer
    holdout_left: Answer
    endpoints: Answer
    judges: Answer
    calibrations: Answer
    judged: Answer
    judge_faults: tuple[str, ...] | None


def in_force(what: str, signed: Signed | None) -> Answer:
    """Return whether a signed document stands, in words that say what is missing and who can supply it."""
    expected = f"{what} in force"
    if signed is None:
        return Answer(False, f"no {what}", expected, "Freeze it and have it signed.", ROLES[ENGINEER])
    standing = signed.standing
    if standing.ok:
        until = f" until {standing.until:%Y-%m-%d}" if standing.until else ""
        return Answer(True, f"{signed.title}: {standing.standing.value}{until}", expected)
    if standing.unmet:
        return Answer(
            False,
            f"{signed.title}: signed under a condition that is not met: {standing.unmet[0].text}",
            f"{expected}, its conditions met",
            "Show that the condition is met to those who set it; they confirm it on the document's page.",
            ROLES[COMPLIANCE_OFFICER],
        )
    missing = ", ".join(f"{count} × {label(role)}" for role, count in standing.missing)
    found = f"{signed.title}: {standing.standing.value}" + (f", missing {missing}" if missing else "")
    if standing.faults:
        found += f" ({standing.faults[0]})"
    if missing:
        return Answer(
            False, found, expected, "Ask those who have not signed yet.", words(r for r, _ in standing.missing)
        )
    return Answer(
        False,
        found,
        expected,
        "Open a request for signature (for a new version if it was refused).",
        ROLES[COMPLIANCE_OFFICER],
    )


def bytes_match(what: str, faults: tuple[str, ...] | None, who: str) -> Answer:
    """Return whether re-hashed bytes are those approved; None means they were not hashed."""
    expected = f"bytes of {what} as approved"
    if faults is None:
        return Answer(False, "the bytes were not hashed", expected, "Launch again.", who)
    if faults:
        return Answer(
            False, "; ".join(faults[:3]), expected, "Restore the approved bytes, or approve a new version.", who
        )
    return Answer(True, "every file re-hashed and equal", expected)


def pinned(facts: PlanFacts) -> Answer:
    """Return whether spec and thresholds name the same set and rubric."""
    expected = "thresholds that pin the very set and rubric"
    if facts.pinned:
        return Answer(False, facts.pinned, expected, "Freeze a spec that names the plan's own.", ROLES[ENGINEER])
    return Answer(True, "thresholds, set and rubric agree", expected)


def held_out(purpose: str) -> Answer:
    """Return whether the set is a holdout: engineers know the cases of a development set, so it decides nothing."""
    expected = "a holdout, whose cases engineers have not seen"
    return Answer(
        purpose == "holdout",
        f"a {purpose} set" if purpose else "no evaluation set",
        expected,
        "Plan with a holdout and have it signed.",
        ROLES[COMPLIANCE_OFFICER],
    )


def decidable(undecided: Mapping[str, str]) -> Answer:
    """Return whether every threshold can be decided by the cases there are: what gate and signing ask alike."""
    expected = "enough cases for every threshold, or a signed reason to do without"
    if undecided:
        found = "; ".join(f"{name}: {why}" for name, why in sorted(undecided.items()))
        remedy = "Add cases, change the threshold, or state an exception with its reason; then have it signed."
        return Answer(False, found, expected, remedy, ROLES[COMPLIANCE_OFFICER])
    return Answer(True, "every threshold can be decided", expected)


def covered(uncovered: Mapping[str, str]) -> Answer:
    """Return whether the plan looks for attacks and for lost general capability."""
    expected = "slices for red team and regression, each judged by a hard threshold"
    if uncovered:
        found = "; ".join(why for _, why in sorted(uncovered.items()))
        remedy = "Adopt failure modes or a starter set, and sign the plan again."
        return Answer(False, found, expected, remedy, ROLES[COMPLIANCE_OFFICER])
    return Answer(True, "both are judged", expected)


class Planned(Protocol):
    """Facts about something that is done under an evaluation plan."""

    @property
    def plan(self) -> PlanFacts: ...


# What everything done under a plan asks of it: evaluations here, training runs elsewhere.
PLAN_CHECKS: tuple[Check[Planned], ...] = (
    Check(
        "evaluation_set", "plan", "Evaluation set in force", lambda f: in_force("evaluation set", f.plan.evaluation_set)
    ),
    Check("rubric", "plan", "Rubric in force", lambda f: in_force("rubric", f.plan.rubric)),
    Check(
        "thresholds",
        "plan",
        "Acceptance thresholds in force",
        lambda f: in_force("acceptance thresholds", f.plan.thresholds),
    ),
    Check("plan_pinned", "plan", "One plan", lambda f: pinned(f.plan)),
    Check(
        PLAN_DECIDABLE,
        "plan",
        "Plan can decide",
        lambda f: decidable(f.plan.undecidable),
        Weight.ADVISORY,
        Weight.ADVISORY,
    ),
    Check(
        "plan_covers",
        "plan",
        "Attacks and regression looked for",
        lambda f: covered(f.plan.uncovered),
        Weight.ADVISORY,
        Weight.ADVISORY,
    ),
    Check("plan_preset", "plan", "As strict as its preset", lambda f: f.plan.preset, Weight.ADVISORY, Weight.ADVISORY),
)
CHECKS: tuple[Check[EvaluationFacts], ...] = (
    *PLAN_CHECKS,
    Check(
        "case_bytes",
        "data",
        "Cases as signed",
        lambda f: bytes_match("the cases", f.case_faults, ROLES[COMPLIANCE_OFFICER]),
    ),
    Check("subject", "base", "What answers may be evaluated", lambda f: f.subject),
    Check(
        "subject_bytes",
        "base",
        "Its files as named",
        lambda f: bytes_match("what answers", f.subject_faults, ROLES[ENGINEER]),
    ),
    Check(
        "arm",
        "run",
        "Arm fits the model",
        lambda f: Answer(
            f.arm in ARMS[f.subject_arm],
            f"arm {f.arm} with {ANSWERING[f.subject_arm]}",
            f"one of the arms {', '.join(ARMS[f.subject_arm])}",
            "Freeze a spec with the right arm.",
            ROLES[ENGINEER],
        ),
    ),
    Check("baseline", "run", "Baseline to compare with", lambda f: f.baseline),
    Check("last_release", "run", "Last release to compare with", lambda f: f.last_release),
    Check("measures", "data", "Measures of the newest version", lambda f: f.measures),
    Check("holdout_left", "run", "Holdout not used up", lambda f: f.holdout_left, Weight.HARD, Weight.SOFT),
    Check("endpoints", "run", "Endpoints as the operator lists them", lambda f: f.endpoints),
    Check("judges", "run", "Judges may judge, none of them itself", lambda f: f.judges),
    Check(
        "judge_bytes",
        "base",
        "Files of judges as recorded",
        lambda f: bytes_match("the judges", f.judge_faults, ROLES[ENGINEER]),
    ),
    Check("calibrations", "run", "Calibrations of judges in force", lambda f: f.calibrations),
    Check("judged", "run", "Judges may decide", lambda f: f.judged, Weight.ADVISORY, Weight.ADVISORY),
    Check("launcher", "run", "Launcher may launch", lambda f: f.launcher),
)
