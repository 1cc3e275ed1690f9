"""Datasets of Inspect: records {input, target, choices, id, metadata} in JSON, JSON Lines or CSV.

Format: inspect_ai.dataset (Sample, FieldSpec, json_dataset, csv_dataset). A target among choices is a letter there and
the text of the choice here.
"""

import json
from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any

from evals.engine.cases import strict_json
from evals.engine.spec import Case
from evals.formats import chat, csv_table, extras
from evals.formats.reading import MOST_CASES, Place, Reading, SourceFile, Unreadable, shown

RUNS = ("sandbox", "files", "setup", "checkpoint")
KEPT = ("id", "messages", "target", "references", "choices", "metadata")
"""the members of a case that a record has a place for; the others stand beside"""
BESIDE = frozenset(Case.model_fields) - {"id", "messages", "choices"}


def read(reading: Reading, files: Sequence[SourceFile]) -> None:
    """Read records; those that bring files or set-up scripts are refused, since nothing is run here."""
    for file in files:
        for place, number, record in _records(reading, file):
            _read(reading, place, number, record)


def _records(reading: Reading, file: SourceFile) -> list[tuple[Place, int, dict[str, Any]]]:
    if file.name.lower().endswith(".csv"):
        return [(place, n, record) for n, (place, record) in enumerate(csv_table.records(reading, file), start=1)]
    if not file.name.lower().endswith(".json"):
        return chat.lines(reading, file)
    try:
        value = strict_json(file.text())
    except ValueError as error:
        raise Unreadable(Place(file.name), f"no JSON ({error})", "an array of records") from None
    found = []
    for number, record in enumerate(value if isinstance(value, list) else [value], start=1):
        place = Place(file.name, f"record {number}")
        if number > MOST_CASES:
            raise Unreadable(place, f"more than {MOST_CASES:,} records", "at most so many")
        if isinstance(record, dict):
            found.append((place, number, record))
        else:
            reading.problem(place, shown(record), "an object")
    return found


def _read(reading: Reading, place: Place, number: int, record: dict[str, Any]) -> None:
    said = {name: value for name, value in record.items() if value not in (None, "", [], {})}
    if runs := sorted(set(said) & set(RUNS)):
        reading.problem(place, f"the members {', '.join(runs)}", "a record that needs no files, sandbox or script")
        return
    for name in sorted(set(said) - {"input", "target", "choices", "id", "metadata", "description"}):
        reading.left_out(place, f"the member {name!r}", "Inspect reads it only with a task's own FieldSpec")
    messages = _messages(reading, place, said.get("input"))
    choices = _choices(said.get("choices"))
    targets = said.get("target", [])
    targets = [_text(each) for each in (targets if isinstance(targets, list) else [targets])]
    metadata, beside = _metadata(reading, place, said.get("metadata"))
    identity = said.get("id")
    if messages is None or metadata is None:
        return
    if None in targets or isinstance(identity, bool) or not isinstance(identity, str | int | None):
        what = f"target {shown(said.get('target'))}, id {shown(identity)}"
        reading.problem(place, what, "text or numbers")
        return
    if choices and (targets := _chosen(reading, place, choices, [t for t in targets if t])) is None:
        return
    parts = {
        "id": None if identity is None else str(identity),
        "messages": messages,
        "target": targets[0] if targets else None,
        "references": targets[1:],
        "choices": choices,
        "metadata": metadata,
        "note": said.get("description"),
    }
    reading.case(place, parts | beside, number)


def _messages(reading: Reading, place: Place, found: object) -> list[dict[str, str]] | None:
    if isinstance(found, str):
        return [{"role": "user", "content": found}]
    return chat.turns(reading, place, found)


def _choices(found: object) -> list[str]:
    """As Inspect reads them: a list, or a text with commas (without any: with spaces)."""
    if isinstance(found, list):
        return [str(choice) for choice in found if str(choice).strip()]
    if not isinstance(found, str):
        return [] if found is None else [str(found)]
    parts = found.split(",") if "," in found else found.split()
    return [part.strip() for part in parts if part.strip()]


def _chosen(reading: Reading, place: Place, choices: list[str], targets: list[Any]) -> list[Any] | None:
    if len(targets) == 1 and len(targets[0]) == 1 and targets[0] in ascii_uppercase[: len(choices)]:
        return [choices[ascii_uppercase.index(targets[0])]]
    if len(targets) == 1 and targets[0] in choices:
        return targets
    expected = f"one letter from A to {ascii_uppercase[len(choices) - 1]}, or the text of one choice"
    if len(choices) > len(ascii_uppercase):
        expected = f"at most {len(ascii_uppercase)} choices"
    reading.problem(place, f"the target {shown(targets)} with {len(choices)} choices", expected)
    return None


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _metadata(reading: Reading, place: Place, found: object) -> tuple[dict[str, str] | None, dict[str, Any]]:
    if isinstance(found, str):
        try:
            found = strict_json(found)
        except ValueError as error:
            reading.problem(place, f"metadata {shown(found)}", f"a JSON object ({error})")
            return None, {}
    if found is None:
        return {}, {}
    if not isinstance(found, dict):
        reading.problem(place, f"metadata {shown(found)}", "an object")
        return None, {}
    beside = extras.restored(reading, place, found.get(extras.KEY), BESIDE)
    kept = {}
    for name, value in found.items():
        if name == extras.KEY:
            continue
        kept[name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if not isinstance(value, str):
            reading.supplied(
                place, f"metadata {name!r} as text", "a case's metadata are texts; this is written as JSON"
            )
    return kept, beside


def write(cases: Sequence[Case]) -> dict[str, bytes]:
    """Return the cases as JSON Lines; what Inspect has no place for stands in the metadata under "countersign"."""
    return {"dataset.jsonl": b"".join(json.dumps(_record(c), ensure_ascii=False).encode() + b"\n" for c in cases)}


def _record(case: Case) -> dict[str, Any]:
    alone = len(case.messages) == 1
    asked: Any = case.messages[0].content if alone else [m.model_dump(mode="json") for m in case.messages]
    answers = list(case.answers)
    beside = extras.beside(case, KEPT)
    record: dict[str, Any] = {"id": case.id, "input": asked}
    if case.choices:
        record["choices"] = case.choices
        record["target"] = ascii_uppercase[case.choices.index(answers[0])]
        if case.references:
            beside["references"] = case.references
    elif answers:
        record["target"] = answers[0] if len(answers) == 1 else answers
    metadata: dict[str, Any] = dict(case.metadata)
    if extras.KEY in metadata:  # one of the case's own facts is called as ours are kept
        beside["metadata"] = case.metadata
        metadata = {}
    if beside:
        metadata[extras.KEY] = beside
    return record | ({"metadata": metadata} if metadata else {})
