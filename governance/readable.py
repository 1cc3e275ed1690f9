"""A document's body as something people read: nested lists of terms, tables and values, never raw JSON.

Pure: from a body and its schema to a small tree that one recursive template draws.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from governance.proof.words.difference_words import SIZE, label

LONG = 90  # characters from which a value gets a block of its own
MOST_COLUMNS = 7
_DIGEST = re.compile(r"^sha256:[0-9a-f]{64}$")
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


@dataclass(frozen=True)
class Node:
    """One piece of a body. `shape` is fields, table, items, text, block, digest, size, yes, no, empty or number."""

    shape: str
    value: Any = None
    rows: list["Row"] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    cells: list[list["Node"]] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """A named part of a body: label, what the schema says about it, and the part.

    `place` is the name of a section (a member of the body itself), where comments can be pinned; else empty.
    """

    label: str
    help: str
    node: Node
    place: str = ""


def readable(body: Mapping[str, Any], schema: type[BaseModel] | None = None) -> Node:
    """Return the body as a tree to draw; the schema lends its fields' order and descriptions."""
    if schema is None:
        return _fields(body, _Part(), top=True)
    return _fields(ordered(body, schema), _part_of(schema), top=True)


def ordered(body: Mapping[str, Any], schema: type[BaseModel]) -> dict[str, Any]:
    """Return the body with its members in the schema's order: canonical JSON sorts them, which reads badly."""
    found = _ordered(body, _part_of(schema))
    return found if isinstance(found, dict) else dict(body)


def file_size(count: int) -> str:
    """Return a number of bytes in words: 1500 reads "1.5 kB"."""
    amount, units = float(count), ("bytes", "kB", "MB", "GB", "TB")
    for unit in units:
        if amount < 1000 or unit == units[-1]:
            return f"{int(amount)} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError("unreachable")


@dataclass(frozen=True)
class _Part:
    """What a JSON schema says of one part of a body; an empty one says nothing."""

    schema: Mapping[str, Any] = field(default_factory=dict)
    defs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def help(self) -> str:
        """What is said of it where it stands; what is said of every part of its kind is for programmers."""
        branches = (self.schema, *self.schema.get("anyOf", ()))
        return next((str(one["description"]) for one in branches if "description" in one), "")

    @property
    def items(self) -> "_Part":
        """What is said of each part of a list."""
        return _Part(_resolved(self.schema, self.defs).get("items") or {}, self.defs)

    @property
    def names(self) -> Mapping[str, Any]:
        """The members that are known by name, in their order."""
        found: Mapping[str, Any] = _resolved(self.schema, self.defs).get("properties", {})
        return found

    def member(self, name: str) -> "_Part":
        """Return what is said of a member."""
        return _Part(self.names.get(name, self._of_any or {}), self.defs)

    def called(self, name: str) -> str:
        """Return how a member is called: in a map, whose names somebody gave, as they gave it."""
        given = name not in self.names and self._of_any is not None
        return name if given else label(name)

    @property
    def _of_any(self) -> Mapping[str, Any] | None:
        """What a map says of all its members, whatever their names may look like; None of what is no map."""
        found = _resolved(self.schema, self.defs)
        others = [found.get("additionalProperties"), *found.get("patternProperties", {}).values()]
        return next((one for one in others if isinstance(one, Mapping)), None)


_NOTHING = _Part()


@lru_cache(maxsize=128)
def _part_of(schema: type[BaseModel]) -> _Part:
    described = schema.model_json_schema()
    return _Part(described, described.get("$defs", {}))


def _ordered(value: Any, part: _Part) -> Any:
    if isinstance(value, list):
        return [_ordered(item, part.items) for item in value]
    if not isinstance(value, Mapping):
        return value
    known = part.names
    names = [name for name in known if name in value] + [name for name in value if name not in known]
    return {name: _ordered(value[name], part.member(name)) for name in names}


def _resolved(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference, and choose the branch of an optional part that is not null."""
    for branch in schema.get("anyOf", ()):
        if branch.get("type") != "null":
            return _resolved(branch, defs)
    if "$ref" in schema:
        found: Mapping[str, Any] = defs.get(schema["$ref"].rsplit("/", 1)[-1], {})
        return found
    return schema


def _fields(body: Mapping[str, Any], part: _Part, *, top: bool = False) -> Node:
    if not body:
        return Node("empty")
    plain = all(_NAME.match(str(key)) for key in body)
    return Node(
        "fields",
        rows=[
            Row(
                part.called(str(key)) if plain else str(key),
                part.member(str(key)).help,
                _node(str(key), value, part.member(str(key))),
                str(key) if top else "",
            )
            for key, value in body.items()
        ],
    )


def _node(name: str, value: Any, part: _Part = _NOTHING) -> Node:
    if value is None or value in ("", [], {}):
        return Node("empty")
    if isinstance(value, bool):
        return Node("yes" if value else "no")
    if isinstance(value, int):
        return Node("size" if name == SIZE else "number", value)
    if isinstance(value, Mapping):
        return _table_of_mappings(value) or _fields(value, part)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _list(name, value, part.items)
    text = str(value)
    if _DIGEST.match(text):
        return Node("digest", text)
    return Node("block" if len(text) > LONG or "\n" in text else "text", text)


def _list(name: str, values: Sequence[Any], part: _Part) -> Node:
    if all(isinstance(value, Mapping) for value in values):
        columns = _columns(values)
        if len(columns) <= MOST_COLUMNS and not any(isinstance(v, Mapping) for row in values for v in row.values()):
            cells = [[_node(column, row.get(column)) for column in columns] for row in values]
            return Node("table", columns=[label(column) for column in columns], cells=cells)
    if all(isinstance(value, str | int) and len(str(value)) <= LONG for value in values):
        return Node("tags", [str(value) for value in values])
    return Node("items", rows=[Row("", "", _node(name, value, part)) for value in values])


def _table_of_mappings(value: Mapping[str, Any]) -> Node | None:
    """A mapping whose every value is a flat mapping of the same few keys reads best as a table with row headers."""
    parts = list(value.values())
    if len(parts) < 2 or not all(isinstance(part, Mapping) and part for part in parts):
        return None
    columns = _columns(parts)
    flat = not any(isinstance(v, Mapping | list) for part in parts for v in part.values())
    if not flat or len(columns) >= MOST_COLUMNS:
        return None
    cells = [[Node("text", str(key)), *(_node(c, part.get(c)) for c in columns)] for key, part in value.items()]
    return Node("table", columns=["", *(label(column) for column in columns)], cells=cells)


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(str(key) for row in rows for key in row))
