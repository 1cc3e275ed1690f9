"""Graders of the OpenAI API read as criteria of a rubric, as far as the rubric's own graders do the same.

Format: OpenAI API reference, "Graders": string_check, text_similarity, label_model, score_model, python, multi. What
does not map is listed; the judge's model must still be pinned by whoever writes the rubric.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from evals.engine.cases import strict_json
from evals.formats.reading import Note, Place, Reading, SourceFile, Unreadable, shown
from evals.formats.templates import FIELD

ITEM = re.compile(r"^\{\{\s*item\.([A-Za-z_][A-Za-z0-9_.]*)\s*\}\}$")
SAMPLE = re.compile(r"^\{\{\s*sample\.output_text\s*\}\}$")
NAMESPACED = re.compile(r"\{\{\s*(item|sample)\.([A-Za-z_][A-Za-z0-9_.]*)\s*\}\}")
ROUGE = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL"}
PLACES = {"question": "{question}", "input": "{question}", "prompt": "{question}", "target": "{target}"}
NO_SAME = "no grader here does the same"


@dataclass
class Graders:
    """Criteria and judges for a rubric, and what did not map. Weights are equal shares of 1."""

    criteria: list[dict[str, Any]] = field(default_factory=list)
    judges: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


def read(files: Sequence[SourceFile]) -> Graders:
    """Return the criteria that the graders in `files` map to.

    Raises:
        Unreadable: a file is no grader, or one of an unknown kind.
    """
    reading, found = Reading("openai-grader"), Graders()
    for file in files:
        place = Place(file.name)
        try:
            value = strict_json(file.text())
        except ValueError as error:
            raise Unreadable(place, f"no JSON ({error})", "a grader") from None
        for number, grader in enumerate(value if isinstance(value, list) else [value]):
            _grader(reading, found, Place(file.name, f"grader {number + 1}"), grader)
    share = _shares(len(found.criteria))
    for criterion, weight in zip(found.criteria, share, strict=True):
        criterion["weight"] = weight
    found.notes = reading.notes
    return found


def _shares(count: int) -> list[str]:
    """Return `count` decimals that sum to exactly 1."""
    if not count:
        return []
    each = (Decimal(1) / count).quantize(Decimal("0.0001"))
    return [str((1 - each * (count - 1)).normalize() if n == count - 1 else each.normalize()) for n in range(count)]


def _grader(reading: Reading, found: Graders, place: Place, grader: object) -> None:
    kind = grader.get("type") if isinstance(grader, dict) else None
    if not isinstance(grader, dict) or kind not in (*KINDS, "python", "multi"):
        raise Unreadable(place, f"a grader of type {shown(kind)}", f"one of {', '.join([*KINDS, 'python', 'multi'])}")
    if kind == "multi":
        _members(reading, found, place, grader)
        return
    name = re.sub(r"[^A-Za-z0-9 ._-]", "-", str(grader.get("name") or kind)).lstrip(" ._-")[:64] or kind
    if name in {criterion["name"] for criterion in found.criteria}:
        raise Unreadable(place, f"a second grader called {name!r}", "a name of its own")
    if kind == "python":
        reading.left_out(place, f"the grader {name!r} (python)", "no code is run")
    else:
        KINDS[kind](reading, found, place, grader, name)


def _add(found: Graders, name: str, grader: str, about: str, **parameters: Any) -> None:
    found.criteria.append(
        {
            "name": name,
            "description": about,
            "grader": grader,
            "parameters": parameters,
            "weight": "1",
            "anchors": [{"score": "0", "description": "not met"}, {"score": "1", "description": "met"}],
        }
    )


def _compares(reading: Reading, place: Place, grader: Mapping[str, Any], name: str) -> bool:
    """Return whether the answer as a whole is held against a field of the item; note it when not."""
    reference = ITEM.match(str(grader.get("reference", "")))
    if not SAMPLE.match(str(grader.get("input", ""))) or reference is None:
        why = "it compares something else than the answer (sample.output_text) with a field of the item"
        reading.left_out(place, f"the grader {name!r}", why)
        return False
    if reference.group(1) not in ("target", "reference", "reference_answer", "answer", "ideal"):
        why = "the case's target takes its place; make sure it holds that field"
        reading.left_out(place, f"the field item.{reference.group(1)}", why)
    return True


def _string_check(reading: Reading, found: Graders, place: Place, grader: Mapping[str, Any], name: str) -> None:
    operation = grader.get("operation")
    if operation not in ("eq", "like", "ilike"):
        reading.left_out(place, f"the grader {name!r} ({operation})", NO_SAME)
    elif _compares(reading, place, grader, name):
        if operation == "eq":
            _add(found, name, "exact", "The answer is the target, character by character.")
        else:
            about = "The answer contains the target."
            _add(found, name, "containment", about, ignore_case=operation == "ilike", whole_words=False)


def _text_similarity(reading: Reading, found: Graders, place: Place, grader: Mapping[str, Any], name: str) -> None:
    metric = grader.get("evaluation_metric")
    if metric not in ROUGE and metric != "bleu":
        reading.left_out(place, f"the grader {name!r} ({metric})", NO_SAME)
    elif _compares(reading, place, grader, name):
        threshold = grader.get("pass_threshold")
        if threshold is None:
            reading.supplied(
                place, f"the pass mark 0.5 of {name!r}", "the grader states none; change it before signing"
            )
        mark = _decimal(place, 0.5 if threshold is None else threshold)
        if metric == "bleu":
            _add(found, name, "bleu", "Shares word sequences with the target (BLEU).", met_from=mark)
        else:
            about = f"Shares words with the target ({metric})."
            _add(found, name, "rouge", about, variant=ROUGE[str(metric)], met_from=mark)


def _decimal(place: Place, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise Unreadable(place, f"the pass mark {shown(value)}", "a number from 0 to 1")
    return str(Decimal(str(value)))


def _model(reading: Reading, found: Graders, place: Place, grader: Mapping[str, Any], name: str) -> None:
    """A model that labels or scores: a judge, whose model and place stay to be pinned."""
    prompt = _prompt(reading, place, grader, name)
    if prompt is None:
        return
    scale = {"low": 0, "high": 1, "met_from": 1}
    if grader["type"] == "label_model":
        passing = ", ".join(map(str, grader.get("passing_labels") or []))
        others = ", ".join(
            str(each) for each in grader.get("labels") or [] if each not in (grader.get("passing_labels") or [])
        )
        if not passing or not others:
            raise Unreadable(place, f"passing labels {passing or 'none'}, others {others or 'none'}", "some of both")
        prompt += f"\n\nScore 1 for: {passing}. Score 0 for: {others}."
    else:
        low, high = (*(grader.get("range") or [0, 1]), None)[:2]
        mark = grader.get("pass_threshold", high)
        if any(
            isinstance(each, bool) or not isinstance(each, int | float) or each != int(each)
            for each in (low, high, mark)
        ):
            reading.left_out(
                place, f"the grader {name!r}", "its range or pass mark is no whole number, as a scale here has"
            )
            return
        scale = {"low": int(low), "high": int(high), "met_from": int(mark)}
    judge = name
    found.judges[judge] = {
        "backend": "http",
        "endpoint": None,
        "model": str(grader.get("model") or ""),
        "prompt": prompt,
    }
    reading.supplied(place, f"no endpoint for the judge {judge!r}", "say where the model answers, or pin a local one")
    if grader.get("sampling_params"):
        reading.left_out(
            place, f"sampling parameters of {name!r}", "a judge here answers with temperature 0 unless you say so"
        )
    _add(found, name, "judge", f"As the model grader {name!r} scores it.", judge=judge, scale=scale)


def _prompt(reading: Reading, place: Place, grader: Mapping[str, Any], name: str) -> str | None:
    """Return the judge's prompt with our places in it, or None and the note when it needs what a judge is not given."""
    parts = []
    for message in grader.get("input") or []:
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, dict):
            content = content.get("text")
        if not isinstance(content, str):
            reading.left_out(place, f"the grader {name!r}", "its prompt holds more than text")
            return None
        parts.append(content)
    unknown: list[str] = []

    def ours(match: "re.Match[str]") -> str:
        if match.group(1) == "sample" and match.group(2) == "output_text":
            return "{answer}"
        wanted = PLACES.get(match.group(2)) if match.group(1) == "item" else None
        if (
            wanted is None
            and match.group(1) == "item"
            and match.group(2) in ("reference_answer", "reference", "answer", "ideal")
        ):
            wanted = "{target}"
        if wanted is None:
            unknown.append(match.group())
        return wanted or match.group()

    text = NAMESPACED.sub(ours, "\n\n".join(parts))
    if unknown or text.count("{answer}") != 1 or FIELD.search(text):
        what = unknown[0] if unknown else f"the answer {text.count('{answer}')} times"
        reading.left_out(
            place, f"the grader {name!r}", f"its prompt names {what}; a judge is given question, target and answer"
        )
        return None
    return text


def _members(reading: Reading, found: Graders, place: Place, grader: Mapping[str, Any]) -> None:
    graders = grader.get("graders")
    if not isinstance(graders, dict | list) or not graders:
        raise Unreadable(place, f"graders {shown(graders)}", "graders by name")
    for inner in graders.values() if isinstance(graders, dict) else graders:
        if isinstance(inner, dict) and inner.get("type") == "multi":
            raise Unreadable(place, "graders inside graders inside graders", "graders by name")
        _grader(reading, found, place, inner)
    why = "a score here is the weighted sum of criteria; set the weights"
    reading.left_out(place, f"the formula {shown(grader.get('calculate_output'))}", why)


KINDS: Mapping[str, Callable[[Reading, Graders, Place, Mapping[str, Any], str], None]] = {
    "string_check": _string_check,
    "text_similarity": _text_similarity,
    "label_model": _model,
    "score_model": _model,
}
