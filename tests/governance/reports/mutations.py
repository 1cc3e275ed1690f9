"""Every field of a report's evidence, changed one at a time: what a server that holds the seal key could attach."""

import base64
import json
from collections.abc import Iterator
from random import Random
from typing import Any

from governance.proof.formats.canonical import dumps

Path = tuple[str | int, ...]
HARMLESS = {
    ("leaves", "turned round"): "each leaf is proved by its own place in the ledger",
    ("permits", "turned round"): "each permit is checked alone; pages have them in the order of the ledger",
    ("receipts", "turned round"): "each receipt is checked alone",
    ("results", "turned round"): "each result is looked up by its digest",
    ("earlier", "the first left out"): "a proof for whoever kept an earlier report; without it they ask for one",
    ("earlier", "the last twice"): "the same proof twice says the same",
    ("earlier", "turned round"): "each proof is looked up by the sizes it is of",
}
"""by field and change: why nothing that the report says is another then"""


def fields(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every value inside, the whole before its parts."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from fields(item, (*path, key))


def shape(path: Path) -> tuple[str, ...]:
    """Return a path without the places in lists and the names in maps of many: fields of one shape are alike."""
    keyed = {"documents", "openings", "private"}
    named = [
        "*" if isinstance(step, int) or (place and path[place - 1] in keyed) else step
        for place, step in enumerate(path)
    ]
    return tuple(str(step) for step in named)


def chosen(evidence: dict[str, Any], each: int | None, seed: int = 2026) -> list[Path]:
    """Return the paths of all fields, or so many of each shape, drawn by a seed."""
    found: dict[tuple[str, ...], list[Path]] = {}
    for path in fields(evidence):
        found.setdefault(shape(path), []).append(path)
    draw = Random(seed)
    return [
        p for paths in found.values() for p in (paths if each is None else draw.sample(paths, min(each, len(paths))))
    ]


def changes(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield other values of the same sort, each with what was done."""
    if isinstance(value, bool):
        yield "turned", not value
    elif isinstance(value, int):
        yield "one more", value + 1
        yield "nothing", 0 if value else 2
    elif isinstance(value, str):
        yield from _strings(value)
    elif value is None:
        yield "something", "2026-01-01T00:00:00Z"
    elif isinstance(value, list) and value:
        yield "the first left out", value[1:]
        yield "the last twice", [*value, value[-1]]
        if value[0] != value[-1]:
            yield "turned round", value[::-1]
    elif isinstance(value, list):
        yield "something", ["0" * 64]
    elif isinstance(value, dict) and value:
        yield "one left out", dict(list(value.items())[1:])
        yield "one added", {**value, "also": 1}
    elif isinstance(value, dict):
        yield "one added", {"also": 1}


def _strings(value: str) -> Iterator[tuple[str, Any]]:
    if value:
        place = len(value) // 2
        other = {"0": "1", "a": "b", "A": "B"}.get(value[place], "0" if value[place] != "0" else "1")
        yield "one letter", value[:place] + other + value[place + 1 :]
        yield "the last letter", value[:-1] + ("1" if value[-1] != "1" else "2")
        yield "one more letter", value + value[-1]
        yield "nothing", ""
    else:
        yield "something", "x"
    try:
        inner = json.loads(base64.b64decode(value, validate=True))
    except ValueError:
        return
    for path in list(fields(inner))[:40]:
        for how, changed in changes(at(inner, path)):
            if not isinstance(changed, dict | list):
                yield (
                    f"{how} in {'.'.join(map(str, path))}",
                    base64.b64encode(dumps(put(inner, path, changed))).decode(),
                )
                break


def at(value: Any, path: Path) -> Any:
    """Return what a path leads to."""
    for step in path:
        value = value[step]
    return value


def put(value: Any, path: Path, new: Any) -> Any:
    """Return a copy with another value at the end of a path."""
    if not path:
        return new
    first, *rest = path
    if isinstance(value, list):
        return [put(item, tuple(rest), new) if place == first else item for place, item in enumerate(value)]
    return {key: put(item, tuple(rest), new) if key == first else item for key, item in value.items()}
