"""Adopting the library: failure modes and starter sets become drafts of a plan, which people then make their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evals import documents as kinds
from evals.engine.catalogue import CATALOGUE
from evals.engine.library import (
    CHOICE_CRITERION,
    STARTERS,
    FailureMode,
    failure_modes,
    regression_cases,
    rubric_with,
)
from evals.engine.spec import Case, EvaluationSetBody
from evals.services import next_version
from governance import store
from governance.errors import Invalid
from governance.models import Document, Draft, Project, User
from governance.proof.formats.canonical import dumps
from governance.selectors import documents as docs
from governance.services.documents import draft_create, draft_edit
from governance.services.ledger import admit

REGRESSION_MARGIN = "0.10"
MODE_FILE = "examples-{}.jsonl"


@dataclass(frozen=True)
class Adopted:
    """The drafts that an adoption made or extended."""

    evaluation_set: Draft
    rubric: Draft
    thresholds: Draft

    @property
    def drafts(self) -> list[Draft]:
        """All of them."""
        return [self.evaluation_set, self.rubric, self.thresholds]


def adopt_modes(
    *,
    actor: User,
    project: Project,
    modes: Sequence[str],
    evaluation_set: Document | None = None,
    rubric: Document | None = None,
    purpose: str = "development",
) -> Adopted:
    """Draft the example cases, criteria and thresholds of failure modes: new documents, or the next version of these.

    A criterion added to a rubric has weight 0: it decides its own threshold and leaves every pass rate as it was, until
    somebody gives it weight.

    Raises:
        Invalid: no such mode, or none at all, or all of them are in the draft already.
    """
    admit(actor=actor, action="document.draft", project=project)
    chosen = [_mode(name) for name in dict.fromkeys(modes)]
    if not chosen:
        raise Invalid("modes", "found none, expected at least one failure mode")
    title = "Red-team plan"
    cases = {MODE_FILE.format(mode.name): mode.cases_in(mode.name) for mode in chosen}
    slices = {mode.name: (mode.title, "red_team") for mode in chosen}
    set_draft = _cases(actor, project, evaluation_set, f"{title}: cases", purpose, cases, slices, "generation")
    criteria = [mode.criterion.model_dump(mode="json") for mode in chosen]
    rubric_draft, names = _criteria(actor, project, rubric, f"{title}: rubric", criteria, "text")
    thresholds = [_zero_tolerance(mode, names[mode.criterion.name]) for mode in chosen]
    return Adopted(set_draft, rubric_draft, _thresholds(actor, project, f"{title}: thresholds", thresholds))


def adopt_starter(*, actor: User, project: Project, starter: str, purpose: str = "development") -> Adopted:
    """Draft a starter set with its rubric and thresholds, as documents of their own.

    Raises:
        Invalid: no such starter.
    """
    if starter == "red-team":
        return adopt_modes(actor=actor, project=project, modes=list(failure_modes()), purpose=purpose)
    if starter != "regression":
        raise Invalid("starter", f"found {starter!r}, expected one of {', '.join(STARTERS)}")
    admit(actor=actor, action="document.draft", project=project)
    title = "General-capability regression"
    cases = list(regression_cases())
    slices = {name: (f"general capability: {name}", "regression") for case in cases for name in case.slices}
    files = {"regression.jsonl": cases}
    set_draft = _cases(actor, project, None, f"{title}: cases", purpose, files, slices, "multiple_choice")
    rubric_draft, _ = _criteria(actor, project, None, f"{title}: rubric", [CHOICE_CRITERION], "choice")
    threshold = _threshold("capability-kept", "pass_rate", "all", len(cases)) | {
        "kind": "non_inferiority", "limit": REGRESSION_MARGIN, "against": "baseline"
    }  # fmt: skip
    return Adopted(set_draft, rubric_draft, _thresholds(actor, project, f"{title}: thresholds", [threshold]))


def _mode(name: str) -> FailureMode:
    if name not in failure_modes():
        raise Invalid("modes", f"found {name!r}, expected some of {', '.join(failure_modes())}")
    return failure_modes()[name]


def _cases(
    actor: User,
    project: Project,
    base: Document | None,
    title: str,
    purpose: str,
    files: dict[str, list[Case]],
    slices: dict[str, tuple[str, str]],
    task: str,
) -> Draft:
    """Add files of cases to the draft of a set's next version, or begin a set."""
    if base is not None:
        EvaluationSetBody.model_validate(docs.envelope(base).body)
    draft, body = _open(base)
    if body is None:
        body = {
            "title": title,
            "purpose": purpose,
            "task": task,
            "description": "Begun from the published examples of Countersign. Whoever trains can read those: replace "
            "them, or add cases of your own, before a release rests on them.",
            "slices": {},
            "files": [],
            "cases": 0,
        }
    known = {entry["path"] for entry in body["files"]}
    added = {path: cases for path, cases in files.items() if path not in known}
    if not added:
        raise Invalid("modes", "all of them are in the draft already")
    for path, cases in added.items():
        lines = [dumps(case.model_dump(mode="json", exclude_defaults=True) | {"slices": case.slices}) for case in cases]
        entry = store.put([b"\n".join(lines) + b"\n"]).model_copy(update={"path": path})
        body["files"] = [*body["files"], entry.model_dump(mode="json")]
        body["cases"] += len(cases)
    taken = set(body["slices"]) & set(slices)
    if wrong := sorted(name for name in taken if body.get("roles", {}).get(name) != slices[name][1]):
        raise Invalid("evaluation_set", f"its slice {wrong[0]!r} is there for something else; rename it first")
    body["slices"] = {name: words for name, (words, _) in slices.items()} | body["slices"]
    body["roles"] = {name: role for name, (_, role) in slices.items()} | body.get("roles", {})
    return _save(actor, project, kinds.SET, base, draft, next_version.sized(body))


def _criteria(
    actor: User, project: Project, base: Document | None, title: str, criteria: list[dict[str, Any]], output: str
) -> tuple[Draft, dict[str, str]]:
    """Add criteria to the draft of a rubric's next version, or begin one; return what each is called there."""
    draft, body = _open(base)
    there = list(body["criteria"]) if body else []
    names: dict[str, str] = {}
    new: list[dict[str, Any]] = []
    for criterion in criteria:
        same = next((c for c in [*there, *new] if _stands_for(c, criterion)), None)
        if same is None:
            new.append(criterion | {"weight": "0"})
        names[criterion["name"]] = (same or criterion)["name"]
    if body is None:
        return _save(actor, project, kinds.RUBRIC, None, None, rubric_with(title, new, output)), names
    body["criteria"] = [*there, *new]
    return _save(actor, project, kinds.RUBRIC, base, draft, body), names


def _stands_for(known: dict[str, Any], criterion: dict[str, Any]) -> bool:
    """Return whether a rubric has the criterion already, or may have its grader only once."""
    same_grader = known["grader"] == criterion["grader"]
    return known["name"] == criterion["name"] or (same_grader and CATALOGUE[criterion["grader"]].once)


def _zero_tolerance(mode: FailureMode, criterion: str) -> dict[str, Any]:
    suggested = mode.threshold.model_dump(mode="json") | {"metric": f"met:{criterion}"}
    return _threshold(f"no-{mode.name}", f"met:{criterion}", mode.name, len(mode.cases)) | suggested


def _threshold(name: str, metric: str, slice_name: str, cases: int) -> dict[str, Any]:
    return {
        "id": name,
        "metric": metric,
        "slice": slice_name,
        "layer": "quality",
        "stage": "release",
        "direction": ">=",
        "importance": "hard",
        "alpha": "0.05",
        "n_min": cases,
        "missing_policy": "failure",
    }


def _thresholds(actor: User, project: Project, title: str, thresholds: list[dict[str, Any]]) -> Draft:
    body = {"title": title, "preset": "own", "thresholds": thresholds}
    return _save(actor, project, kinds.THRESHOLDS, None, None, body)


def _open(base: Document | None) -> tuple[Draft | None, dict[str, Any] | None]:
    """Return the open draft of a document's next version, if there is one, and the body to go on from."""
    if base is None:
        return None, None
    draft = Draft.objects.filter(series=base.series_id, frozen=None).order_by("-updated_at").first()
    newest = Document.objects.filter(series=base.series_id).order_by("-number").first() or base
    return draft, dict(draft.body if draft else docs.envelope(newest).body)


def _save(
    actor: User, project: Project, kind: str, base: Document | None, draft: Draft | None, body: dict[str, Any]
) -> Draft:
    if draft is not None:
        return draft_edit(actor=actor, draft=draft, revision=draft.revision, body=body, references=draft.references)
    return draft_create(actor=actor, project=project, kind=kind, body=body, base=base)
