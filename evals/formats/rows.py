"""A case as a row of named cells, and back: what CSV, spreadsheets and Parquet share.

A list of texts is a cell with one entry a line; one whose entries would not survive that is written as JSON (it then
begins with "["). `earlier` holds the turns between the system message and the question, as JSON.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from evals.engine.cases import strict_json
from evals.engine.spec import Case
from evals.formats.reading import Place, Reading, shown

COLUMNS: Final[dict[str, str]] = {
    "id": "A short name of its own: letters, digits and . _ : -",
    "system": "What the model is told before the question. Empty: the rubric's own prompt.",
    "earlier": 'Turns before the question, as JSON: [{"role": "user", "content": "…"}, …]. Mostly empty.',
    "input": "The question.",
    "target": "The right answer. Empty where nothing is right word by word.",
    "references": "Further right answers, one a line.",
    "choices": "What may be chosen, one a line. The right answer is one of them.",
    "passages": 'Texts that the answer must rest on, as JSON: [{"id": "…", "text": "…"}, …].',
    "expects": "What a good answer does: answer (also when empty), abstain, escalate, ask or refuse.",
    "group": "A name that cases of the same meaning share.",
    "slices": "Names of slices, separated by semicolons.",
    "cluster": "A name that cases share which are not independent, such as one patient's.",
    "risk": "low, medium or high.",
    "weight": "How much it counts; empty: 1.",
    "provenance": "Where the case comes from.",
    "note": "Anything a reader should know.",
    "metadata": 'Further facts, as JSON: {"name": "text"}.',
}
"""The columns, in order, and what goes into each."""
LISTS = ("references", "choices")
SAME = ("id", "target", "expects", "group", "cluster", "risk", "weight", "provenance", "note")
MESSAGES = "messages"
METADATA = "metadata."


def to_row(case: Case) -> dict[str, str]:
    """Return the cells of a case, in the order of `COLUMNS`; what is not there is an empty cell."""
    messages = [message.model_dump(mode="json") for message in case.messages]
    system = messages.pop(0)["content"] if messages[0]["role"] == "system" else ""
    question = messages.pop()["content"]
    cells = {name: getattr(case, name) or "" for name in SAME}
    cells |= {name: _cell(getattr(case, name)) for name in LISTS}
    cells["expects"] = "" if case.expects == "answer" else case.expects
    cells["weight"] = "" if case.weight == "1" else case.weight
    cells |= {"system": system, "earlier": _json(messages), "input": question, "slices": "; ".join(case.slices)}
    cells["passages"] = _json([passage.model_dump(mode="json") for passage in case.passages])
    cells["metadata"] = _json(case.metadata)
    return {name: cells[name] for name in COLUMNS}


def read_row(reading: Reading, place: Place, at: Callable[[str], Place], cells: Mapping[str, Any], number: int) -> None:
    """Add the case that a row holds; `cells` are texts by column (empty ones left out), `at` is where a column's is.

    A cell may also hold what a typed format knows already: a list, or an object.
    """
    found: dict[str, Any] = {name: cells[name] for name in SAME if name in cells}
    wrong = False

    def parsed(name: str) -> Any:
        nonlocal wrong
        value = cells[name]
        if not isinstance(value, str):
            return value
        try:
            return strict_json(value)
        except ValueError as error:
            reading.problem(at(name), shown(value), f"JSON ({error})")
            wrong = True
            return None

    for name in LISTS:
        if name in cells:
            whole = not isinstance(cells[name], str) or cells[name].startswith("[")
            found[name] = parsed(name) if whole else cells[name].split("\n")
    for name in ("passages", "metadata"):
        if name in cells:
            found[name] = parsed(name)
    if "slices" in cells:
        value = cells["slices"]
        found["slices"] = [part.strip() for part in value.split(";")] if isinstance(value, str) else value
    more = {name.removeprefix(METADATA): value for name, value in cells.items() if name.startswith(METADATA)}
    if more:
        found["metadata"] = {**(found.get("metadata") or {}), **more}
    found[MESSAGES] = parsed(MESSAGES) if MESSAGES in cells else _asked(cells, parsed)
    if MESSAGES in cells and (beside := sorted({"system", "earlier", "input"} & set(cells))):
        reading.problem(place, f"messages beside {', '.join(beside)}", "one or the other")
        wrong = True
    if not wrong:
        reading.case(place, found, number)


def _asked(cells: Mapping[str, Any], parsed: Callable[[str], Any]) -> Any:
    if "input" not in cells:
        return []
    system = [{"role": "system", "content": cells["system"]}] if "system" in cells else []
    earlier = parsed("earlier") if "earlier" in cells else []
    return [*system, *earlier, {"role": "user", "content": cells["input"]}] if isinstance(earlier, list) else earlier


def _cell(entries: Sequence[str]) -> str:
    plain = all(entry and entry == entry.strip() and not set(entry) & set("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
                for entry in entries)  # fmt: skip
    return "\n".join(entries) if plain and not "".join(entries[:1]).startswith("[") else _json(list(entries))


def _json(value: Sequence[Any] | Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""
