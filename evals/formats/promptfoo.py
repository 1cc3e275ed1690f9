"""Configurations of promptfoo: prompts with {{variables}}, and tests with vars and assertions.

Format: promptfoo, "Configuration reference" and "Assertions & metrics". Each test is asked with each prompt; tests of
several prompts become cases of one group and one cluster. Assertions about the text become the target; all others are
left out, by name. Nothing is fetched or run: `file://` and JavaScript are refused or left out.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from evals.engine.cases import strict_json
from evals.engine.spec import Case
from evals.formats import chat, extras, yaml_file
from evals.formats.reading import Place, Reading, SourceFile, Unreadable, shown
from evals.formats.templates import NotPlain, render
from evals.formats.writing import NotWritable, lone_question

CRITERIA: Mapping[str, dict[str, Any]] = {
    "equals": {"grader": "exact", "parameters": {}},
    "contains": {"grader": "containment", "parameters": {"ignore_case": False, "whole_words": False}},
    "icontains": {"grader": "containment", "parameters": {"ignore_case": True, "whole_words": False}},
    "contains-any": {"grader": "containment", "parameters": {"ignore_case": False, "whole_words": False}},
    "icontains-any": {"grader": "containment", "parameters": {"ignore_case": True, "whole_words": False}},
    "contains-all": {
        "grader": "containment",
        "parameters": {"require": "all", "ignore_case": False, "whole_words": False},
    },
    "icontains-all": {
        "grader": "containment",
        "parameters": {"require": "all", "ignore_case": True, "whole_words": False},
    },
}
"""Assertions that name the right text, and the criterion that grades the same."""
IGNORED = frozenset({"description", "providers", "prompts", "tests", "defaultTest", "env", "evaluateOptions"})
OUTSIDE = ("file://", "http://", "https://", "huggingface://", "package:", "exec:")
BESIDE = frozenset(Case.model_fields) - {"id", "messages"}


def read(reading: Reading, files: Sequence[SourceFile]) -> None:
    """Read configurations."""
    for file in files:
        loaded = yaml_file.load(file)
        config, place = loaded.value, loaded.place(loaded.value)
        if not isinstance(config, dict):
            raise Unreadable(place, shown(config), "a configuration with prompts and tests")
        for name in sorted(set(config) - IGNORED):
            reading.left_out(place, f"{name} of the configuration", "a case has no place for it")
        if config.get("providers"):
            reading.left_out(place, "the providers", "which model is asked is an arm of the plan")
        prompts = _prompts(reading, place, config.get("prompts"))
        common = config.get("defaultTest") or {}
        tests = config.get("tests")
        if not isinstance(common, dict) or not isinstance(tests, list) or not tests:
            found = f"tests {shown(tests)}, defaultTest {shown(common)}"
            raise Unreadable(place, found, "both written in the file, tests as a list")
        for number, test in enumerate(tests, start=1):
            at = loaded.place(test, f"tests[{number - 1}]")
            if isinstance(test, dict):
                _test(reading, at, number, test, common, prompts)
            else:
                reading.problem(at, shown(test), "a test with vars")


def _prompts(reading: Reading, place: Place, found: object) -> list[str | list[dict[str, str]]]:
    listed = found if isinstance(found, list) else [found]
    prompts: list[str | list[dict[str, str]]] = []
    for prompt in listed:
        text = prompt.get("raw") if isinstance(prompt, dict) else prompt
        if not isinstance(text, str) or text.strip().startswith(OUTSIDE):
            raise Unreadable(place, f"the prompt {shown(prompt)}", "its text, written in the file")
        if text.lstrip().startswith("[") and text.rstrip().endswith("]"):
            try:
                chats = strict_json(text)
            except ValueError:
                prompts.append(text)
                continue
            turns = chat.turns(reading, place, chats)
            if turns is None:
                raise Unreadable(place, f"the prompt {shown(text)}", "messages of plain text")
            prompts.append(turns)
        else:
            prompts.append(text)
    return prompts


def _test(
    reading: Reading,
    place: Place,
    number: int,
    test: Mapping[str, Any],
    common: Mapping[str, Any],
    prompts: Sequence[str | list[dict[str, str]]],
) -> None:
    for name in sorted((set(test) | set(common)) - {"vars", "assert", "description", "metadata"}):
        reading.left_out(place, f"{name} of tests", "a case has no place for it")
    values = {**(common.get("vars") or {}), **(test.get("vars") or {})}
    if outside := [name for name, value in values.items() if str(value).startswith(OUTSIDE)]:
        reading.problem(place, f"the variable {outside[0]!r} from elsewhere", "its text, written in the file")
        return
    metadata = {**(common.get("metadata") or {}), **(test.get("metadata") or {})}
    beside = extras.restored(reading, place, metadata.pop(extras.KEY, None), BESIDE)
    identity = metadata.pop("id", None) if beside or "id" in metadata else None
    texts = {}
    for name, value in metadata.items():
        texts[name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if not isinstance(value, str):
            reading.supplied(
                place, f"metadata {name!r} as text", "a case's metadata are texts; this is written as JSON"
            )
    answers = _answers(reading, place, [*(common.get("assert") or []), *(test.get("assert") or [])], values)
    if answers is None:
        return
    for index, prompt in enumerate(prompts):
        try:
            messages = _messages(prompt, values)
        except NotPlain as error:
            reading.problem(place, str(error), "a prompt of plain {{variables}}, and their texts")
            return
        parts: dict[str, Any] = {"id": identity, "messages": messages, "note": test.get("description")}
        parts |= answers | {"metadata": texts}
        if len(prompts) > 1:
            together = f"test-{number}"
            parts |= {"group": together, "cluster": together}
            reading.supplied(
                place, "group and cluster", "each test is asked with every prompt: one meaning, not independent"
            )
            if identity is not None:
                parts["id"] = f"{identity}.{index + 1}"
        reading.case(place, parts | beside, (number - 1) * len(prompts) + index + 1)


def _messages(prompt: str | list[dict[str, str]], values: Mapping[str, Any]) -> list[dict[str, str]]:
    if isinstance(prompt, str):
        return [{"role": "user", "content": render(prompt, values)}]
    return [{"role": turn["role"], "content": render(turn["content"], values)} for turn in prompt]


def _answers(
    reading: Reading, place: Place, asserted: Sequence[Any], values: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return target, references and what is expected, from the assertions that say so; None when two disagree."""
    found: dict[str, Any] = {}
    for each in asserted:
        kind = each.get("type") if isinstance(each, dict) else None
        if kind == "is-refusal":
            found["expects"] = "refuse"
            continue
        value = each.get("value") if isinstance(each, dict) else None
        listed = value if isinstance(value, list) else [value]
        if kind not in CRITERIA or not all(isinstance(one, str | int) and not isinstance(one, bool) for one in listed):
            reading.left_out(place, f"assertions of type {kind!r}", "it names no right text; write a criterion for it")
            continue
        if "references" in found or "target" in found:
            reading.problem(place, f"a second assertion that names the right text, of type {kind!r}", "one for a test")
            return None
        try:
            texts = [render(str(one), values) for one in listed]
        except NotPlain as error:
            reading.problem(place, f"in an assertion {error}", "plain text")
            return None
        if any(text.startswith(OUTSIDE) for text in texts):
            reading.problem(place, f"an assertion from elsewhere: {shown(texts[0])}", "its text, written in the file")
            return None
        found |= {"target": texts[0], "references": texts[1:]}
        _propose(reading, str(kind))
        if each.get("weight", 1) != 1 or "threshold" in each or "transform" in each:
            reading.left_out(place, "weights, thresholds and transforms of assertions", "they belong in the rubric")
    return found


def _propose(reading: Reading, kind: str) -> None:
    criterion = {"name": kind, "description": f"As promptfoo's assertion {kind}.", **CRITERIA[kind]}
    if criterion not in reading.criteria:
        reading.criteria.append(criterion)


def write(cases: Sequence[Case]) -> dict[str, bytes]:
    """Return the cases as a configuration; what promptfoo has no place for stands in the metadata.

    Raises:
        NotWritable: a case is a conversation, or holds a text that promptfoo would run or fetch.
    """
    tests = []
    for case in cases:
        question = lone_question(case, "a test here")
        kept: dict[str, Any] = {}
        beside = extras.beside(case, {"id", "messages"})
        for text in (question, case.target or ""):
            if text.lstrip().startswith(OUTSIDE) or "{{" in text or "{%" in text or "{#" in text:
                raise NotWritable(case.id, f"promptfoo would run or fetch {shown(text)}")
        test: dict[str, Any] = {"vars": {"input": question}}
        if case.target is not None:
            test["assert"] = [{"type": "equals", "value": case.target}]
        kept = {"id": case.id, extras.KEY: beside}
        tests.append(test | {"metadata": kept})
    config = {"description": "Cases", "prompts": ["{{input}}"], "providers": ["echo"], "tests": tests}
    return {"promptfooconfig.yaml": yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=2**31).encode()}
