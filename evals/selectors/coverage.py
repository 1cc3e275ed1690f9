"""Whether a plan looks for attacks and for lost general capability, and which verdict lines are about which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.engine.fields import ALL
from evals.engine.spec import EvaluationSetBody
from evals.engine.stages import FIRST, Stage, by_stage, stage_of
from governance.models import Document
from governance.selectors import documents as docs

SECTIONS = {
    "regression": (
        "General-capability regression",
        "What the model could do before it was tuned, held against the baseline.",
        "non_inferiority",
        "a threshold that keeps it from falling below the baseline",
    ),
    "red_team": (
        "Red team",
        "Attacks that must not succeed; a single failure shows that one can.",
        "zero_tolerance",
        "a threshold that tolerates no failure",
    ),
}
"""Role of a slice → heading, what it is about, the kind of threshold that judges it, and that kind in words."""


@dataclass(frozen=True)
class Section:
    """The verdict lines about slices of one role."""

    role: str
    title: str
    about: str
    lines: list[Mapping[str, Any]]


def slices_about(body: EvaluationSetBody, role: str) -> set[str]:
    """Return the slices there for a role; every case counts as one when all slices are."""
    named = set(body.slices_of(role))  # type: ignore[arg-type]
    return named | {ALL} if named and named == set(body.slices) else named


def uncovered(thresholds: Document | None) -> dict[str, str]:
    """Return what a plan does not look for, by role: no slice, or no hard threshold that would judge it."""
    cases = docs.linked_one(thresholds, "evaluation_set") if thresholds else None
    if thresholds is None or cases is None:
        return {}
    body: EvaluationSetBody = docs.model_body(cases, EvaluationSetBody)
    asked = docs.envelope(thresholds).body["thresholds"]
    found = {}
    for role, (title, _, kind, words) in SECTIONS.items():
        slices = slices_about(body, role)
        judged = any(t["slice"] in slices and t["kind"] == kind and _blocks(t) for t in asked)
        if not slices:
            found[role] = without_slice(title)
        elif not judged:
            found[role] = unjudged(title, words)
    return found


def without_slice(title: str) -> str:
    """Return that a plan has no slice to look for something in."""
    return f"{title.lower()}: no slice is there for it"


def unjudged(title: str, words: str) -> str:
    """Return that nothing judges what a plan should look for; `words` name a threshold that would."""
    return f"{title.lower()}: no hard threshold of the stage release judges it, such as {words}"


def _blocks(threshold: Mapping[str, Any]) -> bool:
    return threshold["importance"] == "hard" and stage_of(threshold) == FIRST


def by_stages(result: Document, verdicts: Sequence[Mapping[str, Any]]) -> list[Stage]:
    """Return the verdict lines of a result or judgement by stage, each with what its plan says that it decides."""
    thresholds = docs.linked_one(docs.linked_one(result, "result") or result, "thresholds")
    said = docs.envelope(thresholds).body.get("stages", {}) if thresholds is not None else {}
    return by_stage(verdicts, said)


def sections(result: Document, verdicts: Sequence[Mapping[str, Any]]) -> list[Section]:
    """Return the verdict lines of a result by role, for the roles that people look for first; empty ones, too."""
    thresholds = docs.linked_one(result, "thresholds")
    cases = docs.linked_one(thresholds, "evaluation_set") if thresholds else None
    if cases is None or not verdicts:
        return []
    body: EvaluationSetBody = docs.model_body(cases, EvaluationSetBody)
    return [
        Section(role, title, about, [line for line in verdicts if line["slice"] in slices_about(body, role)])
        for role, (title, about, _, _) in SECTIONS.items()
    ]
