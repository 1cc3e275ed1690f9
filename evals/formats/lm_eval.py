"""Tasks of the Language Model Evaluation Harness: a YAML file and the JSON Lines it names, both brought along.

Format: lm-evaluation-harness, docs/task_guide.md. Only plain field templates are read; code (`!function`), other
files (`include`), filters and remote datasets are refused, since the cases would not be what the file shows.
"""

import ast
import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import yaml

from evals.engine.cases import strict_json
from evals.engine.spec import Case
from evals.formats import chat, extras, yaml_file
from evals.formats.reading import Place, Reading, SourceFile, Unreadable, shown
from evals.formats.templates import NotPlain, fields, render
from evals.formats.writing import NotWritable, lone_question

REFUSED = {
    "process_docs": "code that changes the rows",
    "process_results": "code that grades",
    "custom_dataset": "code that makes rows",
    "include": "another file",
    "class": "code",
    "use_prompt": "a prompt kept elsewhere",
    "group": "a group of tasks",
    "doc_to_image": "pictures",
    "doc_to_audio": "sound",
}
USED = frozenset(
    [
        "dataset_path",
        "dataset_name",
        "dataset_kwargs",
        "test_split",
        "validation_split",
        "output_type",
        "doc_to_text",
        "doc_to_target",
        "doc_to_choice",
        "target_delimiter",
    ]
)
BELONGS = {
    "metric_list": "how answers are graded belongs in the rubric",
    "generation_kwargs": "how answers are generated belongs in the rubric",
    "filter_list": "what is cut out of an answer belongs in the rubric",
    "description": "a text before every question belongs in the rubric's prompt",
    "gen_prefix": "the beginning of an answer belongs in the rubric's prompt",
    "num_fewshot": "worked examples belong in the rubric's prompt",
    "fewshot_config": "worked examples belong in the rubric's prompt",
}
BESIDE = frozenset(Case.model_fields) - {"id", "messages", "target"}


def read(reading: Reading, files: Sequence[SourceFile]) -> None:
    """Read tasks. Every data file that a task names must be among `files`."""
    configs = [file for file in files if file.name.lower().endswith((".yaml", ".yml"))]
    data = {PurePosixPath(file.name).name: file for file in files if file not in configs}
    if not configs:
        raise Unreadable(Place(files[0].name), "no task file", "a task's .yaml beside its data files")
    for config in configs:
        _task(reading, yaml_file.load(config), data)


def _task(reading: Reading, loaded: yaml_file.Loaded, data: Mapping[str, SourceFile]) -> None:
    task, place = loaded.value, loaded.place(loaded.value)
    if not isinstance(task, dict):
        raise Unreadable(place, shown(task), "a task, name by name")
    if refused := sorted(set(task) & set(REFUSED)):
        raise Unreadable(place, f"{refused[0]}: {REFUSED[refused[0]]}", "a task of plain field templates")
    kind = task.get("output_type", "generate_until")
    if kind not in ("generate_until", "multiple_choice"):
        raise Unreadable(place, f"output_type {shown(kind)}", "generate_until or multiple_choice")
    for name in sorted(set(task) - USED - {"task"}):
        reading.left_out(place, f"{name} of the task", BELONGS.get(name, "a case has no place for it"))
    for file in _data(place, task, data):
        for at, number, row in chat.lines(reading, file):
            try:
                _row(reading, at, number, task, kind, row)
            except NotPlain as error:
                reading.problem(at, str(error), "plain fields")


def _data(place: Place, task: Mapping[str, Any], data: Mapping[str, SourceFile]) -> list[SourceFile]:
    if task.get("dataset_path") != "json" or task.get("dataset_name") is not None:
        found = f"dataset_path {shown(task.get('dataset_path'))}, dataset_name {shown(task.get('dataset_name'))}"
        raise Unreadable(place, found, "dataset_path json alone: nothing is fetched, the rows are brought along")
    settings = task.get("dataset_kwargs")
    if not isinstance(settings, dict) or set(settings) != {"data_files"}:
        raise Unreadable(place, f"dataset_kwargs {shown(settings)}", "data_files alone")
    named = settings["data_files"]
    if isinstance(named, dict):
        split = task.get("test_split") or task.get("validation_split")
        if split not in named:
            raise Unreadable(place, f"the splits {sorted(named)}", f"the split that is tested, {shown(split)}")
        named = named[split]
    found_files = []
    for path in named if isinstance(named, list) else [named]:
        if not isinstance(path, str) or "://" in path or PurePosixPath(path).name not in data:
            raise Unreadable(
                place, f"the data file {shown(path)}", f"one brought along: {', '.join(data) or 'none was'}"
            )
        found_files.append(data[PurePosixPath(path).name])
    return found_files


def _row(
    reading: Reading, place: Place, number: int, task: Mapping[str, Any], kind: str, row: Mapping[str, Any]
) -> None:
    question = _text(row, task.get("doc_to_text"), "doc_to_text")
    choices = _choices(row, task.get("doc_to_choice")) if task.get("doc_to_choice") is not None else []
    if kind == "multiple_choice" and not choices:
        raise NotPlain("no doc_to_choice in a multiple_choice task")
    targets = _targets(row, task.get("doc_to_target"), choices)
    beside = row.get(extras.KEY)
    if isinstance(beside, str):
        try:
            beside = strict_json(beside)
        except ValueError as error:
            raise NotPlain(f"{extras.KEY} that is no JSON ({error})") from None
    used = {"id", extras.KEY}
    for name in ("doc_to_text", "doc_to_target", "doc_to_choice"):
        template = task.get(name)
        used |= ({template} if template in row else set(fields(template))) if isinstance(template, str) else set()
    for name in sorted(set(row) - used):
        reading.left_out(place, f"the field {name!r} of rows", "no template of the task uses it")
    parts: dict[str, Any] = {
        "id": None if row.get("id") is None else str(row["id"]),
        "messages": [{"role": "user", "content": question}],
        "target": targets[0] if targets else None,
        "references": targets[1:],
        "choices": choices,
    }
    reading.case(place, parts | extras.restored(reading, place, beside, BESIDE), number)


def _text(row: Mapping[str, Any], template: object, name: str) -> str:
    if not isinstance(template, str):
        raise NotPlain(f"{name} {shown(template)}, expected a field or a template")
    return render("{{" + template + "}}", row) if template in row else render(template, row)


def _choices(row: Mapping[str, Any], template: object) -> list[str]:
    found = template
    if isinstance(template, str):
        if template in row:
            found = row[template]
        else:
            names = fields(template)
            if template.strip() in {"{{" + name + "}}" for name in names} and isinstance(row.get(names[0]), list):
                found = row[names[0]]
            else:
                try:
                    found = ast.literal_eval(render(template, row))
                except (ValueError, SyntaxError):
                    raise NotPlain(f"doc_to_choice {shown(template)} that gives no list") from None
    if isinstance(found, dict):
        found = list(found.values())
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise NotPlain(f"the choices {shown(found)}, expected texts")
    return found


def _targets(row: Mapping[str, Any], template: object, choices: list[str]) -> list[str]:
    value: object = template
    if isinstance(template, str):
        whole = template.strip().removeprefix("{{").removesuffix("}}").strip()
        value = row[template] if template in row else row[whole] if whole in row else render(template, row)
        if template not in row and isinstance(value, str) and value[:1] == "[" and value[-1:] == "]":
            raise NotPlain(f"the target {shown(value)}, which the harness takes for a list; name the field instead")
    if isinstance(value, list) and all(isinstance(each, str) for each in value) and not choices:
        return value
    if choices and (isinstance(value, int) or (isinstance(value, str) and value.isdecimal())):
        if isinstance(value, bool) or not 0 <= int(value) < len(choices):
            raise NotPlain(f"the target {shown(value)} of {len(choices)} choices")
        return [choices[int(value)]]
    if value is None or value == "":
        return []
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise NotPlain(f"the target {shown(value)}, expected text")
    return [str(value)]


def write(cases: Sequence[Case]) -> dict[str, bytes]:
    """Return the cases as a task and its rows: multiple choice when every case offers choices, else generated.

    Raises:
        NotWritable: a case is a conversation; the harness would ask its last message alone.
    """
    chosen = all(case.choices for case in cases)
    rows = []
    for case in cases:
        question = lone_question(case, "a task of the harness")
        if case.target is not None and not case.target.strip():
            raise NotWritable(case.id, "its target is white space alone")
        row: dict[str, Any] = {"id": case.id, "input": question, "target": case.target or ""}
        kept = {"id", "messages", "target"}
        if chosen:
            row |= {"choices": case.choices, "target": case.choices.index(case.target or "")}
            kept |= {"choices"}
        if beside := extras.beside(case, kept):
            row[extras.KEY] = json.dumps(beside, ensure_ascii=False)
        rows.append(json.dumps(row, ensure_ascii=False).encode() + b"\n")
    task: dict[str, Any] = {
        "task": "countersign_cases",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": "cases.jsonl"}},
        "test_split": "test",
        "output_type": "multiple_choice" if chosen else "generate_until",
        "doc_to_text": "input",
        "doc_to_target": "target",
        "target_delimiter": "",
        "metric_list": [{"metric": "acc" if chosen else "exact_match"}],
    }
    if chosen:
        task["doc_to_choice"] = "choices"
    return {"cases.yaml": yaml.safe_dump(task, sort_keys=False).encode(), "cases.jsonl": b"".join(rows)}
