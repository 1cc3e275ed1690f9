"""The stages of a plan and the roles of its slices: which verdict lines are of which, and what is not looked for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from governance.proof.charts import results
from governance.proof.charts.held import Held
from governance.proof.charts.results import ALL, Line, stage_of

Verdict = Literal["PASS", "FAIL", "INCONCLUSIVE"]
STAGES: Final[Mapping[str, str]] = dict(
    zip(
        results.STAGES,
        ("whether the model may be released", "whether the pilot goes on", "whether it stays in production"),
        strict=True,
    )
)
"""The stages in their order, and what each decides where a plan says nothing of its own."""
FIRST: Final = results.STAGES[0]
"""the stage of lines from before there were any, and the only one that a release waits for"""
ROLES: Final = {
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
class Stage:
    """The verdict lines of one stage. `verdict` is None where no hard threshold is of it: then it decides nothing."""

    name: str
    decides: str
    verdict: Verdict | None
    lines: Sequence[Line]


@dataclass(frozen=True)
class OfRole:
    """The verdict lines about slices of one role."""

    role: str
    title: str
    about: str
    lines: list[Line]


def verdict_of(hard: Iterable[str]) -> Verdict | None:
    """Return what the verdicts of a stage's hard thresholds come to: FAIL before INCONCLUSIVE before PASS."""
    found = set(hard)
    return "FAIL" if "FAIL" in found else "INCONCLUSIVE" if "INCONCLUSIVE" in found else "PASS" if found else None


def by_stage(lines: Sequence[Line], said: Mapping[str, str] | None = None) -> list[Stage]:
    """Return the verdict lines of each stage that has any; `said` is what a plan says that stages decide."""
    found = []
    for name, decides in STAGES.items():
        own = [line for line in lines if stage_of(line) == name]
        if own:
            verdict = verdict_of(line["verdict"] for line in own if line["importance"] == "hard")
            found.append(Stage(name, (said or {}).get(name, decides), verdict, own))
    return found


def by_stages(result: Held, verdicts: Sequence[Line]) -> list[Stage]:
    """Return the verdict lines of a result or judgement by stage, each with what its plan says that it decides."""
    thresholds = (result.linked("result") or result).linked("thresholds")
    return by_stage(verdicts, thresholds.body.get("stages", {}) if thresholds is not None else {})


def by_role(result: Held, verdicts: Sequence[Line]) -> list[OfRole]:
    """Return the verdict lines of a result by role, for the roles that people look for first; empty ones, too."""
    thresholds = result.linked("thresholds")
    cases = thresholds.linked("evaluation_set") if thresholds is not None else None
    if cases is None or not verdicts:
        return []
    return [
        OfRole(role, title, about, [line for line in verdicts if line["slice"] in slices_about(cases.body, role)])
        for role, (title, about, _, _) in ROLES.items()
    ]


def slices_about(cases: Mapping[str, Any], role: str) -> set[str]:
    """Return the slices of a set (its body) that are there for a role; every case counts as one when all slices are."""
    roles = cases.get("roles", {})
    named = {name for name in cases["slices"] if roles.get(name, "common") == role}
    return named | {ALL} if named and named == set(cases["slices"]) else named


def uncovered(thresholds: Held) -> Iterator[tuple[str, str]]:
    """Yield what a plan does not look for, by role: no slice, or no hard threshold that would judge it."""
    cases = thresholds.linked("evaluation_set")
    for role, (title, _, kind, words) in ROLES.items() if cases is not None else ():
        slices = slices_about(cases.body, role) if cases is not None else set()
        if not slices:
            yield role, without_slice(title)
        elif not any(t["slice"] in slices and t["kind"] == kind and _blocks(t) for t in thresholds.body["thresholds"]):
            yield role, unjudged(title, words)


def without_slice(title: str) -> str:
    """Return that a plan has no slice to look for something in."""
    return f"{title.lower()}: no slice is there for it"


def unjudged(title: str, words: str) -> str:
    """Return that nothing judges what a plan should look for; `words` name a threshold that would."""
    return f"{title.lower()}: no hard threshold of the stage release judges it, such as {words}"


def _blocks(threshold: Line) -> bool:
    return bool(threshold["importance"] == "hard" and stage_of(threshold) == FIRST)
