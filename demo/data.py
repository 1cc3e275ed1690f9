"""The demo's dataset: clinical phrases with their chapter, split without leakage and stable from release to release.

Who goes where depends on nothing but a hash of the seed and the three-character category, so all phrases of a category
stay together, and a new release moves no phrase that it does not change: the difference of two dataset versions is the
difference of two official releases.
"""

import json
from collections import defaultdict
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

from demo.icd import CHAPTERS, CURRENT, PREVIOUS, Release, Term, terms
from demo.phrases import GENERAL_TRAINING, VAGUE_TRAINING, general_messages
from evals.quality.leakage import find_leaks
from evals.quality.likeness import normal
from evals.quality.rows import Row

SEED: Final = "countersign-demo-34"
"""The first that leaves every chapter 50 training rows and holdout categories enough; chosen by these counts alone."""
PER_CHAPTER: Final = 120
"""Training rows per chapter at most: the largest chapter has seventeen times the terms of the smallest."""
ESCALATE: Final = "escalate"
LABELS: Final = [*CHAPTERS.values(), ESCALATE]
VERSIONS: Final[dict[Literal["v1", "v2"], Release]] = {"v1": PREVIOUS, "v2": CURRENT}
FILE: Final = "train.jsonl"

Part = Literal["train", "development", "holdout"]


def part_of(category: str) -> Part:
    """Return the part all phrases of `category` belong to: 70 % train, 10 % development, 20 % holdout."""
    place = draw(category) % 100
    return "train" if place < 70 else "development" if place < 80 else "holdout"


def draw(text: str) -> int:
    """Return a large number that is random-looking but always the same for `text` (and the seed)."""
    return int.from_bytes(sha256(f"{SEED}:{text}".encode()).digest()[:8], "big")


def usable_terms(release: Release, cache: Path) -> list[Term]:
    """Return the terms of `release` that have one right answer: chapters 1 to 21, no phrase in two chapters, each once.

    Raises:
        demo.icd.SourceError: the release cannot be had.
    """
    by_phrase: dict[str, list[Term]] = defaultdict(list)
    for term in terms(release, cache):
        by_phrase[normal(term.phrase)].append(term)
    return [
        found[0]
        for found in by_phrase.values()
        if len({term.chapter for term in found}) == 1 and found[0].chapter in CHAPTERS
    ]


def term_id(term: Term) -> str:
    """Return the id of a row or case made of `term`; the same in every release that has the phrase under the code."""
    return f"{term.code}-{sha256(term.phrase.encode()).hexdigest()[:8]}"


def answer(chapter: str) -> str:
    """Return the canonical JSON of the answer `chapter`."""
    return json.dumps({"chapter": chapter}, separators=(",", ":"))


def training_rows(version: Literal["v1", "v2"], cache: Path) -> list[Row]:
    """Return the training rows of a dataset version, sorted by id.

    Phrases that equal, resemble, contain or are contained in one of the other parts are left out. Added are vague
    phrases to be escalated and general questions, both written for this demo, so that the model learns when not to
    answer and does not forget everything else.

    Raises:
        demo.icd.SourceError: a release cannot be had.
    """
    here = usable_terms(VERSIONS[version], cache)
    # What is held out of any version is held out of all: an evaluation set outlives a dataset version.
    held = {
        normal(term.phrase)
        for name, release in VERSIONS.items()
        for term in (here if name == version else usable_terms(release, cache))
        if part_of(term.category) != "train"
    }
    candidates = {term_id(term): term for term in here if part_of(term.category) == "train"}
    leaks = find_leaks({name: normal(term.phrase) for name, term in candidates.items()}, {text: text for text in held})
    leaked = {row for pairs in (leaks.exact, leaks.near, leaks.contained) for row, _ in pairs}
    by_chapter: dict[int, list[Term]] = defaultdict(list)
    for name, term in candidates.items():
        if name not in leaked:
            by_chapter[term.chapter].append(term)
    chosen = [
        term
        for found in by_chapter.values()
        for term in sorted(found, key=lambda term: draw(term_id(term)))[:PER_CHAPTER]
    ]
    rows = [_row(term_id(term), term.phrase, answer(CHAPTERS[term.chapter])) for term in chosen]
    rows += [_row(f"vague-{number:03}", phrase, answer(ESCALATE)) for number, phrase in enumerate(VAGUE_TRAINING, 1)]
    rows += [
        Row.model_validate({"id": f"general-{number:03}", "messages": general_messages(question), "target": target})
        for number, (question, target) in enumerate(GENERAL_TRAINING, 1)
    ]
    return sorted(rows, key=lambda row: row.id)


def write_training(version: Literal["v1", "v2"], directory: Path, cache: Path) -> Path:
    """Write the rows of a dataset version as `train.jsonl` in `directory` and return its path."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / FILE
    path.write_bytes(b"".join(json_line(row.model_dump(mode="json")) for row in training_rows(version, cache)))
    return path


def json_line(value: dict[str, object]) -> bytes:
    """Return one line of JSON Lines with sorted keys, so that equal rows are equal bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _row(name: str, phrase: str, target: str) -> Row:
    return Row.model_validate({"id": name, "messages": [{"role": "user", "content": phrase}], "target": target})
