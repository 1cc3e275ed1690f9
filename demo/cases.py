"""The demo's evaluation sets: the signed holdout, and an open development set from other categories.

One case per category: phrases of a category resemble one another, and the intervals of the verdict count independent
cases.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal

from demo.data import ESCALATE, LABELS, Part, answer, draw, json_line, part_of, term_id, usable_terms
from demo.icd import CHAPTERS, CURRENT, Term
from demo.phrases import GENERAL_EVALUATION, RED_TEAM, VAGUE_EVALUATION, general_messages
from evals.engine.evaluation_set import Role, sizes
from evals.engine.spec import Case, EvaluationSetBody, FileEntry

HOLDOUT_FILE: Final = "holdout.jsonl"
DEVELOPMENT_FILE: Final = "development.jsonl"

SLICES: Final = {
    "common": "Everyday phrases from the chapters where a wrong one only costs time",
    "high-value": "Neoplasms, circulation, pregnancy and newborns: chapters where a wrong one delays care",
    "failure-prone": "Vague phrases that must be escalated instead of filed; written for this demo",
    "red-team": "Attempts to talk the model out of its task; written for this demo, examples of attacks",
    "general": "General questions that the model must not forget how to answer; written for this demo",
}
ROLES: Final[dict[str, Role]] = {
    "high-value": "high_value",
    "failure-prone": "failure_prone",
    "red-team": "red_team",
    "general": "regression",
}
HIGH_VALUE: Final = frozenset({2, 9, 15, 16})


@dataclass(frozen=True)
class Sizes:
    """How many cases: clinical ones per chapter, the others in all."""

    common: int
    high_value: int
    vague: int
    red_team: int
    general: int


SIZES: Final[dict[Literal["smollm2", "tiny"], Sizes]] = {
    "smollm2": Sizes(common=7, high_value=16, vague=30, red_team=20, general=70),
    "tiny": Sizes(common=1, high_value=3, vague=8, red_team=6, general=16),
}


def holdout_cases(model: Literal["smollm2", "tiny"], cache: Path) -> list[Case]:
    """Return the holdout cases for a model, sorted by id: about 300 for smollm2 and 60 for tiny.

    Raises:
        demo.icd.SourceError: the release cannot be had.
    """
    sizes = SIZES[model]
    chosen = _one_per_category("holdout", cache)
    counts: Counter[int] = Counter()
    cases: list[Case] = []
    spare: list[Term] = []
    for term in chosen:
        important = term.chapter in HIGH_VALUE
        if counts[term.chapter] < (sizes.high_value if important else sizes.common):
            counts[term.chapter] += 1
            cases.append(_clinical(term, "high-value" if important else "common"))
        else:
            spare.append(term)
    for number, (attack, term) in enumerate(zip(RED_TEAM[: sizes.red_team], _varied(spare), strict=False), 1):
        text = attack.replace("{{", "{").replace("}}", "}").replace("{phrase}", term.phrase)
        cases.append(_case(f"attack-{number:03}", text, answer(CHAPTERS[term.chapter]), "red-team", term.category))
    for number, phrase in enumerate(VAGUE_EVALUATION[: sizes.vague], 1):
        cases.append(_case(f"vague-eval-{number:03}", phrase, answer(ESCALATE), "failure-prone", None))
    step = len(GENERAL_EVALUATION) // sizes.general
    for number, (question, target) in enumerate(GENERAL_EVALUATION[::step][: sizes.general], 1):
        case = _case(f"general-eval-{number:03}", question, target, "general", None)
        cases.append(case.model_copy(update={"messages": _general(question)}))
    return sorted(cases, key=lambda case: case.id)


def development_cases(cache: Path, per_chapter: int = 5) -> list[Case]:
    """Return open development cases, sorted by id, from categories that neither training nor holdout uses.

    Raises:
        demo.icd.SourceError: the release cannot be had.
    """
    counts: Counter[int] = Counter()
    cases = []
    for term in _one_per_category("development", cache):
        if counts[term.chapter] < per_chapter:
            counts[term.chapter] += 1
            cases.append(_clinical(term, "high-value" if term.chapter in HIGH_VALUE else "common"))
    return sorted(cases, key=lambda case: case.id)


def write_cases(cases: Iterable[Case], path: Path) -> FileEntry:
    """Write `cases` to `path` as JSON Lines; return the manifest entry, named as the file is."""
    content = b"".join(json_line(case.model_dump(mode="json", exclude_none=True)) for case in cases)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return FileEntry(path=path.name, size=len(content), sha256=f"sha256:{sha256(content).hexdigest()}")


def evaluation_set_body(
    cases: list[Case], entry: FileEntry, purpose: Literal["holdout", "development"] = "holdout"
) -> dict[str, Any]:
    """Return the body of the evaluation-set document for `cases`, whose file is `entry`."""
    used = {name for case in cases for name in case.slices}
    body = EvaluationSetBody(
        title=f"Medical coding triage, {purpose} set",
        purpose=purpose,
        task="classification",
        description=(
            f"Clinical phrases are ICD-10-CM inclusion terms ({CURRENT.name} release), one per three-character "
            "category, from categories that no training row comes from. Vague phrases, attacks and general questions "
            "were written for this demo and are examples."
        ),
        slices={name: text for name, text in SLICES.items() if name in used},
        roles={name: role for name, role in ROLES.items() if name in used},
        labels=LABELS,
        files=[entry],
        cases=len(cases),
        sizes=sizes(cases, used),
    )
    return body.model_dump(mode="json")


def _one_per_category(part: Part, cache: Path) -> list[Term]:
    """Return one term of each category of `part`, in an order that is random-looking but always the same."""
    first: dict[str, Term] = {}
    for term in sorted(usable_terms(CURRENT, cache), key=lambda term: draw(f"case {term_id(term)}")):
        if part_of(term.category) == part:
            first.setdefault(term.category, term)
    return list(first.values())


def _varied(terms: list[Term]) -> list[Term]:
    """Return `terms` with the chapters taking turns, so that few of them stand for many chapters."""
    seen: Counter[int] = Counter()
    turns = []
    for term in terms:
        turns.append((seen[term.chapter], term))
        seen[term.chapter] += 1
    return [term for _, term in sorted(turns, key=lambda turn: turn[0])]


def _clinical(term: Term, slice_name: str) -> Case:
    return _case(term_id(term), term.phrase, answer(CHAPTERS[term.chapter]), slice_name, term.category)


def _case(name: str, text: str, target: str, slice_name: str, category: str | None) -> Case:
    source = f"ICD-10-CM {CURRENT.name}, category {category}" if category else "written for this demo"
    return Case.model_validate({
        "id": name,
        "messages": [{"role": "user", "content": text}],
        "target": target,
        "slices": [slice_name],
        "cluster": category,
        "provenance": f"{source}; attack written for this demo" if slice_name == "red-team" else source,
    })  # fmt: skip


def _general(question: str) -> list[Any]:
    return Case.model_validate({
        "id": "general",
        "messages": general_messages(question),
        "target": "{}",
        "slices": [],
        "provenance": "written for this demo",
    }).messages  # fmt: skip
